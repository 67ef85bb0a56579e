/** Who saw what, when and why: the auditor's page. It asks and checks what it is told; no record can be changed. A leader can keep a
 *  closed case as evidence from here. */
import "../shared/fonts.css";
import "../shared/office.css";
import "./ledger.css";
import { batch, computed, signal } from "@preact/signals";
import { render } from "preact";
import type { JSX } from "preact";
import archive from "lucide-static/icons/archive.svg?raw";
import ban from "lucide-static/icons/ban.svg?raw";
import bell from "lucide-static/icons/bell.svg?raw";
import calendar from "lucide-static/icons/calendar.svg?raw";
import car from "lucide-static/icons/car.svg?raw";
import cctv from "lucide-static/icons/cctv.svg?raw";
import download from "lucide-static/icons/download.svg?raw";
import hash from "lucide-static/icons/hash.svg?raw";
import keyRound from "lucide-static/icons/key-round.svg?raw";
import link from "lucide-static/icons/link.svg?raw";
import lock from "lucide-static/icons/lock.svg?raw";
import mapPin from "lucide-static/icons/map-pin.svg?raw";
import messageSquare from "lucide-static/icons/message-square.svg?raw";
import scroll from "lucide-static/icons/scroll-text.svg?raw";
import search from "lucide-static/icons/search.svg?raw";
import shield from "lucide-static/icons/shield-check.svg?raw";
import siren from "lucide-static/icons/siren.svg?raw";
import trash from "lucide-static/icons/trash-2.svg?raw";
import user from "lucide-static/icons/user.svg?raw";
import users from "lucide-static/icons/users.svg?raw";
import userCheck from "lucide-static/icons/user-check.svg?raw";
import x from "lucide-static/icons/x.svg?raw";
import { Problem, get, me, post, signedIn } from "../shared/api";
import { now, startTick } from "../shared/clock";
import { chooseLocale, locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { startTheme } from "../shared/theme";
import { kept, viewers } from "../shared/viewing";
import { sentence } from "../shared/viewing-words";
import { clockTime, span } from "../shared/words";
import { Chain, type ShownCheckpoint, type ShownWitness, checkChain } from "./chain";
import { Detail } from "./detail";
import { type Entry, type Kind, type Row, rows, short } from "./rows";
import { Aside } from "./aside";
import { type Word, t } from "./words";

interface Page {
  entries: Entry[];
  size: number;
  checkpoint: ShownCheckpoint | null;
  witnesses: ShownWitness[];
}

const LIMIT = 500;
const EVERY_MS = 5_000;
const STEP = 50;

const page = signal<Page | null>(null);
const failedSince = signal<number | null>(null);
const forbidden = signal(false);
const incident = signal<string | null>(new URLSearchParams(location.search).get("incident"));
const words = signal("");
const today = signal(false);
const role = signal("");
const kind = signal<Kind | "">("");
const shown = signal(STEP);
const chosen = signal<string | null>(null);

const all = computed(() => rows(page.value?.entries ?? []));
const roles = computed(() => [...new Set(all.value.map((row) => row.role))].sort());
const found = computed(() => {
  const wanted = words.value.trim().toLowerCase();
  const midnight = new Date(now.value).setHours(0, 0, 0, 0);
  return all.value.filter(
    (row) =>
      (!today.value || Date.parse(row.entry.at) >= midnight) &&
      (role.value === "" || row.role === role.value) &&
      (kind.value === "" || row.kind === kind.value) &&
      (wanted === "" || `${row.who} ${row.role} ${row.what} ${row.entry.object} ${row.entry.incident ?? ""}`.toLowerCase().includes(wanted)),
  );
});

async function load(): Promise<void> {
  try {
    const query = incident.value === null ? "" : `&incident=${encodeURIComponent(incident.value)}`;
    const answer = await get<Page>(`/api/ledger?limit=${LIMIT}${query}`);
    batch(() => {
      page.value = answer;
      failedSince.value = null;
    });
    await checkChain(answer);
  } catch (error) {
    if (error instanceof Problem && error.status === 403) forbidden.value = true;
    else failedSince.value ??= Date.now();
  }
}

function choose(id: string | null): void {
  batch(() => {
    incident.value = id;
    chosen.value = null;
    shown.value = STEP;
  });
  history.replaceState(null, "", id === null ? location.pathname : `?incident=${encodeURIComponent(id)}`);
  void load();
}

function pictureOf({ entry }: Row): string {
  const act = entry.act;
  if (act.startsWith("view.")) return cctv;
  if (act.startsWith("link.") || act === "incident.claimed" || act === "incident.taken-over" || act === "incident.viewed") return mapPin;
  if (act.startsWith("grant.") || act.startsWith("token.") || act.startsWith("code.")) return keyRound;
  if (act.startsWith("signal.")) return siren;
  if (act.startsWith("guardian.")) return bell;
  if (act.startsWith("message.") || act === "incident.noted") return messageSquare;
  if (act.startsWith("dispatch.")) return car;
  if (act.includes("erase")) return trash;
  if (act === "case.held" || act === "case.hold-ended") return archive;
  if (act.startsWith("ledger.")) return scroll;
  return user;
}

function Line({ row }: { row: Row }): JSX.Element {
  const { entry } = row;
  const seconds = row.watching ? Math.max(0, (now.value - Date.parse(entry.at)) / 1000) : row.seconds;
  const state = row.blocked ? "deny" : row.watching ? "hl" : "";
  return (
    <tr class={state} aria-selected={chosen.value === entry.id} onClick={() => (chosen.value = entry.id)}>
      <td class="t2 nowrap">{clockTime(entry.at)}</td>
      <td>
        <span class="m">{row.who}</span> <span class="t3">{row.role}</span>
      </td>
      <td>
        <button type="button" class="row what" onClick={() => (chosen.value = entry.id)}>
          <Icon of={pictureOf(row)} />
          {row.what}
        </button>
        {incident.value === null && entry.incident && (
          <button
            type="button"
            class="case-link ca"
            aria-label={`${t("case")} ${short(entry.incident)}`}
            onClick={(event) => {
              event.stopPropagation();
              choose(entry.incident);
            }}
          >
            #{short(entry.incident)}
          </button>
        )}
      </td>
      <td class="t2">{row.ground}</td>
      <td class={row.watching ? "n ca m nowrap" : "n nowrap"}>
        {row.watching ? `${t("watching")} ${span(seconds ?? 0)}` : row.viewed && seconds !== null ? span(seconds) : "—"}
      </td>
      <td class="nowrap">
        {row.blocked ? (
          <b class="row c1"><Icon of={ban} class="c1" />{t("result.blocked")}</b>
        ) : (
          <span class="t2">{entry.seq === null ? t("waiting") : row.viewed ? t("result.allowed") : t("result.kept")}</span>
        )}
      </td>
    </tr>
  );
}

function Filters(): JSX.Element {
  const kinds: Kind[] = ["view", "grant", "incident", "erase", "access"];
  return (
    <div class="row filters">
      <label class="f grow-field">
        <Icon of={search} />
        <input type="search" aria-label={t("search")} placeholder={t("search")} value={words.value} onInput={(event) => (words.value = event.currentTarget.value)} />
      </label>
      <label class="f">
        <Icon of={calendar} />
        <select aria-label={t("day")} value={today.value ? "today" : ""} onChange={(event) => (today.value = event.currentTarget.value !== "")}>
          <option value="">{t("all")}</option>
          <option value="today">{t("today")}</option>
        </select>
      </label>
      <label class="f">
        <Icon of={users} />
        <select aria-label={t("role")} value={role.value} onChange={(event) => (role.value = event.currentTarget.value)}>
          <option value="">{t("roles")}</option>
          {roles.value.map((one) => (
            <option key={one} value={one}>{one}</option>
          ))}
        </select>
      </label>
      <label class="f">
        <Icon of={scroll} />
        <select aria-label={t("kind")} value={kind.value} onChange={(event) => (kind.value = event.currentTarget.value as Kind | "")}>
          <option value="">{t("kinds")}</option>
          {kinds.map((one) => (
            <option key={one} value={one}>{t(`kind.${one}` as Word)}</option>
          ))}
        </select>
      </label>
      {incident.value !== null && (
        <button type="button" class="f on" aria-label={t("incident.off", { id: short(incident.value) })} onClick={() => choose(null)}>
          <Icon of={hash} />
          {short(incident.value)}
          <Icon of={x} />
        </button>
      )}
      <a class="f end" href={incident.value === null ? "/api/ledger/export" : `/api/ledger/export?incident=${encodeURIComponent(incident.value)}`} download>
        <Icon of={download} />
        {t("export")}
      </a>
    </div>
  );
}

/** The same words that the person reads on her phone. */
function Subject(): JSX.Element {
  const entries = (page.value?.entries ?? []).filter((entry) => entry.incident === incident.value);
  const times = entries.map((entry) => Date.parse(entry.at));
  const closed = entries.find((entry) => entry.act === "incident.closed");
  return (
    <div class="row subject">
      <Icon of={userCheck} class="ca" />
      <div>
        <b>{t("subject")}</b>
        <div class="t2">
          {incident.value === null || times.length === 0
            ? t("subject.none")
            : `“${sentence(viewers(entries, now.value), kept(entries), Math.min(...times), closed ? Date.parse(closed.at) : null)}”`}
        </div>
      </div>
    </div>
  );
}

function Table(): JSX.Element {
  const some = found.value.slice(0, shown.value);
  return (
    <>
      <div class="scroll" role="region" aria-label={t("head")} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {(["time", "who", "what", "ground"] as const).map((one) => <th key={one} scope="col">{t(`col.${one}`)}</th>)}
              <th scope="col" class="n">{t("col.long")}</th>
              <th scope="col">{t("col.result")}</th>
            </tr>
          </thead>
          <tbody>
            {some.map((row) => (
              <Line key={row.entry.id} row={row} />
            ))}
          </tbody>
        </table>
        {some.length === 0 && (
          <div class="nothing">
            <b>{t("none")}</b>
            <p class="t2">{t("none.hint")}</p>
          </div>
        )}
      </div>
      <Subject />
      <div class="row meta t3 foot">
        <span>{t("foot")}</span>
        <span class="end row">
          {found.value.length > shown.value && <button type="button" class="btn ghost" onClick={() => (shown.value += STEP)}>+{Math.min(STEP, found.value.length - shown.value)}</button>}
          {t("shown", { from: some.length > 0 ? 1 : 0, to: some.length, n: found.value.length })}
        </span>
      </div>
    </>
  );
}

function Main(): JSX.Element {
  if (forbidden.value) {
    return (
      <section class="pane state">
        <Icon of={lock} class="t3" />
        <b>{t("forbidden")}</b>
        <p class="t2">{t("forbidden.hint")}</p>
        <a class="btn" href="/signin?next=/ledger">{t("out")}</a>
      </section>
    );
  }
  const day = today.value ? new Date(now.value).toLocaleDateString(locale.value, { month: "long", day: "numeric" }) : t("all");
  const failed = failedSince.value;
  return (
    <section class="pane main">
      <div class="headline">
        <div class="row">
          <h1>{t("head")}</h1>
          <span class="t3">{page.value ? t("count", { day, n: found.value.length }) : ""}</span>
        </div>
        <Filters />
      </div>
      {failed !== null && (
        <div class="row problem" role="alert">
          <b>{t("failed")}</b> {page.value ? t("failed.hint", { at: clockTime(failed) }) : t("failed.first")}
          <button type="button" class="btn end" onClick={() => void load()}>{t("retry")}</button>
        </div>
      )}
      {page.value === null ? (
        failed === null && (
          <div class="skeleton" role="status">
            <span class="sr">{t("loading")}</span>
            {Array.from({ length: 8 }, (_, at) => <i key={at} />)}
          </div>
        )
      ) : (
        <Table />
      )}
    </section>
  );
}

function App(): JSX.Element {
  document.title = t("title");
  document.documentElement.lang = locale.value;
  const row = all.value.find((one) => one.entry.id === chosen.value);
  return (
    <div class="page">
      <header class="ptop">
        <span class="brand">
          <Icon of={shield} />
          {t("brand")}
        </span>
        <nav>
          <a class="on" href="/ledger" aria-current="page">{t("title")}</a>
        </nav>
        <span class="row meta end status">
          <Icon of={link} />
          <Chain size={page.value?.size ?? 0} />
        </span>
        <span class="row meta t2">
          <Icon of={user} />
          {me.value?.name}
        </span>
        <button type="button" class="btn ghost" onClick={() => chooseLocale(locale.value === "ko" ? "en" : "ko")}>{t("language")}</button>
        <button type="button" class="btn ghost" onClick={() => void post("/api/signout").finally(() => location.assign("/signin?next=/ledger"))}>{t("out")}</button>
      </header>
      <main class="wrap">
        <Main />
        {!forbidden.value && (
          <aside>
            {row && <Detail key={row.entry.id} row={row} close={() => (chosen.value = null)} />}
            <Aside entries={page.value?.entries ?? []} rows={all.value} incident={incident.value} choose={(id) => (chosen.value = id)} checkpoint={page.value?.checkpoint ?? null} witnesses={page.value?.witnesses ?? []} />
          </aside>
        )}
      </main>
    </div>
  );
}

async function start(): Promise<void> {
  startTheme("light");
  startTick();
  render(<App />, document.getElementById("app")!);
  await signedIn().catch(() => (failedSince.value = Date.now()));
  await load();
  setInterval(() => document.visibilityState === "visible" && !forbidden.value && void load(), EVERY_MS);
}

void start();
