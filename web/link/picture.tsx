/** One camera at a time, live, with who is looking written over it. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import alert from "lucide-static/icons/triangle-alert.svg?raw";
import clock from "lucide-static/icons/clock.svg?raw";
import loader from "lucide-static/icons/loader-circle.svg?raw";
import lockIcon from "lucide-static/icons/lock.svg?raw";
import videoOff from "lucide-static/icons/video-off.svg?raw";
import { type RankedCamera, post } from "../shared/api";
import { now } from "../shared/clock";
import { Icon } from "../shared/icons";
import type { Health, LivePlayer } from "../shared/player";
import { clockTime } from "../shared/words";
import { type Word, t } from "./words";

type Seen = "opening" | "live" | "late" | "stale" | "lost" | "ended";

const MARKS = 8;

function Over({ seen, age, other }: { seen: Seen; age: number; other: number | null }): JSX.Element | null {
  if (seen === "live" || seen === "late") return null;
  const [icon, title, hint]: [string, string, string] = {
    opening: [loader, t("video.opening"), t("video.opening.hint")] as [string, string, string],
    stale: [alert, t("stale", { s: Math.round(age) }), other === null ? t("stale.hint") : t("lost.hint", { n: other })] as [string, string, string],
    lost: [videoOff, t("lost"), other === null ? t("stale.hint") : t("lost.hint", { n: other })] as [string, string, string],
    ended: [lockIcon, t("video.ended"), ""] as [string, string, string],
  }[seen];
  return (
    <div class="over" role="status">
      <b class="row">
        <Icon of={icon} />
        {title}
      </b>
      <span>{hint}</span>
    </div>
  );
}

interface PictureProps {
  slots: (RankedCamera | null)[];
  unit: string | null;
  base: string;
}

export function Picture({ slots, unit, base }: PictureProps): JSX.Element {
  const cameras = slots.filter((camera) => camera !== null);
  const [wanted, setWanted] = useState<string | null>(null);
  const [seen, setSeen] = useState<Seen>("opening");
  const [health, setHealth] = useState<Health>({ state: "live", age_s: null, every_s: null, frozen_s: null });
  const [mark, setMark] = useState("");
  const video = useRef<HTMLVideoElement>(null);
  const chosen = cameras.find((camera) => camera.id === wanted) ?? cameras.find((camera) => camera.live) ?? cameras[0] ?? null;
  const number = slots.indexOf(chosen) + 1;

  useEffect(() => {
    if (!chosen || !video.current) return;
    // The camera that was chosen stays chosen when a better one turns up: nothing changes under the officer's eyes.
    setWanted(chosen.id);
    setSeen("opening");
    const picture = video.current;
    let player: LivePlayer | null = null;
    let gone = false;
    void import("../shared/player").then(({ LivePlayer: Player }) => {
      if (gone) return;
      const opening = {
        camera: chosen.id,
        token: async () => (await post<{ token: string }>(`${base}/tokens`, { camera: chosen.id })).token,
      };
      player = new Player(picture, opening, {
        started: (stream) => setMark(stream.watermark),
        health: (next) => {
          setHealth(next);
          if (next.age_s !== null) setSeen(next.state === "frozen" ? "stale" : next.state);
        },
        ended: () => setSeen("ended"),
      });
    });
    return () => {
      gone = true;
      player?.close();
    };
  }, [chosen?.id]);

  if (!chosen) {
    return (
      <figure class="picture" data-seen="lost">
        <div class="over" role="status"><b class="row"><Icon of={videoOff} />{t("novideo")}</b></div>
      </figure>
    );
  }
  const words = unit || mark;
  const stamp = `${words} · ${clockTime(now.value, false)}`;
  const age = health.frozen_s ?? health.age_s ?? 0;
  const single = health.every_s ?? 0;
  const other = slots.findIndex((camera) => camera?.live && camera.id !== chosen.id);
  return (
    <>
      <figure class="picture" data-seen={seen}>
        <video ref={video} muted playsInline aria-label={t("camera", { n: number, name: chosen.name })} />
        <div class="mark" aria-hidden="true">
          {Array.from({ length: MARKS }, (_, at) => (
            <span key={at}>{stamp}</span>
          ))}
        </div>
        <Over seen={seen} age={age} other={other < 0 ? null : other + 1} />
        <figcaption>
          <span class="m ell">{chosen.name}</span>
          <span class="row age">
            {seen === "live" && (
              <>
                {!single && <i class="live" />}
                {t(single ? "single" : "live", { s: age.toFixed(1), n: Math.round(single) })}
              </>
            )}
            {seen === "late" && (
              <>
                <Icon of={clock} class="c2" />
                <span class="c2">{t("late", { s: age.toFixed(1) })}</span>
              </>
            )}
          </span>
        </figcaption>
      </figure>
      <div class="choice" role="group" aria-label={t("cameras")}>
        {slots.map((camera, at) => camera && (
          <button key={camera.id} type="button" aria-pressed={camera.id === chosen.id} style={{ gridColumn: at + 1 }} onClick={() => setWanted(camera.id)}>
            <b>{at + 1}</b>
            {camera.live ? <span class="t2">{t(`sees.${camera.sees}` as Word)}</span> : <Icon of={videoOff} class="t3" label={t("camera.off")} />}
            <span class="sr">{camera.name}</span>
          </button>
        ))}
      </div>
    </>
  );
}
