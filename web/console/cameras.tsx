/** How the cameras are that are pulled now: those that need somebody first. */
import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { get, me } from "../shared/api";
import { now } from "../shared/clock";
import { Kbd } from "../shared/components";
import { span } from "../shared/words";
import * as act from "./actions";
import { Heads } from "./calibrating";
import { showPlace } from "./map";
import * as store from "./store";
import { named, t } from "./words";

interface Health {
  id: string;
  state: "live" | "late" | "stale" | "lost" | "frozen";
  codec: "H264" | "H265" | "";
  last_frame_at: string | null;
  fps: number;
  bitrate_bps: number;
  key_interval_s: number | null;
  lost_packets: number;
  clock_offset_s: number | null;
  frozen_s: number | null;
  dark: boolean;
  blurred: boolean;
  trouble: string;
}

/** A clock that is wrong by less is a clock. */
const CLOCK_S = 5;
const EVERY_MS = 5_000;

const healths = signal<readonly Health[]>([]);

/** What is wrong with it, the worst first, in words. */
function ails(one: Health): string[] {
  const wrong: string[] = [];
  if (one.trouble) wrong.push(named("trouble", one.trouble));
  else if (one.state === "stale" || one.state === "lost") wrong.push(t("health.silent"));
  if (one.frozen_s !== null) wrong.push(t("health.frozen", { t: span(one.frozen_s) }));
  if (one.dark) wrong.push(t("health.dark"));
  if (one.blurred) wrong.push(t("health.blurred"));
  if (one.clock_offset_s !== null && Math.abs(one.clock_offset_s) > CLOCK_S) wrong.push(t(one.clock_offset_s < 0 ? "health.slow" : "health.fast", { t: span(Math.abs(one.clock_offset_s)) }));
  return wrong;
}

/** Ids of the cameras that something is wrong with; the map marks them. */
export const sick = computed<ReadonlySet<string>>(() => new Set(healths.value.filter((one) => ails(one).length > 0).map((one) => one.id)));

export async function readHealths(): Promise<void> {
  const answer = await get<{ cameras: Health[] }>("/api/cameras/health").catch(() => null);
  if (answer) healths.value = answer.cameras;
}

function Row({ one }: { one: Health }): JSX.Element {
  const camera = store.cameras.value.find((each) => each.id === one.id);
  const wrong = ails(one);
  const name = camera?.name ?? one.id;
  return (
    <tr data-camera={one.id} data-sick={wrong.length > 0}>
      <th scope="row">
        {camera ? (
          <button type="button" class="reveal" onClick={() => { act.sheet.value = null; showPlace(camera); }}>
            {name}
          </button>
        ) : (
          name
        )}
      </th>
      <td class={wrong.length > 0 ? "c2 m" : "t2"}>{wrong.length > 0 ? wrong.join(" · ") : t("health.well")}</td>
      <td>{one.last_frame_at ? t("health.ago", { t: span(Math.max(0, (now.value - Date.parse(one.last_frame_at)) / 1000)) }) : "—"}</td>
      <td title={one.codec === "H265" ? t("health.h265.how") : undefined}>{one.codec === "H265" && "H.265 · "}{one.fps > 0 ? t("health.rate", { fps: one.fps.toFixed(1), mbps: (one.bitrate_bps / 1e6).toFixed(1) }) : "—"}</td>
      <td>{one.key_interval_s === null ? "—" : span(one.key_interval_s)}</td>
      <td>{one.lost_packets.toLocaleString("en-US")}</td>
      <td>{one.clock_offset_s === null ? "—" : t("health.offset", { s: (one.clock_offset_s > 0 ? "+" : "") + one.clock_offset_s.toFixed(1) })}</td>
    </tr>
  );
}

export function Cameras(): JSX.Element {
  useEffect(() => {
    void readHealths();
    const again = setInterval(() => void readHealths(), EVERY_MS);
    return () => clearInterval(again);
  }, []);
  const ordered = [...healths.value].sort((a, b) => Number(ails(b).length > 0) - Number(ails(a).length > 0) || (a.id < b.id ? -1 : 1));
  return (
    <div class="sheet" role="dialog" aria-label={t("health.title")} data-part="cameras">
      <div class="sheet-head row">
        <h2>{t("health.title")}</h2>
        <span class="t2">{t("health.count", { sick: sick.value.size, n: ordered.length })}</span>
        <button type="button" class="btn end" onClick={() => (act.sheet.value = null)}>
          {t("health.close")} <Kbd>Esc</Kbd>
        </button>
      </div>
      {ordered.length === 0 && <p class="t2">{t("health.none")}</p>}
      {ordered.length > 0 && (
        <table class="healths">
          <thead>
            <tr>
              {(["camera", "state", "last", "rate.title", "key", "loss", "clock"] as const).map((column) => (
                <th key={column} scope="col">
                  {t(`health.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {ordered.map((one) => (
              <Row key={one.id} one={one} />
            ))}
          </tbody>
        </table>
      )}
      {me.value?.role === "supervisor" && <Heads />}
    </div>
  );
}
