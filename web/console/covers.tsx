/** Who takes whose new cases: one quiet line in the top bar, all of them in the sheet, and there the leader's own switch. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import moon from "lucide-static/icons/moon.svg?raw";
import unplug from "lucide-static/icons/unplug.svg?raw";
import { Problem, type Words, me, post } from "../shared/api";
import { both } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { clockTime } from "../shared/words";
import * as act from "./actions";
import { type Word, s } from "./cover-words";
import * as store from "./store";

/** 안양시 통합관제센터 -> 안양시 */
const short = (name: Words): string => both(name).replace(/ ?(통합관제센터|CCTV안전센터)$| Centre(?=,|$)/u, "");

/** 안양시 닫음 06:00까지: 군포시가 대신 받음 */
function said(one: store.CoverLine): string {
  const what = one.part === "own" ? s(`own.${one.why}` as Word) : s(one.why, { centre: short(one.centre) });
  const until = one.until ? ` ${s("until", { at: clockTime(one.until, false) })}` : "";
  const who = one.part === "ours" ? s("ours") : one.by ? s("by", { name: short(one.by) }) : s(one.part === "own" ? "stays" : "nobody");
  return `${what}${until}: ${who}`;
}

/** Amber where nobody covers, or we do: then more may come than usual. */
const marked = (one: store.CoverLine): boolean => one.by === null || one.part === "ours";

export function CoverCount(): JSX.Element | null {
  const [first, ...more] = store.covers.value;
  if (!first) return null;
  return (
    <button type="button" class="videos cover" data-part="cover" aria-expanded={act.sheet.value === "keys"} onClick={() => (act.sheet.value = act.sheet.value === "keys" ? null : "keys")}>
      <Icon of={first.why === "silent" ? unplug : moon} />
      <span class={marked(first) ? "ell c2" : "ell"}>{said(first)}</span>
      {more.length > 0 && <span class="t3">{s("more", { n: more.length })}</span>}
    </button>
  );
}

const failed = signal<string | null>(null);

async function set(state: "unstaffed" | "normal" | null): Promise<void> {
  failed.value = null;
  try {
    await post("/api/country/duty", { state });
  } catch (error) {
    failed.value = s("failed", { why: error instanceof Problem ? error.title : String(error) });
  }
}

/** Part of the sheet behind one's own name. A centre that stands alone has none. */
export function Covers(): JSX.Element | null {
  const lines = store.covers.value;
  const leads = me.value?.role === "supervisor" && store.centre.value?.alone === false;
  if (lines.length === 0 && !leads) return null;
  return (
    <>
      <h3>{s("title")}</h3>
      {lines.length === 0 && <p class="t2">{s("none")}</p>}
      <ul class="cover-list">
        {lines.map((one) => <li key={both(one.centre)} class={marked(one) ? "row c2" : "row"}><Icon of={one.why === "silent" ? unplug : moon} />{said(one)}</li>)}
      </ul>
      {leads && (
        <div class="settings" role="group" aria-label={s("set")}>
          <button type="button" class="btn" onClick={() => void set("unstaffed")}>{s("close")}</button>
          <button type="button" class="btn" onClick={() => void set("normal")}>{s("open")}</button>
          <button type="button" class="btn" onClick={() => void set(null)}>{s("hours")}</button>
          <span class="t2 meta">{s("hint")}</span>
          {failed.value && <span class="c2" role="alert">{failed.value}</span>}
        </div>
      )}
    </>
  );
}
