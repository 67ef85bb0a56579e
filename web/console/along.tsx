/** Along the way of a missing ward: which cameras she passed and when, once two people have allowed to look back. Looking is in the record, so it takes a press. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import film from "lucide-static/icons/film.svg?raw";
import footprints from "lucide-static/icons/footprints.svg?raw";
import { type IncidentDetail, Problem, get, me } from "../shared/api";
import { Icon } from "../shared/icons";
import { clockTime, distance } from "../shared/words";
import * as act from "./actions";
import { type WardWord, s } from "./ward-words";

/** A camera that she passed, and the time in which its recording may show her. */
interface Passed {
  camera: string;
  name: string;
  from_at: string;
  until_at: string;
  distance_m: number;
}

export function Along({ incident }: { incident: IncidentDetail }): JSX.Element | null {
  const [cameras, setCameras] = useState<Passed[] | null>(null);
  const [trouble, setTrouble] = useState<WardWord | null>(null);
  const [kept, setKept] = useState<ReadonlySet<Passed>>(new Set());
  useEffect(() => {
    setCameras(null);
    setTrouble(null);
  }, [incident.id]);
  if (incident.kind !== "ward" || incident.closed_at !== null || !(incident.mine || me.value?.role === "supervisor")) return null;
  const look = (): void =>
    void get<{ cameras: Passed[] }>(`/api/incidents/${encodeURIComponent(incident.id)}/way`).then(
      (answer) => (setCameras(answer.cameras), setTrouble(null)),
      (error: unknown) => setTrouble(error instanceof Problem && error.status === 409 ? "along.unsearched" : "failed"),
    );
  const keep = async (one: Passed): Promise<void> => {
    if (await act.saveStretch(incident.id, one.camera, one.from_at, one.until_at, s("along.reason"))) setKept(new Set(kept).add(one));
  };
  return (
    <div class="sec evidence" data-part="along">
      <h3>
        {s("along")}
        <button type="button" class="reveal meta" onClick={look}>
          <Icon of={footprints} /> {s("along.look")}
        </button>
      </h3>
      {trouble && <p class={trouble === "failed" ? "c2" : "t2"} role="status">{s(trouble)}</p>}
      {cameras?.length === 0 && <p class="t2" role="status">{s("along.none")}</p>}
      <ol class="clips">
        {cameras?.map((one) => (
          <li key={one.camera + one.from_at} class="clip row">
            <Icon of={film} />
            <div class="grow two">
              <span class="ell">{one.name}</span>
              <small class="t3 ell">{s("along.when", { from: clockTime(one.from_at), until: clockTime(one.until_at) })} · {distance(one.distance_m)}</small>
            </div>
            <button type="button" class="btn" disabled={kept.has(one) || act.busy.value.has(`clip.${one.camera}`)} onClick={() => void keep(one)}>
              {s(kept.has(one) ? "along.kept" : "along.keep")}<span class="sr"> {one.name} {clockTime(one.from_at)}</span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}
