/** Bands over the map that say what is broken, since when and what to do; and the one line that answers a keystroke. */
import type { JSX } from "preact";
import { now, since } from "../shared/clock";
import { Glyph } from "../shared/components";
import { clockTime, timer } from "../shared/words";
import * as act from "./actions";
import { cap } from "./bindings";
import { cutFor_s, serverState } from "./connection";
import * as store from "./store";
import { t, type Word } from "./words";

const AGENCIES = ["112", "119"] as const;

/** The agency, and its direct line where there is one. */
function called(agency: (typeof AGENCIES)[number]): string {
  const number = store.agencies.value[agency]?.number ?? agency;
  return number === agency ? agency : `${agency} ${number}`;
}

function ServerBand(): JSX.Element | null {
  if (serverState.value !== "cut") return null;
  const shown = store.shownAt.value;
  const leader = store.centre.value?.leader;
  const unsent = act.unsentCount.value;
  return (
    <div class="band p1" role="status" data-part="server-cut">
      <Glyph p={1} size={28} />
      <div class="grow">
        <b>{t("server.cut", { t: timer(cutFor_s.value) })}</b> <span class="t2">{shown ? t("server.cut.shown", { at: clockTime(shown) }) : ""}</span>
        <div class="phones">
          <span class="t2">{t("server.cut.call")}</span> {AGENCIES.map((agency) => <b key={agency}>{called(agency)}</b>)} {leader && <b>{leader.name ? t("server.leader.named", { name: leader.name, phone: leader.phone }) : t("server.leader", { phone: leader.phone })}</b>}
          {unsent > 0 && <b class="c2">{t("top.unsent", { n: unsent })}</b>}
        </div>
      </div>
    </div>
  );
}

function AgencyBands(): JSX.Element {
  return (
    <>
      {AGENCIES.map((agency) => {
        const status = store.agencies.value[agency];
        if (!status || status.up) return null;
        return (
          <div class="band p2" role="status" key={agency} data-part={`agency-${agency}`}>
            <Glyph p={2} size={28} />
            <div>
              <b>{t("agency.down", { agency, t: timer(since(status.since)) })}</b> <span class="t2">{t("agency.down.how", { phone: status.number, key: cap(agency === "112" ? "police" : "rescue") })}</span>
            </div>
          </div>
        );
      })}
    </>
  );
}

function StorageBand(): JSX.Element | null {
  const down = act.storageDown.value;
  if (!down) return null;
  return (
    <div class="band p2" role="status" data-part="storage">
      <Glyph p={2} size={28} />
      <div>
        <b>{t("server.database")}</b> <span class="t2">{timer(since(down))}</span>
      </div>
    </div>
  );
}

export function Bands(): JSX.Element {
  void now.value;
  return (
    <div class="bands">
      <ServerBand />
      <StorageBand />
      <AgencyBands />
    </div>
  );
}

/** Three seconds, no dialog, not over video. */
export function Line(): JSX.Element | null {
  const line = store.line.value;
  return (
    <div class="say" role="status" aria-live="polite">
      {line && (
        <span class={line.tone === "warn" ? "chip p2" : "chip"} data-part="line">
          {t(line.key as Word, line.slots)}
        </span>
      )}
    </div>
  );
}

