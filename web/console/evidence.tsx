/** What was saved of cameras for a case: the question that saves some, and the list of what there is. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import download from "lucide-static/icons/download.svg?raw";
import eye from "lucide-static/icons/eye.svg?raw";
import film from "lucide-static/icons/film.svg?raw";
import mask from "lucide-static/icons/scan-face.svg?raw";
import { type Clip, get, type IncidentDetail } from "../shared/api";
import { Kbd } from "../shared/components";
import { Icon } from "../shared/icons";
import { clockTime, span } from "../shared/words";
import * as act from "./actions";
import { cap } from "./bindings";
import * as keys from "./keys";
import * as masking from "./masking";
import { t } from "./words";

export const megabytes = (bytes: number): string => (bytes < 950_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`);
const length = (clip: Clip): string => span((Date.parse(clip.until_at) - Date.parse(clip.from_at)) / 1000);

function useClips(incident: IncidentDetail): readonly Clip[] {
  const allowed = masking.mayTake(incident);
  const saved = incident.timeline.filter((entry) => entry.act === "clip.saved").length;
  useEffect(() => {
    let wanted = true;
    if (allowed && saved > 0) {
      get<{ clips: Clip[] }>(`/api/incidents/${encodeURIComponent(incident.id)}/clips`).then(
        ({ clips }) => wanted && (masking.clips.value = { of: incident.id, clips }),
        () => undefined, // the record says that there are some; the next one that is saved asks again
      );
    }
    return () => {
      wanted = false;
    };
  }, [incident.id, saved, allowed]);
  const { of, clips } = masking.clips.value;
  return allowed && of === incident.id ? clips : [];
}

function Line({ incident, clip, newest }: { incident: IncidentDetail; clip: Clip; newest: boolean }): JSX.Element {
  const made = clip.masked_from !== null;
  const when = `${clockTime(clip.from_at)} – ${clockTime(clip.until_at)}`;
  return (
    <li class="clip row" data-clip={clip.id}>
      <Icon of={film} />
      <div class="grow two">
        <span class="ell">{clip.camera_name}</span>
        <small class="t3 ell">
          {made && `${t("clip.masked")} · `}
          {when} · {length(clip)} · {megabytes(clip.bytes)} · {clip.reason}
        </small>
      </div>
      <button type="button" class="btn" aria-pressed={masking.work.value?.clip.id === clip.id} aria-label={t(made ? "mask.look" : "mask.open", { name: clip.camera_name, at: clockTime(clip.from_at) })} onClick={() => void masking.open(incident, clip)}>
        <Icon of={made ? eye : mask} />
        {newest && <Kbd>{cap("mask")}</Kbd>}
      </button>
      <a class="btn" href={`/api/clips/${encodeURIComponent(clip.id)}`} download aria-label={t("clip.take", { name: clip.camera_name, at: clockTime(clip.from_at) })}>
        <Icon of={download} />
      </a>
    </li>
  );
}

export function Evidence({ incident, asking }: { incident: IncidentDetail; asking: JSX.Element | null }): JSX.Element | null {
  const clips = useClips(incident);
  const newest = [...clips].reverse().find((clip) => !clip.masked_from);
  const open = incident.mine && incident.closed_at === null;
  if (!open && clips.length === 0) return null;
  return (
    <div class="sec evidence" data-part="evidence">
      <h3>
        {t("clip.title")}
        {open && (
          <button type="button" class="reveal meta" onClick={() => keys.saveClip()}>
            <Icon of={film} /> {t("clip.save", { t: span(act.CLIP_S) })} <Kbd>{cap("save")}</Kbd>
          </button>
        )}
      </h3>
      {asking}
      {clips.length === 0 && !asking && <div class="line t3">{t("clip.none")}</div>}
      <ul class="clips">
        {clips.map((clip) => (
          <Line key={clip.id} incident={incident} clip={clip} newest={clip === newest} />
        ))}
      </ul>
      {clips.length > 0 && (
        <p class="meta t3">
          {t("clip.verify")} <code>ansim verify {t("clip.file")}</code>
        </p>
      )}
    </div>
  );
}
