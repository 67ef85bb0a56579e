/** What the neighbours have at our border: theirs, without a sound, and what this centre offers to do. */
import type { JSX } from "preact";
import { signal } from "@preact/signals";
import type { BorderCase, Incident } from "../shared/api";
import { since } from "../shared/clock";
import { Glyph, Timer } from "../shared/components";
import { both } from "../shared/i18n";
import { age, span } from "../shared/words";
import * as act from "./actions";
import { s } from "./border-words";
import * as store from "./store";

const STALE_S = 180;

/** The one that the map was asked to show, and how often. */
export const looked = signal<{ at: BorderCase["position"]; n: number } | null>(null);
const look = (one: BorderCase): void => void (looked.value = { at: one.position, n: (looked.peek()?.n ?? 0) + 1 });

function Border({ one, title }: { one: BorderCase; title: string }): JSX.Element {
  const heard_s = since(one.heard_at);
  return (
    <article class="card small border" data-border={one.id}>
      <Glyph p={one.priority} mode="out" size={30} />
      <h3 class="kind ell">{title}</h3>
      <div class="tm">
        <Timer since={one.received_at} />
      </div>
      <div class="where ell">{s("theirs", { centre: one.centre.name, state: s(one.claimed ? "claimed" : "unclaimed") })}</div>
      <div class="fact">
        {both(one.place)} · {heard_s > STALE_S ? <span class="stale-text">{s("old", { age: span(heard_s) })}</span> : s("about", { age: age(since(one.position.at)) })}
      </div>
      <div class="acts row">
        <button type="button" class="btn ghost" onClick={() => look(one)}>{s("map")}</button>
        {store.mayWork.value && (["help", "take"] as const).map((wish) => (
          <button key={wish} type="button" class="btn ghost" aria-pressed={one.wish === wish} onClick={() => void act.wish(one, wish)}>
            {s(one.wish === wish ? `said.${wish}` : wish)}
          </button>
        ))}
        {store.mayWork.value && (
          <button type="button" class="btn ghost" aria-pressed={one.lends} onClick={() => void act.lend(one, !one.lends)}>
            {s(one.lends ? "unlend" : "lend")}
          </button>
        )}
      </div>
    </article>
  );
}

export function Borders({ titleOf }: { titleOf: (one: BorderCase) => string }): JSX.Element | null {
  const borders = store.borders.value;
  if (borders.length === 0) return null;
  return (
    <div data-part="borders">
      <div class="qh">
        <h2 class="plain">{s("title")}</h2>
        <span class="n">{s("quiet")}</span>
      </div>
      <div class="cards">
        {borders.map((one) => (
          <Border key={one.id} one={one} title={titleOf(one)} />
        ))}
      </div>
    </div>
  );
}

/** Who beyond the border knows of a case of ours, and what they would do. */
export function Beyond({ incident }: { incident: Incident }): JSX.Element {
  return (
    <>
      {(incident.beyond ?? []).map(({ centre, wish }) => (
        <span key={centre.id} class={wish ? "chip p2" : "chip line"} data-part="beyond">{s(wish ? `wishes.${wish}` : "knows", { centre: centre.name })}</span>
      ))}
    </>
  );
}
