/** Her own phone's picture, as a tile of its own before the cameras'; and what it has filmed, for whoever may take it out. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import alert from "lucide-static/icons/triangle-alert.svg?raw";
import download from "lucide-static/icons/download.svg?raw";
import loader from "lucide-static/icons/loader-circle.svg?raw";
import lock from "lucide-static/icons/lock.svg?raw";
import smartphone from "lucide-static/icons/smartphone.svg?raw";
import volume from "lucide-static/icons/volume-2.svg?raw";
import volumeOff from "lucide-static/icons/volume-x.svg?raw";
import off from "lucide-static/icons/video-off.svg?raw";
import { type IncidentDetail, post, type Take } from "../shared/api";
import { now } from "../shared/clock";
import { Icon } from "../shared/icons";
import { LivePlayer } from "../shared/player";
import { age, clockTime, span } from "../shared/words";
import { Fresh, Message } from "./captions";
import { megabytes } from "./evidence";
import { forget, type Picture, report, states } from "./pictures";
import * as store from "./store";
import { t } from "./words";

/** The take that her phone is filming now, if it is. */
export const filming = (incident: IncidentDetail | null): Take | undefined => incident?.takes?.filter((take) => !take.ended_at).at(-1);

/** Sound comes only if she turned it on, and is heard only if the operator does, too. */
const sounds = (take: Take): boolean => /opus|mp4a/.test(take.media);

export function PhoneTile({ incident, take }: { incident: IncidentDetail; take: Take }): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const [large, setLarge] = useState(false);
  const [heard, setHeard] = useState(false);
  const camera = take.camera;
  const right = store.ownRight(incident);
  const grant = right?.cameras.includes(camera) ? right.id : null;
  const picture: Picture | null = states.value.get(camera) ?? null;
  useLayoutEffect(() => {
    if (!grant || !video.current) return undefined;
    const token = async (): Promise<string> => (await post<{ token: string }>(`/api/grants/${encodeURIComponent(grant)}/tokens`, { camera })).token;
    report(camera, { age_s: null, every_s: null, frozen_s: null, asked_at: Date.now(), said_at: Date.now(), ended: false });
    const player = new LivePlayer(
      video.current,
      { camera, token, origin: location.origin, path: "/phones/" },
      {
        health: ({ age_s, every_s, frozen_s }) => report(camera, { age_s, every_s, frozen_s, said_at: Date.now() }),
        ended: () => report(camera, { ended: true }),
      },
    );
    return () => {
      player.close();
      forget(camera);
    };
  }, [camera, grant]);
  useEffect(() => {
    if (video.current) video.current.muted = !(heard && sounds(take));
  }, [heard, take.media]);
  const state = !grant || picture?.state === "ended" ? "locked" : (picture?.state ?? "opening");
  const classes = ["tile", "phone", state === "live" || state === "late" ? "" : state, large ? "enlarged" : ""].filter(Boolean).join(" ");
  const since = now.value - (picture?.age_s ?? 0) * 1000;
  return (
    <figure class={classes} data-part="phone" data-state={state} data-camera={camera} aria-label={t("phone.tile")} onClick={() => setLarge(!large)}>
      <div class="v">
        <video ref={video} muted playsInline autoplay disablePictureInPicture aria-hidden="true" />
        <span class="num"><Icon of={smartphone} /></span>
        {state === "locked" && <Message icon={lock} head={t("wall.ended")} />}
        {state === "opening" && <div class="late-words"><Message icon={loader} head={t("wall.opening")} /></div>}
        {state === "stale" && picture && <Message icon={alert} head={t("wall.stale", { age: age(picture.age_s) })} text={t("phone.waits")} />}
        {state === "lost" && <Message icon={off} head={t("wall.lost")} text={t("wall.lost.since", { at: clockTime(since) })} />}
      </div>
      <figcaption class="cap">
        <span class="name ell">{t("phone.title")}</span>
        {sounds(take) && (
          <button type="button" class="reveal" aria-pressed={heard} onClick={(event) => { event.stopPropagation(); setHeard(!heard); }}>
            <Icon of={heard ? volume : volumeOff} /> {t(heard ? "phone.mute" : "phone.hear")}
          </button>
        )}
        {picture && <Fresh picture={picture} />}
        {state === "stale" && picture && <span class="age c2">{t("wall.stale.short", { age: age(picture.age_s) })}</span>}
      </figcaption>
    </figure>
  );
}

/** Takes that have ended, newest first: several of one filming stand together in time. */
export function Takes({ incident }: { incident: IncidentDetail }): JSX.Element | null {
  const ended = (incident.takes ?? []).filter((take) => take.ended_at && take.bytes > 0).reverse();
  if (ended.length === 0) return null;
  return (
    <div class="sec evidence" data-part="takes">
      <h3>{t("phone.takes")}</h3>
      <ul class="clips">
        {ended.map((take) => (
          <li key={take.id} class="clip row" data-take={take.id}>
            <Icon of={smartphone} class="t3" />
            <div class="two grow">
              <b class="ell">{t("phone.take", { at: clockTime(take.from_at), t: span(Math.max(1, (Date.parse(take.until_at ?? take.from_at) - Date.parse(take.from_at)) / 1000)) })}</b>
              <small class="t3 ell">{t("phone.hash", { size: megabytes(take.bytes), hash: take.sha256?.slice(0, 12) ?? "" })}</small>
            </div>
            <a class="btn" href={`/api/takes/${encodeURIComponent(take.id)}`} download aria-label={t("phone.download", { at: clockTime(take.from_at) })}>
              <Icon of={download} />
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
