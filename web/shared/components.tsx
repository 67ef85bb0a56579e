/** Small parts that several pages show in the same way. */
import type { ComponentChildren, JSX } from "preact";
import check from "lucide-static/icons/check.svg?raw";
import checkCheck from "lucide-static/icons/check-check.svg?raw";
import clock from "lucide-static/icons/clock.svg?raw";
import triangleAlert from "lucide-static/icons/triangle-alert.svg?raw";
import type { ChannelReceipt } from "./api";
import { now, since } from "./clock";
import { Icon } from "./icons";
import { clockTime, timer } from "./words";

export { Glyph } from "./glyph";

/** Time since `since`, from the shared tick. Not announced to screen readers: it changes every second. */
export function Timer({ since: at, class: extra }: { since: string; class?: string }): JSX.Element {
  return <span class={extra}>{timer(since(at))}</span>;
}

export function Kbd({ children }: { children: ComponentChildren }): JSX.Element {
  return <kbd>{children}</kbd>;
}

/** ✓ delivered, ✓✓ read, ⚠ failed; always with its time. `words` says the state in the page's language. */
export function Receipt({ name, words, receipt }: { name: string; words: string; receipt: ChannelReceipt | null }): JSX.Element {
  const state = receipt?.state ?? "queued";
  const icon = state === "read" ? checkCheck : state === "failed" ? triangleAlert : state === "delivered" ? check : clock;
  return (
    <div class={`line receipt ${state}`}>
      <Icon of={icon} class={state === "read" ? "cok" : state === "failed" ? "c2" : undefined} />
      <span class="m">{name}</span>
      <span class={state === "failed" ? "c2 ell" : "t2 ell"}>{words}</span>
      {receipt && <time class="meta t3 end">{clockTime(receipt.at)}</time>}
    </div>
  );
}

/** A ring that empties, beside the time left. Amber under two minutes, with the word that the caller gives. */
export function GrantClock({ from, until, soon, left }: { from: string; until: string; soon: string; left: string }): JSX.Element {
  const end = Date.parse(until);
  const total = Math.max(1, end - Date.parse(from));
  const remaining = Math.max(0, end - now.value);
  const low = remaining < 120_000;
  const share = Math.round((100 * remaining) / total);
  return (
    <div class={low ? "grant-clock low" : "grant-clock"}>
      <svg viewBox="0 0 44 44" width="46" height="46" aria-hidden="true">
        <circle class="track" cx="22" cy="22" r="18" />
        <circle class="rest" cx="22" cy="22" r="18" pathLength={100} stroke-dasharray={`${share} 100`} transform="rotate(-90 22 22)" />
      </svg>
      <span class="left">
        {timer(remaining / 1000)} <small>{low ? soon : left}</small>
      </span>
    </div>
  );
}

export interface Step {
  name: string;
  /** Duration from the report, in words; a dash while it has not happened. */
  note: string;
  state: "done" | "now" | "next";
}

export function Steps({ steps, label }: { steps: Step[]; label: string }): JSX.Element {
  return (
    <ol class="steps" aria-label={label}>
      {steps.map((step) => (
        <li key={step.name} class={step.state === "next" ? "" : step.state} {...(step.state === "now" ? { "aria-current": "step" as const } : {})}>
          <span class="dot">{step.state === "done" && <Icon of={check} />}</span>
          <b>{step.name}</b>
          {step.note}
        </li>
      ))}
    </ol>
  );
}
