/** Which way she goes: the shortest, or the one that is lit, seen and near help, with the reasons. Asked for by a press, chosen by a press, kept on this phone. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import check from "lucide-static/icons/check.svg?raw";
import route from "lucide-static/icons/route.svg?raw";
import shield from "lucide-static/icons/shield-check.svg?raw";
import { Problem, post } from "../shared/api";
import type { Place } from "../shared/ground";
import { Icon } from "../shared/icons";
import { distance, span } from "../shared/words";
import { TripPlan } from "./trip-plan";
import type { Mode, Position, Way, Ways } from "./wire";
import { type Word, t } from "./words";

/** Only these are gone along streets of her own choice. */
export const onStreets = (mode: Mode): mode is "walk" | "bicycle" => mode === "walk" || mode === "bicycle";

const percent = (share: number): number => Math.round(share * 100);

function reasons(way: Way, dark: boolean): string[] {
  const counted: [Word, number | null][] = [["way.police", way.police], ["way.bells", way.bells], ["way.shelters", way.shelters], ["way.shops", way.shops]];
  const help = counted.filter(([, n]) => n !== null && n > 0).map(([word, n]) => t(word, { n: n! }));
  return [
    dark && way.lit !== null ? t("way.lit", { n: percent(way.lit) }) : "",
    way.seen !== null ? t("way.seen", { n: percent(way.seen) }) : "",
    help.length > 0 ? t("way.help", { what: help.join(", ") }) : way.near_help !== null ? t("way.nohelp") : "",
  ].filter(Boolean);
}

function Choice({ way, only, dark, chosen, choose }: { way: Way; only: boolean; dark: boolean; chosen: boolean; choose: () => void }): JSX.Element {
  const name: Word = way.kind === "shortest" ? "way.shortest" : only ? "way.both" : "way.safe";
  return (
    <button type="button" class={chosen ? "panel which on" : "panel which"} aria-pressed={chosen} onClick={choose}>
      <span class="row">
        <Icon of={way.kind === "safe" ? shield : route} class={chosen ? "ca" : "t2"} />
        <b class="grow">{t(name)}</b>
        {chosen && <Icon of={check} class="ca" />}
      </span>
      <span>
        {distance(way.metres)} · {span(way.minutes * 60)}
        {way.longer_m > 0 && ` · ${t("way.longer", { m: distance(way.longer_m) })}`}
      </span>
      {reasons(way, dark).map((one) => (
        <span key={one} class="t2">{one}</span>
      ))}
    </button>
  );
}

export function WhichWay({ from, to, mode, chosen, choose }: { from: Position; to: Place; mode: "walk" | "bicycle"; chosen: Way | null; choose: (way: Way | null) => void }): JSX.Element {
  const [found, setFound] = useState<Ways | null>(null);
  const [said, setSaid] = useState<"idle" | "asking" | "none" | "failed">("idle");
  const question = [to.latitude, to.longitude, mode].join();
  useEffect(() => {
    setFound(null);
    setSaid("idle");
  }, [question]);
  const look = async (): Promise<void> => {
    setSaid("asking");
    const place = ({ latitude, longitude }: Place): Place => ({ latitude, longitude });
    try {
      const ways = await post<Ways>("/api/ways", { from: place(from), to: place(to), mode });
      setFound(ways);
      setSaid("idle");
    } catch (problem) {
      setSaid(problem instanceof Problem && problem.status === 404 ? "none" : "failed");
    }
  };
  return (
    <section class="items" aria-labelledby="which-way">
      <h2 id="which-way">{t("way.title")}</h2>
      {found === null ? (
        <>
          <button type="button" class="pbtn" disabled={said === "asking"} onClick={() => void look()}>
            <Icon of={shield} />
            {t(said === "asking" ? "way.asking" : "way.find")}
          </button>
          <p class={said === "idle" || said === "asking" ? "t2" : "c1"} role="status">{t(said === "none" ? "way.none" : said === "failed" ? "way.failed" : "way.find.hint")}</p>
        </>
      ) : (
        <>
          <div class="plan">
            <TripPlan position={from} to={to} ways={found.ways.map((way) => ({ line: way.line, chosen: way === (chosen ?? found.ways.at(-1)) }))} help={(chosen ?? found.ways.at(-1)!).help} />
          </div>
          {[...found.ways].reverse().map((way) => (
            <Choice key={way.kind} way={way} only={found.ways.length === 1} dark={found.dark} chosen={way === chosen} choose={() => choose(way === chosen ? null : way)} />
          ))}
          {found.unknown.length > 0 && <p class="t2">{t("way.unknown", { what: found.unknown.map((one) => t(`unknown.${one}`)).join(", ") })}</p>}
          <p class="t2">{t("way.honest")}</p>
        </>
      )}
    </section>
  );
}
