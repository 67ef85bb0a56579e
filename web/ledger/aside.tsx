/** Beside the table: who looked over time, what deserves a look, what was destroyed, and the signed head. */
import { Fragment, type JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import check from "lucide-static/icons/check.svg?raw";
import { get, me } from "../shared/api";
import { now } from "../shared/clock";
import { Glyph } from "../shared/components";
import { locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { stretches } from "../shared/viewing";
import { viewerName } from "../shared/viewing-words";
import { clockTime } from "../shared/words";
import type { ShownCheckpoint, ShownWitness } from "./chain";
import { Hold } from "./hold";
import { type Entry, isBlurred, type Row } from "./rows";
import { type Word, says, t } from "./words";

const LONG_S = 30 * 60;

interface AsideProps {
  entries: Entry[];
  rows: Row[];
  incident: string | null;
  choose: (entry: string) => void;
  checkpoint: ShownCheckpoint | null;
  witnesses: ShownWitness[];
}

function Bars({ entries }: { entries: Entry[] }): JSX.Element {
  const all = stretches(entries);
  if (all.length === 0) return <p class="t2">{t("seen.none")}</p>;
  const from = Math.min(...all.map((one) => one.from));
  const until = Math.max(...all.map((one) => one.until ?? now.value), from + 60_000);
  const place = (at: number): number => (100 * (at - from)) / (until - from);
  // One line a person: several cameras at once are one time of looking.
  const people = [...new Set(all.map((one) => one.actor))];
  const middle = from + (until - from) / 2;
  return (
    <>
      <div class="bars">
        {people.map((actor) => {
          const own = all.filter((one) => one.actor === actor);
          const first = own[0]!;
          const name = first.name === first.actor ? viewerName(first.role, 1) : first.name;
          return (
            <div key={actor} class="line">
              <span class="m ell">{name}</span>
              <div class="gant">
                {own.map((one, at) => {
                  const left = place(one.from);
                  return <i key={at} class={one.refused ? "x" : one.what === "position" ? "p" : ""} style={{ left: `${left}%`, width: `${Math.max(2, place(one.until ?? now.value) - left)}%` }} />;
                })}
              </div>
            </div>
          );
        })}
        <div class="line meta t3" aria-hidden="true">
          <span />
          <div class="row ends">
            <span>{clockTime(from, false)}</span>
            <span>{clockTime(middle, false)}</span>
            <span>{clockTime(until, false)}</span>
          </div>
        </div>
      </div>
      <div class="row meta t2 legend">
        <span class="row"><i />{t("legend.video")}</span>
        <span class="row"><i class="p" />{t("legend.position")}</span>
        <span class="row"><i class="x" />{t("legend.blocked")}</span>
      </div>
    </>
  );
}

interface Finding {
  p: 1 | 2 | 3;
  title: string;
  hint: string;
  entry: string;
}

function findings(rows: Row[]): Finding[] {
  const of = (p: 1 | 2 | 3, word: Word, some: Row[], hint?: string): Finding[] =>
    some[0] ? [{ p, title: t(word, { n: some.length }), hint: hint ?? t("look.who", { who: some[0].who, what: some[0].what }), entry: some[0].entry.id }] : [];
  return [
    ...of(1, "look.duress", rows.filter((row) => row.entry.act === "signal.duress")),
    ...of(2, "look.blocked", rows.filter((row) => row.blocked && row.kind !== "access")),
    ...of(3, "look.refused", rows.filter((row) => row.blocked && row.kind === "access")),
    ...of(3, "look.long", rows.filter((row) => row.entry.act === "view.opened" && !isBlurred(row.entry) && (row.seconds ?? 0) > LONG_S), t("look.longer")),
  ];
}

interface Destruction {
  id: string;
  scope: string;
  due_at: string;
  ordered_at: string | null;
  erased_at: string | null;
}

function Destroyed({ incident, rows }: { incident: string | null; rows: Row[] }): JSX.Element {
  const [some, setSome] = useState<Destruction[] | null>(null);
  const load = (): void => {
    if (incident === null) return;
    get<{ destructions: Destruction[] }>(`/api/certificates/${encodeURIComponent(incident)}`).then((answer) => setSome(answer.destructions), () => undefined);
  };
  useEffect(() => setSome(null), [incident]);
  useEffect(load, [incident, rows.filter((row) => row.kind === "erase").length]);
  // Newest first: what was said last about a hold is how it stands.
  const held = rows.find((row) => row.entry.incident === incident && row.entry.act.startsWith("case.h"))?.entry.act === "case.held";
  const open = some?.find((one) => one.scope === "case" && one.ordered_at === null && one.erased_at === null);
  const midnight = new Date(now.value).setHours(0, 0, 0, 0);
  const done = rows.filter((row) => row.entry.act.endsWith(".erased") && Date.parse(row.entry.at) >= midnight).length;
  const day = (at: string): string => new Date(at).toLocaleDateString(locale.value, { ...(new Date(at).getFullYear() === new Date(now.value).getFullYear() ? {} : { year: "numeric" as const }), month: "long", day: "numeric" });
  return (
    <section class="pane">
      <h2>{t("erase")}</h2>
      <dl class="kv">
        {incident === null ? (
          <>
            <dt class="t2">{t("erase.today")}</dt>
            <dd>{t("erase.count", { n: done })}</dd>
          </>
        ) : (
          some?.map((one) => {
            const scope = `erase.${one.scope}`;
            return (
              <>
                <dt key={`${one.id}-t`} class="t2">{says(scope) ? t(scope) : one.scope}</dt>
                <dd key={`${one.id}-d`} class={one.erased_at ? "row cok" : ""}>
                  {one.erased_at ? <><Icon of={check} />{t("erase.done")}</> : one.ordered_at ? t("erase.ordered") : t(held && one === open ? "erase.held" : "erase.due", { day: day(one.due_at) })}
                </dd>
              </>
            );
          })
        )}
      </dl>
      {incident !== null && some?.length === 0 && <p class="t2">{t("erase.none")}</p>}
      {incident !== null && open && me.value?.role === "supervisor" && <Hold key={incident} incident={incident} held={held} due_at={open.due_at} done={load} />}
    </section>
  );
}

function signedUpTo(one: ShownWitness, checkpoint: ShownCheckpoint): string {
  if (one.at === null) return t(one.late ? "witness.silent" : "witness.never");
  if (one.size === checkpoint.size) return t("witness.signed");
  return t(one.late ? "witness.late" : "witness.until", { n: one.size.toLocaleString(), time: clockTime(one.at) });
}

export function Aside({ entries, rows, incident, choose, checkpoint, witnesses }: AsideProps): JSX.Element {
  const look = findings(rows);
  return (
    <>
      <section class="pane">
        <h2>{t("seen")}</h2>
        {incident === null ? <p class="t2">{t("choose")}</p> : <Bars entries={entries.filter((entry) => entry.incident === incident)} />}
      </section>
      <section class="pane">
        <h2>
          {t("look")} <small>{look.length > 0 ? look.length : ""}</small>
        </h2>
        {look.length === 0 && <p class="row t2"><Icon of={check} class="cok" />{t("look.none")}</p>}
        <div class="look">
          {look.map((one) => (
            <button key={one.title} type="button" class="row" onClick={() => choose(one.entry)}>
              <Glyph p={one.p} size={26} />
              <span>
                <b>{one.title}</b>
                <span class="t2">{one.hint}</span>
              </span>
            </button>
          ))}
        </div>
      </section>
      <Destroyed incident={incident} rows={rows} />
      {checkpoint && (
        <section class="pane">
          <h2>{t("checkpoint")}</h2>
          <dl class="kv">
            <dt class="t2">{t("checkpoint.size")}</dt>
            <dd>{checkpoint.size.toLocaleString()}</dd>
            <dt class="t2">{t("checkpoint.at")}</dt>
            <dd>{clockTime(checkpoint.at)}</dd>
            <dt class="t2">{t("checkpoint.witness")}</dt>
            <dd>{witnesses.length === 0 && t("witness.none")}</dd>
            {witnesses.map((one) => (
              <Fragment key={one.name}>
                <dt class="id">{one.name}</dt>
                <dd class={one.late ? "c1" : one.size === checkpoint.size ? "cok" : ""}>{signedUpTo(one, checkpoint)}</dd>
              </Fragment>
            ))}
            <dt class="t2">{t("checkpoint.root")}</dt>
            <dd class="id">{checkpoint.root.slice(0, 16)}…</dd>
          </dl>
        </section>
      )}
    </>
  );
}
