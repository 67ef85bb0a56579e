import type { JSX } from "preact";
import check from "lucide-static/icons/check.svg?raw";
import cctv from "lucide-static/icons/cctv.svg?raw";
import users from "lucide-static/icons/users.svg?raw";
import hands from "lucide-static/icons/heart-handshake.svg?raw";
import footprints from "lucide-static/icons/footprints.svg?raw";
import shield from "lucide-static/icons/shield-check.svg?raw";
import alert from "lucide-static/icons/triangle-alert.svg?raw";
import user from "lucide-static/icons/user.svg?raw";
import loud from "lucide-static/icons/volume-2.svg?raw";
import soft from "lucide-static/icons/volume-1.svg?raw";
import mute from "lucide-static/icons/volume-x.svg?raw";
import { me } from "../shared/api";
import { now, since } from "../shared/clock";
import { Glyph, Timer } from "../shared/components";
import { both } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { clockTime, dayName, timer } from "../shared/words";
import * as act from "./actions";
import { BellCount } from "./bells";
import { sick } from "./cameras";
import { serverState } from "./connection";
import { CoverCount } from "./covers";
import { s } from "./escort-words";
import { isOffered } from "./ordering";
import { kindOf } from "./queue";
import * as sound from "./sound";
import * as store from "./store";
import { s as w } from "./ward-words";
import { toggle as toggleWards } from "./wards";
import { t } from "./words";

function AgencyLink({ agency }: { agency: "112" | "119" }): JSX.Element {
  const status = store.agencies.value[agency];
  if (status && !status.up) {
    return (
      <span class="c2 m">
        <Icon of={alert} class="c2" />
        {t("top.link.down", { agency, t: timer(since(status.since)) })}
      </span>
    );
  }
  return (
    <span>
      <Icon of={check} />
      {t(agency === "112" ? "top.link.112" : "top.link.119")}
    </span>
  );
}

function centreName(): string {
  const name = store.centre.value?.name ?? me.value?.centre.name ?? "";
  return typeof name === "string" ? name : both(name);
}

function Sound(): JSX.Element {
  if (!sound.running.value) {
    return (
      <span class="c2 m">
        <Icon of={mute} class="c2" />
        {t("top.sound.off")}
      </span>
    );
  }
  const softer = now.value < sound.softUntil.value;
  return (
    <span>
      <Icon of={softer ? soft : loud} />
      {t(softer ? "top.sound.soft" : "top.sound.on")}
    </span>
  );
}

/** The red chip of the most urgent unclaimed case: what, where, how long. Its text is announced once, elsewhere. */
function AlarmChip(): JSX.Element | null {
  const alarm = store.alarm.value;
  if (!alarm) return null;
  return (
    <div class="alarm-chip" data-part="alarm-chip">
      <Glyph p={1} mode="inv" size={28} />
      <b class="ell">{t(isOffered(alarm) ? "top.offered" : "top.alarm", { kind: kindOf(alarm), place: both(alarm.place) })}</b>
      <Timer since={alarm.received_at} class="b since" />
      <span class="row meta m rings">
        <Icon of={loud} />
        {t("top.rings")}
      </span>
    </div>
  );
}

/** How many ways home are being watched over: proof that the system lives on a quiet night. */
function TripCount(): JSX.Element | null {
  const trips = store.trips.value;
  if (trips === null) return null;
  return (
    <button type="button" class="videos" data-part="trip-count" aria-expanded={act.sheet.value === "trips"} onClick={() => (act.sheet.value = act.sheet.value === "trips" ? null : "trips")}>
      <Icon of={footprints} />
      {t("top.trips", { n: trips.watched.toLocaleString("en-US") })}
      {trips.asking > 0 && <span class="m">{t("top.trips.asking", { n: trips.asking })}</span>}
    </button>
  );
}

/** Escorts under way or asked for; shown only where there are any, amber where somebody waits for a person at this desk. */
function EscortCount(): JSX.Element | null {
  const escorts = store.escorts.value;
  const all = escorts === null ? 0 : escorts.booked + escorts.assigned + escorts.walking;
  if (escorts === null || all === 0 || !store.mayWork.value) return null;
  return (
    <button type="button" class="videos" data-part="escort-count" aria-expanded={act.sheet.value === "escorts"} onClick={() => (act.sheet.value = act.sheet.value === "escorts" ? null : "escorts")}>
      <Icon of={users} />
      {s("top", { n: all })}
      {escorts.marked > 0 && <b class="c2">{s("top.marked", { n: escorts.marked })}</b>}
    </button>
  );
}

/** People watched over; amber where an alarm waits for an answer, a search for its second person, or a ward for an official: that is the leader's. */
function WardCount(): JSX.Element | null {
  const wards = store.wards.value;
  if (wards === null || wards.watched + wards.alarms + wards.searches === 0 || !store.mayWork.value) return null;
  return (
    <button type="button" class="videos" data-part="ward-count" aria-expanded={act.sheet.value === "wards"} onClick={toggleWards}>
      <Icon of={hands} />
      {w("top", { n: wards.watched.toLocaleString("en-US") })}
      {wards.alarms > 0 && <b class="c2">{w("top.alarms", { n: wards.alarms })}</b>}
      {wards.searches > 0 && <b class="c2">{w("top.searches", { n: wards.searches })}</b>}
      {wards.unassigned > 0 && me.value?.role === "supervisor" && <b class="c2">{w("count.unassigned", { n: wards.unassigned })}</b>}
    </button>
  );
}

export function Top(): JSX.Element {
  const unsent = act.unsentCount.value;
  const checking = serverState.value === "checking";
  const videos = store.videos.value;
  return (
    <header class={sound.running.value ? "top" : "top silent"}>
      <h1 class="brand">
        <Icon of={shield} />
        {t("app.name")}
      </h1>
      <div class="centre-name ell">{centreName()}</div>
      <AlarmChip />
      <div class="links" data-part="links">
        {checking && (
          <span class="c2 m" role="status">
            <Icon of={alert} class="c2" />
            {t("top.checking")}
          </span>
        )}
        {unsent > 0 && (
          <span class="c2 m" role="status">
            <Icon of={alert} class="c2" />
            {t("top.unsent", { n: unsent })}
          </span>
        )}
        <CoverCount />
        <AgencyLink agency="112" />
        <AgencyLink agency="119" />
        {store.agencies.value["routing"]?.up && (
          <span class="routing">
            <Icon of={check} />
            {t("top.routing")}
          </span>
        )}
        {videos && (
          <button type="button" class="videos" data-part="videos" aria-expanded={act.sheet.value === "cameras"} onClick={() => (act.sheet.value = act.sheet.value === "cameras" ? null : "cameras")}>
            <Icon of={cctv} />
            {t("top.video", { live: videos.live.toLocaleString("en-US"), total: videos.total.toLocaleString("en-US") })}
            {sick.value.size > 0 && <b class="c2">{t("top.sick", { n: sick.value.size })}</b>}
          </button>
        )}
        <TripCount />
        <EscortCount />
        <WardCount />
        <BellCount />
        <Sound />
      </div>
      <button type="button" class="who meta" aria-label={t("top.menu", { name: me.value?.name ?? "" })} onClick={() => (act.sheet.value = act.sheet.value === "keys" ? null : "keys")}>
        <Icon of={user} />
        {me.value?.shift ? `${me.value.shift} · ${me.value.name}` : me.value?.name}
      </button>
      <div class="row when" aria-hidden="true">
        <span class="meta t3">{dayName(now.value)}</span>
        <span class="clock">{clockTime(now.value)}</span>
      </div>
    </header>
  );
}
