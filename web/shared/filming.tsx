/** The part of a page that films: what is sent, and the hands on it. It is dark and silent, and begins by a press only. */
import "./filming.css";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import flip from "lucide-static/icons/switch-camera.svg?raw";
import mic from "lucide-static/icons/mic.svg?raw";
import micOff from "lucide-static/icons/mic-off.svg?raw";
import alert from "lucide-static/icons/circle-alert.svg?raw";
import video from "lucide-static/icons/video.svg?raw";
import stop from "lucide-static/icons/circle-stop.svg?raw";
import { now } from "./clock";
import type { Film, Filming as State } from "./film";
import { words } from "./i18n";
import { Icon } from "./icons";
import { timer } from "./words";

const ko = {
  "film": "카메라", "film.start": "카메라로 보여 주기", "film.hint": "누를 때만 켜져요. 소리는 켜야 가요.", "film.stop": "멈추기", "film.turn": "앞뒤 바꾸기", "film.sound": "소리 켜기", "film.mute": "소리 끄기",
  "film.asking": "허용을 누르면 보내요", "film.opening": "보내기 시작해요", "film.on": "영상 보내는 중 · {t}", "film.loud": "영상과 소리 보내는 중 · {t}", "film.behind": "연결이 느려요 · {s}초 늦게 가요", "film.cut": "끊김 · 연결되면 이어서 보내요",
  "film.denied": "카메라를 허용하지 않았어요. 브라우저 설정에서 허용해 주세요.", "film.none": "이 전화의 카메라를 쓸 수 없어요.", "film.refused": "관제센터가 더 받지 않아요.", "film.again": "다시 켜기", "film.preview": "지금 보내는 모습",
};
const en: Record<keyof typeof ko, string> = {
  "film": "Camera", "film.start": "Show by camera", "film.hint": "It starts only when you press. Sound goes only if you turn it on.", "film.stop": "Stop", "film.turn": "Other camera", "film.sound": "Sound on", "film.mute": "Sound off",
  "film.asking": "Allow it, and it is sent", "film.opening": "Starting to send", "film.on": "Sending video · {t}", "film.loud": "Sending video and sound · {t}", "film.behind": "Slow line · {s} s behind", "film.cut": "Cut off · sent on when the line is back",
  "film.denied": "The camera was not allowed. Allow it in the browser's settings.", "film.none": "This phone's camera cannot be used.", "film.refused": "The centre takes no more.", "film.again": "Turn on again", "film.preview": "What is being sent",
};
const t = words(ko, en);

const BEHIND_S = 4;
const TROUBLE: Partial<Record<State, keyof typeof ko>> = { denied: "film.denied", none: "film.none", refused: "film.refused" };

function said(film: Film): string {
  if (film.state.value === "asking") return t("film.asking");
  if (!film.connected.value) return t("film.cut");
  if (film.behind_s.value >= BEHIND_S) return t("film.behind", { s: film.behind_s.value });
  const since = film.since.value;
  if (since === null) return t("film.opening");
  return t(film.sound.value ? "film.loud" : "film.on", { t: timer(Math.max(0, (now.value - since) / 1000)) });
}

export function Filming({ film }: { film: Film }): JSX.Element {
  const preview = useRef<HTMLVideoElement>(null);
  const state = film.state.value;
  const stream = film.stream.value;
  useEffect(() => {
    if (preview.current) preview.current.srcObject = stream;
  }, [stream]);
  const trouble = TROUBLE[state];
  if (state === "off" || trouble) {
    return (
      <section class="ph filming" aria-label={t("film")}>
        {trouble && <p class="c2 row" role="alert"><Icon of={alert} />{t(trouble)}</p>}
        {state !== "refused" && state !== "none" && (
          <button type="button" class="pbtn" onClick={() => void film.start()}>
            <Icon of={video} />
            {t(trouble ? "film.again" : "film.start")}
          </button>
        )}
        {!trouble && <p class="t3 small">{t("film.hint")}</p>}
      </section>
    );
  }
  return (
    <section class="ph filming" aria-label={t("film")} data-state={state}>
      <div class="row seen">
        <video ref={preview} muted playsInline autoplay aria-label={t("film.preview")} data-facing={film.facing.value} />
        <p role="status" class={film.connected.value && film.behind_s.value < BEHIND_S ? "m" : "c2"}>{said(film)}</p>
      </div>
      <div class="hands">
        <button type="button" class="pbtn" onClick={() => void film.turn()}>
          <Icon of={flip} />
          <span>{t("film.turn")}</span>
        </button>
        <button type="button" class="pbtn" aria-pressed={film.sound.value} onClick={() => void film.hear(!film.sound.value)}>
          <Icon of={film.sound.value ? mic : micOff} />
          <span>{t(film.sound.value ? "film.mute" : "film.sound")}</span>
        </button>
        <button type="button" class="pbtn" onClick={() => film.stop()}>
          <Icon of={stop} />
          <span>{t("film.stop")}</span>
        </button>
      </div>
    </section>
  );
}
