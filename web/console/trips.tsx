/** The ways home that this centre watches over: that they are there and how they are, without a name and without a place. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get } from "../shared/api";
import { now, since } from "../shared/clock";
import { Kbd } from "../shared/components";
import { age, clockTime, span } from "../shared/words";
import * as act from "./actions";
import * as store from "./store";
import { named, t } from "./words";

interface Trip {
  id: string;
  state: string;
  reason: string | null;
  ready: boolean;
  mode: string;
  started_at: string;
  promised_at: string;
  heard_at: string | null;
  located_at: string | null;
  battery: number | null;
  background: boolean;
  guardians: number;
}

const EVERY_MS = 5_000;
/** More rows than anybody reads: those that may become a case come first. */
const SHOWN = 200;

const aged = (at: string | null): string => (at === null ? t("trips.never") : age(since(at)));

function Row({ of }: { of: Trip }): JSX.Element {
  const left = (Date.parse(of.promised_at) - now.value) / 1000;
  const why = of.reason === null ? "" : named("trips.why", of.reason);
  return (
    <tr data-trip={of.id} data-ready={of.ready}>
      <th scope="row">
        {[of.ready ? t("trips.ready") : "", named("trips.is", of.state), why].filter(Boolean).join(" · ")}
      </th>
      <td>{named("trips.by", of.mode)}</td>
      <td>{clockTime(of.started_at, false)}</td>
      <td class={left < 0 ? "c2 m" : ""}>
        {clockTime(of.promised_at, false)} · {left < 0 ? t("trips.over", { t: span(Math.floor(-left / 60) * 60) }) : t("trips.left", { t: span(Math.ceil(left / 60) * 60) })}
      </td>
      <td>{aged(of.heard_at)}</td>
      <td>
        {aged(of.located_at)}
        {!of.background && <span class="t3"> · {t("trips.page")}</span>}
      </td>
      <td>{of.battery === null ? "—" : `${of.battery} %`}</td>
      <td>{of.guardians}</td>
    </tr>
  );
}

export function Trips(): JSX.Element {
  const [trips, setTrips] = useState<Trip[] | null>(null);
  const [failed, setFailed] = useState(false);
  const counts = store.trips.value;
  useEffect(() => {
    const read = (): void =>
      void get<{ counts: store.TripCounts; trips: Trip[] }>("/api/trips").then(
        (answer) => {
          setTrips(answer.trips);
          store.trips.value = answer.counts;
          setFailed(false);
        },
        () => setFailed(true),
      );
    read();
    const again = setInterval(read, EVERY_MS);
    return () => clearInterval(again);
  }, [counts?.asking, counts?.ready]);
  return (
    <div class="sheet" role="dialog" aria-label={t("trips.title")} data-part="trips">
      <div class="sheet-head row">
        <h2>{t("trips.title")}</h2>
        {counts && <span class="t2">{t("trips.count", { n: counts.watched, asking: counts.asking, ready: counts.ready })}</span>}
        <button type="button" class="btn end" onClick={() => (act.sheet.value = null)}>
          {t("keys.close")} <Kbd>Esc</Kbd>
        </button>
      </div>
      <p class="t2">{t("trips.lead")}</p>
      {failed && <p class="c2 m" role="status">{t("trips.failed")}</p>}
      {trips?.length === 0 && <p class="t2">{t("trips.none")}</p>}
      {trips !== null && trips.length > 0 && (
        <table class="healths">
          <thead>
            <tr>
              {(["state", "mode", "started", "promised", "heard", "located", "battery", "guardians"] as const).map((column) => (
                <th key={column} scope="col">
                  {t(`trips.${column}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {trips.slice(0, SHOWN).map((one) => (
              <Row key={one.id} of={one} />
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
