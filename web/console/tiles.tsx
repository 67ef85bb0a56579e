import type { JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import loader from "lucide-static/icons/loader-circle.svg?raw";
import lock from "lucide-static/icons/lock.svg?raw";
import pin from "lucide-static/icons/pin.svg?raw";
import off from "lucide-static/icons/video-off.svg?raw";
import alert from "lucide-static/icons/triangle-alert.svg?raw";
import { type IncidentDetail, post, type RankedCamera } from "../shared/api";
import { now } from "../shared/clock";
import { Icon } from "../shared/icons";
import { LivePlayer } from "../shared/player";
import { age, clockTime, direction, distance, span } from "../shared/words";
import * as act from "./actions";
import { cap } from "./bindings";
import { Fresh, Message, Single } from "./captions";
import { forget, type Picture, report, states, tokenInHand } from "./pictures";
import { filming, PhoneTile } from "./phone";
import { further } from "./slots";
import * as store from "./store";
import { beyond } from "./turning";
import { named, t } from "./words";

const TAKEN_OVER_S = 36;
/** Below this chance the wall says that the pictures do not show her: to look on is then a search. */
const UNSEEN = 0.15;
/** How long the others let the chosen picture go first: four at once make each other late. */
const LEAD_MS = 300;

interface TileProps {
  n: number;
  place: number;
  camera: RankedCamera | null;
  held: boolean;
  incident: store.Case | null;
}

let leading = { grant: "", shown: Promise.resolve(), over: (): void => undefined };

/** Of the pictures under one right, the first to be shown. */
function leader(grant: string): typeof leading {
  if (leading.grant !== grant) {
    let over = (): void => undefined;
    const shown = new Promise<void>((resolve) => {
      over = resolve;
      setTimeout(resolve, LEAD_MS);
    });
    leading = { grant, shown, over };
  }
  return leading;
}

export function useStream(camera: { id: string; lender?: RankedCamera["lender"] } | null, place: number, incident: IncidentDetail | null): RefObject<HTMLVideoElement> {
  const video = useRef<HTMLVideoElement>(null) as RefObject<HTMLVideoElement>;
  const grant = camera && incident ? store.rightTo(incident, camera) : undefined;
  const key = camera && grant ? `${camera.id}/${grant}` : null;
  const of = incident?.id;
  useLayoutEffect(() => {
    if (!key || !camera || !grant || !video.current) return undefined;
    const { id, lender } = camera;
    const element = video.current;
    const first = leader(grant);
    let player: LivePlayer | null = null;
    let over = false;
    const open = (): void => {
      if (over) return;
      element.requestVideoFrameCallback(first.over);
      player = new LivePlayer(
        element,
        lender
          ? { camera: lender.camera, origin: lender.origin, token: async () => (await post<{ token: string }>(`/api/incidents/${encodeURIComponent(of!)}/borrowed`, { centre: lender.centre.id, camera: lender.camera })).token }
          : { camera: id, token: async () => tokenInHand(grant, id) ?? (await post<{ token: string }>(`/api/grants/${encodeURIComponent(grant)}/tokens`, { camera: id })).token },
        {
          health: ({ age_s, every_s, frozen_s }) => report(id, { age_s, every_s, frozen_s, said_at: Date.now() }),
          ended: () => report(id, { ended: true }),
        },
      );
    };
    report(id, { age_s: null, every_s: null, frozen_s: null, asked_at: Date.now(), said_at: Date.now(), ended: false });
    if (place === store.camera.peek()) open();
    else void first.shown.then(open);
    return () => {
      over = true;
      player?.close();
      forget(id);
    };
  }, [key]);
  return video;
}

/** The chance that she is in a picture, in steps that an eye can use. */
const percent = (chance: number): string => `${Math.round(chance * 20) * 5} %`;

/** Where it really looks, and the chance there; or why it does not. */
function Turned({ turned }: { turned: NonNullable<RankedCamera["turned"]> }): JSX.Element {
  const slots = { direction: turned.looks ? direction(turned.looks.bearing_deg) : "", why: named("turn.why", turned.why ?? ""), percent: percent(turned.probability ?? 0) };
  const seen = turned.probability !== null && (turned.state === "there" || turned.state === "moving");
  return (
    <span class={turned.state === "refused" ? "chip p2" : "chip line"} data-part="turned" data-turned={turned.state} title={t("wall.chance.how")}>
      {t(turned.state === "there" && turned.mode === "identify" ? "turned.close" : `turned.${turned.state}`, slots)}
      {seen && ` · ${slots.percent}`}
    </span>
  );
}

function Caption({ camera, picture }: { camera: RankedCamera; picture: Picture | null }): JSX.Element {
  const left = ((beyond.value.get(camera.id) ?? 0) - now.value) / 1000;
  return (
    <figcaption class="cap">
      <span class="name ell">{camera.name}</span>
      <span class="meta t3 nowrap side">{camera.azimuth_deg === null ? distance(camera.distance_m) : t("wall.side", { direction: direction(camera.azimuth_deg), distance: distance(camera.distance_m) })}</span>
      {camera.turned && <Turned turned={camera.turned} />}
      {camera.probability !== undefined && !camera.turned && <span class="meta t3 nowrap" title={t("wall.chance.how")}>{camera.aim ? t("wall.chance.turned", { percent: percent(camera.probability), direction: direction(camera.aim.bearing_deg) }) : t("wall.chance", { percent: percent(camera.probability) })}</span>}
      {left > 0 && <span class="chip p2" data-part="beyond">{t("wall.beyond", { t: span(left) })}</span>}
      {picture && <Fresh picture={picture} />}
      {(picture?.state === "stale" || picture?.state === "frozen") && (
        <span class="age c2">
          <Icon of={alert} class="c2" />
          {t("wall.stale.short", { age: age(picture.age_s) })}
        </span>
      )}
      {picture?.state === "lost" && (
        <span class="age">
          <Icon of={off} />
          {span(picture.age_s)}
        </span>
      )}
      {!picture && (
        <span class="age">
          <Icon of={lock} />
        </span>
      )}
    </figcaption>
  );
}

/** What a tile says when this operator has no right to its picture: why, and how to get it. */
function whyLocked(incident: store.Case | null): string {
  if (!incident) return t("wall.locked.none");
  if (incident.state === "closed") return t("wall.ended.closed");
  if (incident.state === "received") return t(store.mayWork.value ? "wall.locked.how" : "wall.locked.operator");
  return t("wall.locked.foreign", { owner: incident.owner?.name ?? "" });
}

function Tile({ n, place, camera, held, incident }: TileProps): JSX.Element {
  const watched = store.watched.value;
  const mine = watched && incident && watched.id === incident.id ? watched : null;
  const video = useStream(mine ? camera : null, place, mine);
  const chosen = mine !== null && store.camera.value === place;
  const large = chosen && act.enlarged.value && camera !== null;
  // The right comes a moment after the claim; until then the picture is on its way, not refused.
  const awaited = mine !== null && !mine.grants.some((g) => g.holder.kind === "operator");
  const granted = mine !== null && camera !== null && store.rightTo(mine, camera) !== undefined;
  const picture: Picture | null = camera && mine ? (states.value.get(camera.id) ?? null) : null;
  const ended = mine !== null && camera !== null && !awaited && (!granted || picture?.state === "ended");
  const state = !mine ? "locked" : !camera ? "lost" : ended ? "locked" : (picture?.state ?? "opening");
  const classes = ["tile", state === "live" || state === "late" ? "" : state === "frozen" ? "stale" : state, chosen ? "best" : "", large ? "enlarged" : ""].filter(Boolean).join(" ");
  const instead = camera && mine ? further(store.slots.value.get(mine.id) ?? [], mine.cameras)[0] : undefined;
  const select = (): void => {
    if (!mine) return;
    if (store.camera.peek() === place) act.enlarged.value = !act.enlarged.peek();
    else act.chooseCamera(place);
  };
  return (
    <figure class={classes} data-tile={n} data-state={state} data-camera={camera?.id} aria-label={camera ? t("wall.tile", { n, name: camera.name }) : undefined} onClick={select}>
      <div class="v">
        {/* Sound is never taken from a camera. */}
        <video ref={video} muted playsInline autoplay disablePictureInPicture aria-hidden="true" />
        <span class="num">{n}{held && <Icon of={pin} label={t("wall.held")} />}</span>
        {camera?.lender && mine && <b class="lender ell" data-part="lender">{camera.lender.centre.name}</b>}
        {picture && !ended && <Single picture={picture} />}
        {!mine && <Message icon={lock} head={t("wall.locked")} text={whyLocked(incident)} />}
        {mine && !camera && <Message icon={off} head={t("wall.empty")} text={t("wall.empty.how")} />}
        {mine && camera && ended && <Message icon={lock} head={t("wall.ended")} text={t("wall.ended.how", { key: cap("extend") })} />}
        {/* Nothing is said in the first 400 ms: most pictures are there by then. */}
        {state === "opening" && <div class="late-words"><Message icon={loader} head={t("wall.opening")} text={t("wall.opening.why")} /></div>}
        {state === "frozen" && picture && <Message icon={alert} head={t("wall.frozen", { age: span(picture.age_s) })} text={t("wall.frozen.why")} />}
        {state === "stale" && picture && <Message icon={alert} head={t("wall.stale", { age: age(picture.age_s) })} text={t("wall.reconnecting")} />}
        {state === "lost" && picture && (
          <Message icon={off} head={t("wall.lost")} text={instead ? t("wall.lost.instead", { at: clockTime(now.value - picture.age_s * 1000, false), name: instead.name }) : t("wall.lost.since", { at: clockTime(now.value - picture.age_s * 1000, false) })} />
        )}
      </div>
      {camera && mine && <Caption camera={camera} picture={ended ? null : picture} />}
      {!(camera && mine) && (
        <figcaption class="cap">
          <span class="age">
            <Icon of={mine ? off : lock} />
          </span>
        </figcaption>
      )}
    </figure>
  );
}

/** Tells the seating which cameras have been without a picture for too long, once a second. */
function useLost(): void {
  const pictures = states.value;
  useEffect(() => {
    // A lost or frozen picture first says so, and who takes over; only then does its place change.
    const lost = new Set([...pictures].filter(([, picture]) => (picture.state === "lost" || picture.state === "frozen") && picture.age_s > TAKEN_OVER_S).map(([id]) => id));
    const before = store.lostCameras.peek();
    if (lost.size !== before.size || [...lost].some((id) => !before.has(id))) store.lostCameras.value = lost;
    const incident = store.watched.peek();
    if (incident) store.reseat(incident, now.peek());
  }, [pictures]);
}

export function Wall(): JSX.Element {
  useLost();
  const incident = store.selected.value;
  const watched = store.watched.value;
  const seats = watched ? (store.slots.value.get(watched.id) ?? []) : [];
  const guest = store.guest.value;
  const take = filming(watched);
  const tiles: TileProps[] = [];
  const places = store.places.value;
  for (let place = 1; place <= places; place++) {
    const seat = seats[place - 1];
    const id = place === places && guest ? guest : seat?.camera;
    const camera = watched?.cameras.find((c) => c.id === id) ?? null;
    const n = place === places && guest && watched ? places + 1 + further(seats, watched.cameras).findIndex((c) => c.id === guest) : place;
    tiles.push({ n, place, camera, held: (seat?.held ?? false) && seat?.camera === id, incident });
  }
  return (
    <section class="wall" aria-label={t("wall.title", { n: places })} data-phone={take ? "" : undefined}>
      {tiles.map((tile) => (
        <Tile key={tile.place} {...tile} />
      ))}
      {watched && take && <PhoneTile key={take.camera} incident={watched} take={take} />}
      {watched?.sight && watched.position && watched.sight.probability < UNSEEN && (
        <p class="unseen" role="status">
          <Icon of={off} />
          <b>{t("wall.unseen")}</b> {t("wall.unseen.how", { percent: percent(watched.sight.probability) })}
        </p>
      )}
    </section>
  );
}
