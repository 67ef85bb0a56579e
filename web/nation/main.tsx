/** Every centre of the country at a glance: who is there, who waits, who takes whose cases. It shows nothing of anybody. */
import "../shared/fonts.css";
import "../shared/office.css";
import "./nation.css";
import { batch, computed, signal } from "@preact/signals";
import { render } from "preact";
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect } from "preact/hooks";
import check from "lucide-static/icons/check.svg?raw";
import moon from "lucide-static/icons/moon.svg?raw";
import shield from "lucide-static/icons/shield-check.svg?raw";
import unplug from "lucide-static/icons/unplug.svg?raw";
import users from "lucide-static/icons/users.svg?raw";
import x from "lucide-static/icons/x.svg?raw";
import { Problem, get, me, post, signedIn } from "../shared/api";
import { now, serverSaid, since, startTick } from "../shared/clock";
import { Glyph, Kbd } from "../shared/components";
import { both, chooseLocale, locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { chooseTheme, startTheme, theme } from "../shared/theme";
import { clockTime, dayName, span, timer } from "../shared/words";
import { type Country, LEADER_S, type Load, type Pace, type Sketch, type Sketched, type Standing, type Told, need, needing, stretches } from "./standing";
import { Strip, wasWord } from "./strip";
import { t, type Word } from "./words";

const ASK_EVERY_MS = 2_000;
const HISTORY_EVERY_MS = 60_000;
const CUT_AFTER_S = 5;

const country = signal<Country | null>(null);
const sketch = signal<Sketch | null>(null);
const told = signal<Told | null>(null);
const hours = signal<24 | 168>(24);
const selected = signal<string | null>(null);
const heardAt = signal(Date.now());
const refused = signal(false);
const announced = signal("");

const named = computed(() => new Map((sketch.value?.centres ?? []).map((one) => [one.id, one])));
const standing = computed(() => new Map((country.value?.centres ?? []).map((one) => [one.id, one])));
const urgent = computed(() => needing(country.value?.centres ?? []));
const closed = computed(() => (country.value?.centres ?? []).filter((one) => one.state === "unstaffed" && one.covered_by !== null));
const histories = computed(() => new Map((told.value?.centres ?? []).map((one) => [one.id, one])));
const range = computed(() => t(hours.value === 24 ? "day" : "week"));
const regions = computed(() => {
  const found = new Map<string, Standing[]>();
  for (const one of sketch.value?.centres ?? []) {
    const there = standing.value.get(one.id);
    if (there) found.set(both(one.region), [...(found.get(both(one.region)) ?? []), there]);
  }
  const unnamed = (country.value?.centres ?? []).filter((one) => !named.value.has(one.id));
  if (unnamed.length > 0) found.set("", unnamed);
  return [...found].sort((a, b) => b[1].length - a[1].length);
});
/** In the order of the page: what the arrow keys walk through. */
const order = computed(() => [...new Set([...urgent.value, ...closed.value, ...regions.value.flatMap(([, some]) => some)].map((one) => one.id))]);
const cutFor = computed(() => (now.value - heardAt.value) / 1000);

function short(id: string): string {
  const known: Sketched | undefined = named.value.get(id);
  return known ? both(known.short) : (standing.value.get(id)?.name ?? id);
}

function whole(id: string): string {
  const known = named.value.get(id);
  return known ? both(known.name) : (standing.value.get(id)?.name ?? id);
}

const stateWord = (one: Standing): string => t(`state.${one.state}` as Word);

/** 응답 없음 · 3분째 */
function stateWords(one: Standing): string {
  const parts = [stateWord(one)];
  if (one.state_at) parts.push(t("for", { time: span(Math.max(0, since(one.state_at))) }));
  if (one.until) parts.push(t("until", { at: clockTime(one.until, false) }));
  return parts.join(" · ");
}

function coverWords(one: Standing): string {
  if (one.covered_by === null) return one.state === "normal" || one.state === "unknown" ? "" : one.state === "overloaded" ? t("keeps") : t("nobody");
  const name = short(one.covered_by);
  return one.covered_at ? t("covers", { name, time: span(Math.max(0, since(one.covered_at))) }) : t("covers.now", { name });
}

const waitWords = (one: Standing): string => (one.load.unclaimed > 0 ? t("waits", { n: one.load.unclaimed, time: timer(one.load.waiting_s) }) : "");

function loadWords({ open, unclaimed, operators }: Load): string {
  return t("load", { open, unclaimed, operators });
}

function Sign({ one, size = 26 }: { one: Standing; size?: number }): JSX.Element {
  const { p, open } = need(one);
  if (p !== 0) return <Glyph p={p} size={size} mode={open ? "fill" : "out"} />;
  if (one.state === "unstaffed") return <span class="sign"><Icon of={moon} /></span>;
  return <span class="sign" />;
}

function Row({ one }: { one: Standing }): JSX.Element {
  const { p, open } = need(one);
  return (
    <button type="button" class={`centre p${p}${open ? " open" : ""}`} data-id={one.id} aria-current={one.id === selected.value} onClick={() => (selected.value = one.id)}>
      <Sign one={one} size={30} />
      <span class="who">
        <b>{short(one.id)}</b> <span class="t3 meta">{named.value.get(one.id) ? both(named.value.get(one.id)!.region) : ""}</span>
        <span class="why">{one.state === "normal" ? waitWords(one) : stateWords(one)}</span>
      </span>
      <span class="cover">
        <span class={one.covered_by === null && p === 1 ? "c1 m" : ""}>{coverWords(one)}</span>
        {one.state !== "normal" && <span class="t2 meta">{waitWords(one)}</span>}
      </span>
      {told.value && <Strip history={histories.value.get(one.id)} from={Date.parse(told.value.from_at)} until={Date.parse(told.value.until_at)} range={range.value} />}
    </button>
  );
}

function Tile({ one }: { one: Standing }): JSX.Element {
  const { p, open } = need(one);
  const quiet = one.state === "unknown";
  return (
    <button
      type="button" class={`tile-c ${one.state} p${p}${open ? " open" : ""}`} data-id={one.id} aria-current={one.id === selected.value}
      onClick={() => (selected.value = one.id)}
    >
      <span class="name ell">{short(one.id)}</span>
      <span class="row count">
        {p !== 0 ? <Glyph p={p} size={18} mode={open ? "fill" : "out"} /> : one.state === "unstaffed" ? <Icon of={moon} /> : null}
        <b>{quiet || one.state === "silent" ? "–" : one.load.open}</b>
        {one.load.unclaimed > 0 && one.up && <span class="c2">{one.load.unclaimed}</span>}
      </span>
      <span class="sr">{`${stateWords(one)}, ${loadWords(one.load)}`}</span>
      {told.value && !quiet && <Strip history={histories.value.get(one.id)} from={Date.parse(told.value.from_at)} until={Date.parse(told.value.until_at)} range={range.value} />}
    </button>
  );
}

function Card({ title, value, unit, note, warn = false, children }: { title: string; value: ComponentChildren; unit?: string; note: ComponentChildren; warn?: boolean; children?: ComponentChildren }): JSX.Element {
  return (
    <section class="pane card">
      <h2>{title}</h2>
      <p class={warn ? "big c2" : "big"}>{value}{unit && <small>{unit}</small>}</p>
      {children}
      <p class="t2 meta">{note}</p>
    </section>
  );
}

function Cards(): JSX.Element {
  const all = country.value?.centres ?? [];
  const count = (state: Standing["state"]): number => all.filter((one) => one.state === state).length;
  const there = all.filter((one) => one.up);
  const unclaimed = there.reduce((sum, one) => sum + one.load.unclaimed, 0);
  const oldest = there.filter((one) => one.load.unclaimed > 0).sort((a, b) => b.load.waiting_s - a.load.waiting_s)[0];
  const paced = there.filter((one) => one.load.hour !== null);
  const inTime = paced.filter((one) => one.load.hour!.p90_s <= LEADER_S).length;
  const away = (["silent", "overloaded", "unstaffed", "unknown"] as const).filter((state) => count(state) > 0).map((state) => t(`card.${state}` as Word, { n: count(state) }));
  return (
    <div class="cards">
      <Card title={t("card.up")} value={there.length} unit={` / ${all.length}`} warn={count("silent") > 0} note={away.length > 0 ? away.join(" · ") : <><Icon of={check} /> {t("card.up.all")}</>} />
      <Card title={t("card.waiting")} value={unclaimed} warn={(oldest?.load.waiting_s ?? 0) >= LEADER_S} note={oldest ? t("card.oldest", { time: timer(oldest.load.waiting_s), name: short(oldest.id) }) : t("card.none")} />
      <Card title={t("card.open")} value={there.reduce((sum, one) => sum + one.load.open, 0)} note={<><Icon of={users} /> {t("card.operators", { n: there.reduce((sum, one) => sum + one.load.operators, 0) })}</>} />
      <Card title={t("card.pace")} value={paced.length > 0 ? `${inTime} / ${paced.length}` : "–"} unit={paced.length > 0 ? ` ${t("card.pace.unit")}` : ""} warn={inTime < paced.length} note={paced.length > 0 ? t("card.pace.hint", { s: LEADER_S, n: paced.length }) : t("card.pace.few")} />
    </div>
  );
}

function Land(): JSX.Element | null {
  const drawn = sketch.value;
  if (!drawn) return null;
  return (
    <section class="pane land" aria-label={t("map")}>
      <svg viewBox={`-4 -4 ${drawn.width + 8} ${drawn.height + 8}`} role="img" aria-label={t("map")}>
        {drawn.centres.map((one) => {
          const there = standing.value.get(one.id);
          const p = there ? need(there).p : 0;
          return one.path ? <path key={one.id} class={`${there?.state ?? "unknown"} p${p}`} d={one.path} onClick={there ? () => (selected.value = one.id) : undefined}><title>{`${both(one.short)} ${there ? stateWords(there) : ""}`}</title></path> : null;
        })}
        {drawn.centres.filter((one) => one.id === selected.value && one.path).map((one) => <path key="chosen" class="chosen" d={one.path} />)}
      </svg>
      <ul class="legend meta t2" aria-label={t("legend")}>
        {(["silent", "overloaded", "unstaffed", "normal", "unknown"] as const).map((state) => <li key={state}><i class={state} />{t(`state.${state}` as Word)}</li>)}
      </ul>
    </section>
  );
}

function Line({ title, children }: { title: string; children: ComponentChildren }): JSX.Element {
  return (
    <>
      <dt class="t2">{title}</dt>
      <dd>{children}</dd>
    </>
  );
}

const paceWords = (pace: Pace | null): string => (pace ? t("detail.pace", { median: span(pace.median_s), p90: span(pace.p90_s) }) : t("detail.few"));

function Detail(): JSX.Element {
  const one = standing.value.get(selected.value ?? "");
  if (!one) return <section class="pane detail-c t3">{t("detail.pick")}</section>;
  const history = histories.value.get(one.id);
  const covers = (country.value?.centres ?? []).filter((other) => other.covered_by === one.id).map((other) => short(other.id));
  const from = Date.parse(told.value?.from_at ?? "");
  const until = Date.parse(told.value?.until_at ?? "");
  const some = told.value ? stretches(history, from, until) : [];
  const most = Math.max(0, ...(history?.busy ?? []).map((slot) => slot.open));
  const at = (ms: number): string => (hours.value === 24 ? clockTime(ms, false) : `${dayName(ms)} ${clockTime(ms, false)}`);
  return (
    <section class="pane detail-c" aria-live="polite">
      <header class="row">
        <Sign one={one} />
        <h2 class="grow">{whole(one.id)}</h2>
        <button type="button" class="btn ghost" aria-label={t("close")} onClick={() => (selected.value = null)}><Icon of={x} /></button>
      </header>
      <dl>
        <Line title={t("detail.since")}>{stateWords(one)}</Line>
        {one.state !== "normal" && one.state !== "unknown" && <Line title={t("detail.cover")}>{coverWords(one)}</Line>}
        {covers.length > 0 && <Line title={t("detail.covers")}>{covers.join(", ")}</Line>}
        {one.takes_from.length > 0 && <Line title={t("detail.takes")}>{one.takes_from.map(short).join(", ")}</Line>}
        {one.heard_ago_s !== null && (
          <>
            <Line title={t("detail.load")}>{one.up ? loadWords(one.load) : t("load.old", { load: loadWords(one.load) })}</Line>
            {one.up && one.load.unclaimed > 0 && <Line title={t("detail.waits")}>{timer(one.load.waiting_s)}</Line>}
            <Line title={t("detail.hour")}>{paceWords(one.load.hour)}</Line>
            <Line title={t("detail.day")}>{paceWords(one.load.day)}</Line>
          </>
        )}
      </dl>
      {told.value && (
        <figure>
          <figcaption class="row meta t2"><span>{t("detail.history", { range: range.value })}</span><span class="end">{most > 0 ? t("detail.busy", { n: most }) : t("detail.busy.few")}</span></figcaption>
          <Strip history={history} from={from} until={until} range={range.value} tall />
          <div class="axis meta t3"><span>{at(from)}</span><span>{at((from + until) / 2)}</span><span>{t("history.now")}</span></div>
          <ol class="changes">
            {some.filter((stretch) => stretch.state !== "normal").reverse().slice(0, 6).map((stretch) => (
              <li key={stretch.from}><i class={stretch.state} />{t("history.line", { from: at(stretch.from), until: stretch.until >= until ? t("history.now") : at(stretch.until), state: wasWord(stretch.state) })}</li>
            ))}
          </ol>
        </figure>
      )}
    </section>
  );
}

function Cut(): JSX.Element | null {
  if (country.value === null || cutFor.value < CUT_AFTER_S) return null;
  return (
    <div class="cut" role="alert">
      <Icon of={unplug} /> <b>{t("cut", { time: timer(cutFor.value) })}</b> {t("cut.hint", { at: clockTime(heardAt.value) })}
    </div>
  );
}

function Range(): JSX.Element {
  const option = (value: 24 | 168, word: Word): JSX.Element => <button type="button" aria-pressed={hours.value === value} onClick={() => choose(value)}>{t(word)}</button>;
  return <div class="range" role="group" aria-label={t("range")}>{option(24, "day")}{option(168, "week")}</div>;
}

function choose(value: 24 | 168): void {
  hours.value = value;
  void askHistory();
}

function walk(step: number): void {
  const at = order.value.indexOf(selected.value ?? "");
  selected.value = order.value[Math.max(0, Math.min(order.value.length - 1, at < 0 ? 0 : at + step))] ?? null;
  document.querySelector(`[data-id="${selected.value}"]`)?.scrollIntoView({ block: "nearest" });
}

function pressed(event: KeyboardEvent): void {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  // The physical key: with Hangul input on, the letter is not the one on the cap.
  if (event.code === "KeyJ" || event.code === "ArrowDown") walk(1);
  else if (event.code === "KeyK" || event.code === "ArrowUp") walk(-1);
  else if (event.code === "KeyH") selected.value = urgent.value[0]?.id ?? selected.value;
  else if (event.code === "KeyR" && !event.repeat) choose(hours.value === 24 ? 168 : 24);
  else if (event.code === "Escape") selected.value = null;
  else return;
  event.preventDefault();
}

function App(): JSX.Element {
  document.title = `${urgent.value.length > 0 ? `(${urgent.value.length}) ` : ""}안심 · ${t("title")}`;
  document.documentElement.lang = locale.value;
  useLayoutEffect(() => {
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  const cut = cutFor.value >= CUT_AFTER_S;
  return (
    <div class="page">
      <Cut />
      <header class="ptop">
        <h1 class="brand"><Icon of={shield} />안심 <span class="m">{t("title")}</span></h1>
        <span class="t2 asof">{country.value && t("as.of", { at: clockTime(heardAt.value) })}</span>
        <span class="end row">
          <span class="t2 me">{me.value?.name}</span>
          <button type="button" class="btn ghost" onClick={() => chooseTheme(theme.value === "dark" ? "light" : "dark")}>{t(theme.value === "dark" ? "theme.light" : "theme.dark")}</button>
          <button type="button" class="btn ghost" onClick={() => chooseLocale(locale.value === "ko" ? "en" : "ko")}>{t("language")}</button>
          <button type="button" class="btn ghost" onClick={() => void post("/api/signout").finally(() => location.assign("/signin?next=/nation"))}>{t("out")}</button>
        </span>
      </header>
      <span class="sr" role="alert">{announced.value}</span>
      <main class={cut ? "nation old" : "nation"}>
        {refused.value && <p class="pane" role="alert">{t("forbidden")}</p>}
        {country.value === null && !refused.value && <p class="t3" role="status">{t("loading")}</p>}
        {country.value !== null && (
          <>
            <Cards />
            <div class="body">
              <div class="lists">
                <section class="pane">
                  <h2>{t("need")} <small>{urgent.value.length}</small><span class="r"><Range /></span></h2>
                  {urgent.value.length === 0 && <p class="row quiet"><Icon of={check} class="cok" /><span><b>{t("need.none")}</b> <span class="t2">{t("need.none.hint")}</span></span></p>}
                  {urgent.value.map((one) => <Row key={one.id} one={one} />)}
                  {closed.value.length > 0 && <h3>{t("covered")} <small>{closed.value.length}</small></h3>}
                  {closed.value.map((one) => <Row key={one.id} one={one} />)}
                </section>
                <section class="pane">
                  <h2>{t("all")} <small>{t("all.hint")} · {t("all.key", { range: range.value })}</small></h2>
                  <div class="regions">
                    {regions.value.map(([region, some]) => (
                      <section key={region}>
                        <h3>{region} <small>{some.length}</small></h3>
                        <div class="tiles">{some.map((one) => <Tile key={one.id} one={one} />)}</div>
                      </section>
                    ))}
                  </div>
                </section>
              </div>
              <aside>
                {selected.value !== null && <Detail />}
                <Land />
                {selected.value === null && <Detail />}
              </aside>
            </div>
          </>
        )}
      </main>
      <footer class="hints">
        <span><Kbd>J</Kbd> <Kbd>K</Kbd> {t("key.move")}</span>
        <span><Kbd>H</Kbd> {t("key.need")}</span>
        <span><Kbd>R</Kbd> {t("key.range")}</span>
        <span><Kbd>Esc</Kbd> {t("key.close")}</span>
      </footer>
    </div>
  );
}

/** Somebody needs a hand who did not a moment ago: said once, without a sound. */
function announce(before: Country | null, after: Country): void {
  const known = new Set(needing(before?.centres ?? after.centres).map((one) => one.id));
  const fresh = needing(after.centres).find((one) => !known.has(one.id));
  if (fresh) announced.value = t("new", { name: whole(fresh.id), state: stateWord(fresh) });
}

async function ask(): Promise<void> {
  try {
    const answer = await get<Country>("/api/nation");
    serverSaid(answer.at);
    announce(country.peek(), answer);
    batch(() => {
      country.value = answer;
      heardAt.value = Date.parse(answer.at);
    });
  } catch (error) {
    if (error instanceof Problem && error.status === 401) await signedIn();
    refused.value = error instanceof Problem && error.status === 403;
  }
}

async function askHistory(): Promise<void> {
  const wanted = hours.peek();
  try {
    const answer = await get<Told>(`/api/nation/history?hours=${wanted}`);
    if (wanted === hours.peek()) told.value = answer;
  } catch {
    /* the band over the page says that the hub is away */
  }
}

async function again(what: () => Promise<void>, every: number): Promise<never> {
  for (;;) {
    await what();
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

async function start(): Promise<void> {
  startTheme("dark");
  startTick();
  render(<App />, document.getElementById("app")!);
  await signedIn();
  void again(ask, ASK_EVERY_MS);
  void again(askHistory, HISTORY_EVERY_MS);
  sketch.value = await get<Sketch>("/api/nation/map");
}

void start();
