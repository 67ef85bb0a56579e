import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import car from "lucide-static/icons/car-front.svg?raw";
import check from "lucide-static/icons/check.svg?raw";
import footprints from "lucide-static/icons/footprints.svg?raw";
import hands from "lucide-static/icons/heart-handshake.svg?raw";
import folded from "lucide-static/icons/list-collapse.svg?raw";
import type { BorderCase, Incident } from "../shared/api";
import { since } from "../shared/clock";
import { Glyph, Kbd, Timer } from "../shared/components";
import { both } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { clockTime, span, timer } from "../shared/words";
import * as act from "./actions";
import { cap } from "./bindings";
import { Beyond, Borders } from "./borders";
import { type Fold, isOffered, isWaiting, type Queue as Order } from "./ordering";
import { record } from "./record";
import * as store from "./store";
import { s as w } from "./ward-words";
import { named, t } from "./words";

/** What it is in a word or two: a trip is called by what went wrong on it, and so is a ward. */
export const kindOf = ({ kind, trigger }: Incident | BorderCase): string => (kind === "trip" || kind === "ward" ? named(kind, trigger) : named("kind", kind));

export const titleOf = (incident: Incident | BorderCase): string => (incident.kind === "sos" ? `${kindOf(incident)} · ${named("trigger", incident.trigger)}` : kindOf(incident));

export function Marks({ incident }: { incident: Incident }): JSX.Element | null {
  const offer = isOffered(incident) ? null : incident.offer;
  if (incident.marks.length === 0 && !offer && !incident.beyond?.length) return null;
  return (
    <div class="marks">
      {offer && <span class="chip line" data-part="offer">{t("card.offering", { name: offer.to.name, t: timer(Math.max(0, -since(offer.due_at))) })}</span>}
      {incident.marks.includes("duress") && <span class="chip p1 b">{t("card.duress")}</span>}
      {incident.marks.includes("cancel_pending") && <span class="chip p2">{t("card.cancel", { t: incident.cancel_requested_at ? timer(since(incident.cancel_requested_at)) : "" })}</span>}
      {incident.marks.includes("covered") && <span class="chip p2">{t("card.covered", { centre: incident.centre.name })}</span>}
      {incident.marks.includes("handed_over") && <span class="chip line">{t("card.handed_over")}</span>}
      {incident.marks.includes("repeated") && incident.signals > 1 && <span class="chip line">{t("card.repeated", { n: incident.signals })}</span>}
      {incident.marks.includes("unverified") && <span class="chip line">{t("card.unverified")}</span>}
      <Beyond incident={incident} />
    </div>
  );
}

/** The text is the truth, the bar shows it. */
export function EscalationBar({ incident }: { incident: Incident }): JSX.Element | null {
  const escalation = incident.escalation;
  if (!escalation) return null;
  const tone = incident.priority === 1 ? "c1" : "c2";
  if (!escalation.next || !escalation.due_at) {
    return (
      <div class={`esc ${tone}`}>
        <div class="lab">
          <span>{t("escalation.last")}</span>
        </div>
        <div class="bar">
          <i style={{ width: "100%" }} />
        </div>
      </div>
    );
  }
  const left = Math.max(0, -since(escalation.due_at));
  const whole = incident.priority === 1 ? 20 : 60;
  const word = escalation.next === "leader" ? (incident.priority === 1 ? "escalation.leader" : "escalation.leader.p2") : "escalation.neighbour";
  return (
    <div class={`esc ${tone}`}>
      <div class="lab">
        <span>{t(word)}</span>
        <b>{left > 0 ? timer(Math.ceil(left)) : t("escalation.now")}</b>
      </div>
      <div class="bar">
        <i style={{ width: `${Math.min(100, Math.max(0, 100 * (1 - left / whole)))}%` }} />
      </div>
    </div>
  );
}

const facts = (incident: Incident): string =>
  [incident.kind === "trip" ? named("trip.fact", incident.trigger) : "", incident.silent ? t("card.silent") : "", incident.position ? t("card.accuracy", { m: Math.round(incident.position.accuracy_m) }) : t("card.no.position")].filter(Boolean).join(" · ");

/** Until when a colleague's offer stands; afterwards the case stays with her. */
function OfferBar({ incident }: { incident: Incident }): JSX.Element {
  const { at, due_at } = incident.offer!;
  const left = Math.max(0, -since(due_at));
  return (
    <div class="esc c1">
      <div class="lab">
        <span>{t("offer.back", { name: incident.owner?.name ?? "" })}</span>
        <b>{timer(Math.ceil(left))}</b>
      </div>
      <div class="bar">
        <i style={{ width: `${Math.min(100, 100 * (1 - (1000 * left) / (Date.parse(due_at) - Date.parse(at))))}%` }} />
      </div>
    </div>
  );
}

function Unclaimed({ fold, compact }: { fold: Fold; compact: boolean }): JSX.Element {
  const incident = fold.lead;
  const chosen = store.selectedId.value === incident.id;
  const count = fold.rest.length + 1;
  const offered = isOffered(incident);
  if (incident.priority === 1 || offered) {
    return (
      <article class={`card wait1${chosen ? " chosen" : ""}`} data-card={incident.id} aria-current={chosen ? "true" : undefined}>
        <div class="hd" data-hit={`select:${incident.id}`}>
          <Glyph p={incident.priority} mode="inv" size={38} />
          <h3 class="kind grow">{titleOf(incident)}</h3>
          <div class="tm">
            <Timer since={incident.received_at} />
          </div>
        </div>
        {offered && <div class="where b c1">{t("card.offered", { name: incident.owner?.name ?? "" })}</div>}
        {incident.coming && <div class="where b c1">{t("card.coming", { name: incident.coming.to.name, t: timer(Math.max(0, -since(incident.coming.due_at))) })}</div>}
        <div class="where b">{both(incident.place)}</div>
        <div class="fact">
          {offered ? stateOf(incident) : facts(incident)}
          <br />
          {offered ? facts(incident) : incident.cameras_ready > 0 ? t("card.cameras", { n: incident.cameras_ready }) : t("card.cameras.none")}
        </div>
        {count > 1 && <div class="fold chip p1 b">{t("card.fold", { n: count })}</div>}
        <Marks incident={incident} />
        {offered ? <OfferBar incident={incident} /> : <EscalationBar incident={incident} />}
        {!compact && store.mayWork.value && (
          <div class="acts">
            <button type="button" class="btn p1" data-hit={`claim:${incident.id}`}>
              {t(offered ? "card.take.go" : "card.claim.go")}
              <Kbd>Enter</Kbd>
            </button>
            <button type="button" class="btn" data-hit={`stay:${incident.id}`}>
              {t(offered ? "card.take.only" : "card.claim.only")}
              <Kbd>Shift Enter</Kbd>
            </button>
            {(offered || incident.coming) && (
              <button type="button" class="btn" data-hit={`decline:${incident.id}`}>
                {t("card.decline")}
                {!store.watched.value && <Kbd>{cap("pass")}</Kbd>}
              </button>
            )}
          </div>
        )}
      </article>
    );
  }
  return (
    <article class={`card wait2${compact ? " small" : ""}${chosen ? " chosen" : ""}`} data-card={incident.id} data-hit={`select:${incident.id}`} aria-current={chosen ? "true" : undefined}>
      <Glyph p={2} />
      <h3 class="kind">{titleOf(incident)}</h3>
      <div class="tm c2">
        <Timer since={incident.received_at} />
      </div>
      <div class="where ell">{both(incident.place)}</div>
      {!compact && <div class="fact">{facts(incident)}</div>}
      <Marks incident={incident} />
      {!compact && <EscalationBar incident={incident} />}
      {count > 1 && <div class="fold chip p2">{t("card.fold", { n: count })}</div>}
    </article>
  );
}

/** The one fact on the card of a case that somebody has: the last thing that changed in it. */
function lastChange(incident: store.Case): { text: string; unit: boolean } {
  if (incident.state === "closed") return { text: t("card.closed"), unit: false };
  if (store.isDetail(incident)) {
    const dispatch = [...incident.dispatches].reverse().find((d) => d.unit);
    if (dispatch?.unit && dispatch.state === "arrived") return { text: t("dispatch.arrived", { unit: dispatch.unit }), unit: true };
    if (dispatch?.unit && dispatch.state === "en_route") {
      return { text: dispatch.eta_s ? t("dispatch.eta", { unit: dispatch.unit, eta: span(dispatch.eta_s) }) : t("dispatch.en_route", { unit: dispatch.unit }), unit: true };
    }
    const last = record(incident)[0];
    if (last) return { text: last.text, unit: false };
  }
  return { text: stateOf(incident), unit: false };
}

export function stateOf(incident: Incident): string {
  if (incident.state !== "claimed" && incident.state !== "confirmed") return named("state", incident.state);
  return named("state", incident.arrived_at ? "arrived" : incident.requested_at ? "requested" : incident.state);
}

function Mine({ incident }: { incident: store.Case }): JSX.Element {
  const chosen = store.selectedId.value === incident.id;
  const change = lastChange(incident);
  return (
    <article class={`card mine${chosen ? " sel" : ""}`} data-card={incident.id} data-hit={`select:${incident.id}`} aria-current={chosen ? "true" : undefined}>
      <Glyph p={incident.priority} />
      <h3 class="kind">{titleOf(incident)}</h3>
      <div class="tm">
        <Timer since={incident.received_at} />
      </div>
      <div class="where">{both(incident.place)}</div>
      <div class="fact row">
        {change.unit && <Icon of={car} />}
        <span class="ell">{change.text}</span>
      </div>
      <Marks incident={incident} />
    </article>
  );
}

function Other({ incident, mini }: { incident: Incident; mini: boolean }): JSX.Element {
  const chosen = store.selectedId.value === incident.id;
  const owner = incident.owner?.name ?? "";
  return (
    <article class={`card ${mini ? "mini" : "small"}${chosen ? " sel" : ""}`} data-card={incident.id} data-hit={`select:${incident.id}`} aria-current={chosen ? "true" : undefined}>
      <Glyph p={incident.priority} mode="out" size={mini ? 26 : 30} />
      <h3 class="kind ell">{mini ? `${both(incident.place)} · ${owner}` : titleOf(incident)}</h3>
      <div class="tm">
        <Timer since={incident.received_at} />
      </div>
      {!mini && <div class="where ell">{t("card.owner", { place: both(incident.place), owner, state: stateOf(incident) })}</div>}
    </article>
  );
}

function Empty(): JSX.Element {
  const seen = [...store.incidents.value.values()].map((incident) => incident.received_at).sort();
  const last = seen[seen.length - 1];
  const videos = store.videos.value;
  const trips = store.trips.value;
  return (
    <div class="nothing row" data-part="queue-empty">
      <Icon of={check} class="cok" />
      <div>
        <b>{t("queue.empty")}</b>
        <div class="t2">{[last ? t("queue.empty.last", { at: clockTime(last, false) }) : t("queue.empty.never"), trips ? t("queue.empty.trips", { n: trips.watched.toLocaleString("en-US") }) : "", videos ? t("queue.empty.cameras", { n: videos.live.toLocaleString("en-US") }) : ""].filter(Boolean).join(" · ")}</div>
      </div>
    </div>
  );
}

/** Trips that may become a case in seconds: cameras are chosen, nothing is shown, nothing is asked of the operator yet. */
function ReadyTrips(): JSX.Element | null {
  const ready = store.trips.value?.ready ?? 0;
  if (ready === 0) return null;
  return (
    <div class="row meta t2 ready-trips" role="status" data-part="ready-trips">
      <Icon of={footprints} />
      {t("queue.ready", { n: ready })}
    </div>
  );
}

/** Alarms of wards that nobody has answered: one quiet line, and one key to them. */
function WardAlarms(): JSX.Element | null {
  const alarms = store.wards.value?.alarms ?? 0;
  if (alarms === 0 || !store.mayWork.value) return null;
  return (
    <div class="row meta c2 ready-trips" role="status" data-part="ward-alarms">
      <Icon of={hands} />
      {w("queue", { n: alarms })} <Kbd>{cap("wards")}</Kbd>
    </div>
  );
}

/* ---- what the hand is doing: the list never moves under a pressed button, and 400 ms after an alarm a click keeps its target */
const pressed = signal(false);
let frozen: Order | null = null;
interface Spot {
  hit: string;
  box: DOMRect;
}
let spots: Spot[] = [];

function perform(hit: string): void {
  const cut = hit.indexOf(":");
  const id = hit.slice(cut + 1);
  const verb = hit.slice(0, cut);
  const incident = store.incidents.peek().get(id);
  if (verb === "select") act.select(id);
  else if (!incident || !isWaiting(incident)) return;
  else if (verb === "decline") void act.endOffer(id);
  else void act.claim(id, verb === "claim");
}

function onClick(event: MouseEvent): void {
  const guard = store.guarded(performance.now());
  if (guard && event.detail > 0) {
    // The pointer aimed at what stood there before the alarm came in.
    const before = [...spots].reverse().find(({ box }) => event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom);
    if (before) perform(before.hit);
    return;
  }
  const target = (event.target as Element).closest<HTMLElement>("[data-hit]");
  if (target) perform(target.dataset["hit"]!);
}

export function Queue(): JSX.Element {
  const root = useRef<HTMLElement>(null);
  const live = store.queue.value;
  if (!pressed.value) frozen = live;
  const order = pressed.value && frozen ? frozen : live;
  const { unclaimed, mine, others, flags, flood } = order;
  const urgent = unclaimed.some(({ lead }) => lead.priority === 1);
  const crowded = unclaimed.length + mine.length + others.length > 4;

  useLayoutEffect(() => {
    const measure = (): void => {
      if (store.guarded(performance.now()) || !root.current) return;
      spots = [...root.current.querySelectorAll<HTMLElement>("[data-hit]")].map((element) => ({ hit: element.dataset["hit"]!, box: element.getBoundingClientRect() }));
    };
    const wait = requestAnimationFrame(measure);
    const after = setTimeout(measure, store.GUARD_MS + 20);
    return () => {
      cancelAnimationFrame(wait);
      clearTimeout(after);
    };
  });
  useLayoutEffect(() => {
    const up = (): void => {
      // The click comes after pointerup: the list may move once it has been dealt with.
      setTimeout(() => (pressed.value = false));
    };
    addEventListener("pointerup", up);
    addEventListener("pointercancel", up);
    return () => {
      removeEventListener("pointerup", up);
      removeEventListener("pointercancel", up);
    };
  }, []);

  return (
    <section class="queue" aria-label={t("queue.title")} ref={root} onClick={onClick} onPointerDown={() => (pressed.value = true)}>
      <div class="qh">
        <h2>{t("queue.unclaimed")}</h2>
        {unclaimed.length > 0 && <span class={`${urgent ? "c1" : "c2"} b`}>{unclaimed.reduce((n, fold) => n + 1 + fold.rest.length, 0)}</span>}
        <span class="n">{unclaimed.length > 0 ? t(urgent ? "queue.order.urgency" : "queue.order.age") : ""}</span>
      </div>
      {flood && (
        <div class="flood chip p1 b" role="status" data-part="flood">
          {t("queue.flood", { n: unclaimed.reduce((n, fold) => n + 1 + fold.rest.length, 0) })}
          <small class="m">{t("queue.flood.why")}</small>
        </div>
      )}
      {!store.ready.value && (
        <div class="skeletons" role="status" aria-label={t("queue.loading")}>
          <i />
          <i />
          <i />
        </div>
      )}
      {store.ready.value && unclaimed.length === 0 && <Empty />}
      <div class="cards">
        {unclaimed.map((fold, i) => (
          <Unclaimed key={fold.lead.id} fold={fold} compact={i > 0 && (urgent || crowded)} />
        ))}
      </div>
      {mine.length > 0 && (
        <>
          <div class="qh">
            <h2>{t("queue.mine")}</h2>
            <span class="b">{mine.length}</span>
          </div>
          <div class="cards">
            {mine.map((incident) => (
              <Mine key={incident.id} incident={incident} />
            ))}
          </div>
        </>
      )}
      {others.length > 0 && (
        <>
          <div class="qh">
            <h2>{t("queue.others")}</h2>
            <span class="b">{others.length}</span>
          </div>
          <div class="cards">
            {others.map((incident) => (
              <Other key={incident.id} incident={incident} mini={urgent || others.length > 3} />
            ))}
          </div>
        </>
      )}
      <Borders titleOf={titleOf} />
      <ReadyTrips />
      <WardAlarms />
      {flags.length > 0 && (urgent || flood) && (
        <div class="row meta t3 flags-folded">
          <Icon of={folded} />
          {t("queue.flags.folded", { n: flags.length })}
        </div>
      )}
      {flags.length > 0 && !urgent && !flood && (
        <>
          <div class="qh bottom">
            <h2 class="plain">{t("queue.flags")}</h2>
            <span class="n">{t("queue.flags.quiet")}</span>
          </div>
          <div class="cards">
            {flags.slice(0, 4).map((incident) => (
              <article class={`card small flag${store.selectedId.value === incident.id ? " sel" : ""}`} key={incident.id} data-card={incident.id} data-hit={`select:${incident.id}`}>
                <Glyph p={3} />
                <h3 class="kind m ell">{`${titleOf(incident)} · ${both(incident.place)}`}</h3>
                <div class="tm">
                  <Timer since={incident.received_at} />
                </div>
              </article>
            ))}
          </div>
        </>
      )}
    </section>
  );
}
