/** What is said over and under a picture, whoever sends it. */
import type { JSX } from "preact";
import clock from "lucide-static/icons/clock.svg?raw";
import image from "lucide-static/icons/image.svg?raw";
import { Icon } from "../shared/icons";
import type { Picture } from "./pictures";
import { t } from "./words";

/** What stands where no picture can. */
export function Message({ icon, head, text }: { icon: string; head: string; text?: string }): JSX.Element {
  return (
    <div class="msg">
      <b>
        <Icon of={icon} />
        {head}
      </b>
      {text && <span>{text}</span>}
    </div>
  );
}

/** Over a picture that stands still for some seconds and is not stale: how often one comes, and why no more do. */
export function Single({ picture }: { picture: Picture }): JSX.Element | null {
  if (picture.every_s === null || (picture.state !== "live" && picture.state !== "late")) return null;
  return (
    <span class="single" data-part="single" title={t("wall.single.why")}>
      {t("wall.single", { n: Math.round(picture.every_s) })}
    </span>
  );
}

/** How old a picture is that is worth looking at. */
export function Fresh({ picture }: { picture: Picture }): JSX.Element | null {
  const s = picture.age_s.toFixed(1);
  if (picture.state === "late") {
    return (
      <span class="age c2">
        <Icon of={clock} />
        {t("wall.late", { s })}
      </span>
    );
  }
  if (picture.state !== "live") return null;
  return (
    <span class="age">
      {picture.every_s === null ? <i class="live" /> : <Icon of={image} />}
      {t(picture.every_s === null ? "wall.live" : "wall.single.age", { s })}
    </span>
  );
}
