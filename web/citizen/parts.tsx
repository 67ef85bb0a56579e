/** Small parts of the citizen's screens. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import chevronLeft from "lucide-static/icons/chevron-left.svg?raw";
import { Icon } from "../shared/icons";
import { t } from "./words";
import type { GuardianReceipt } from "./wire";

export function Switch({ on, turn, labelledby }: { on: boolean; turn: (on: boolean) => void; labelledby: string }): JSX.Element {
  return (
    <button type="button" class="touch" role="switch" aria-checked={on} aria-labelledby={labelledby} onClick={() => turn(!on)}>
      <i class={on ? "sw" : "sw off"} aria-hidden="true" />
    </button>
  );
}

export function Bar({ title, back }: { title: string; back: () => void }): JSX.Element {
  return (
    <header class="ph row bar-head">
      <button type="button" class="round" aria-label={t("back")} onClick={back}>
        <Icon of={chevronLeft} class="t2" />
      </button>
      <h1>{title}</h1>
    </header>
  );
}

interface FieldProps {
  id: string;
  label: string;
  value: string;
  change: (value: string) => void;
  hint?: string;
  type?: "text" | "tel" | "email" | "password";
  inputMode?: "numeric" | "tel" | "email" | "text";
  autocomplete?: "name" | "tel" | "off";
  maxLength?: number;
  error?: string | null;
}

export function Field({ id, label, value, change, hint, error, type = "text", inputMode = "text", autocomplete = "off", maxLength = 200 }: FieldProps): JSX.Element {
  return (
    <div class="f">
      <label for={id}>{label}</label>
      <input
        id={id}
        class="field"
        type={type as "text"}
        inputMode={inputMode}
        autocomplete={autocomplete}
        maxLength={maxLength}
        value={value}
        onInput={(event) => change(event.currentTarget.value)}
        {...(hint || error ? { "aria-describedby": `${id}-hint` } : {})}
        {...(error ? { "aria-invalid": true } : {})}
      />
      {(hint || error) && (
        <span id={`${id}-hint`} class={error ? "c1" : "t3"}>
          {error ?? hint}
        </span>
      )}
    </div>
  );
}

/** Acts on the second deliberate press; the first changes its words for six seconds. */
export function TwicePressed({ first, second, act, class: kind }: { first: ComponentChildren; second: ComponentChildren; act: () => void; class: string }): JSX.Element {
  const [armed, setArmed] = useState(false);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const press = (): void => {
    clearTimeout(timer.current);
    if (armed) act();
    else timer.current = window.setTimeout(() => setArmed(false), 6_000);
    setArmed(!armed);
  };
  return (
    <>
      <button type="button" class={armed ? `${kind} armed` : kind} onClick={press}>
        {armed ? second : first}
      </button>
      <span class="sr" role="status">
        {armed ? second : ""}
      </span>
    </>
  );
}

/** Check when received, three dots in a ring while not, a triangle without a network: never a bare spinner. */
export function Badge({ kind }: { kind: "ok" | "going" | "kept" }): JSX.Element {
  return (
    <svg class={`badge ${kind}`} viewBox="0 0 56 56" aria-hidden="true">
      <circle cx="28" cy="28" r="25" />
      {kind === "ok" && <path d="m17 29 8 8 15-17" />}
      {kind === "going" && <path d="M28 39V18m-9 8 9-9 9 9" />}
      {kind === "kept" && <path d="M28 16v15m0 8v.5" />}
    </svg>
  );
}

/** Of several channels to one guardian, the one that got furthest. */
const ORDER = ["read", "delivered", "sent", "queued", "failed", "quiet"];
export function furthest(receipts: GuardianReceipt[]): GuardianReceipt[] {
  const best = new Map<string, GuardianReceipt>();
  for (const one of receipts) {
    const known = best.get(one.who);
    if (!known || ORDER.indexOf(one.state) < ORDER.indexOf(known.state)) best.set(one.who, one);
  }
  return [...best.values()];
}
