/** Who looks at which wall, for the leader: since when, until when, and how it ended; she ends any of them with two keys or one press. */
import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import alert from "lucide-static/icons/triangle-alert.svg?raw";
import { get, me, post, Problem } from "../shared/api";
import { exactNow, now } from "../shared/clock";
import { Kbd } from "../shared/components";
import { Icon } from "../shared/icons";
import { age, clockTime, span } from "../shared/words";
import { cap } from "./bindings";
import * as store from "./store";
import { named, t } from "./words";

interface Look {
  id: string;
  wall_name: string | null;
  holder: string;
  holder_name: string;
  from_at: string;
  until_at: string;
  ended_at: string | null;
  ended_why: string | null;
}

const EVERY_MS = 2_000;
/** What was read longer ago is not what is. */
const OLD_S = 7;

const looks = signal<readonly Look[] | null>(null);
/** When they were read. */
const readAt = signal(0);
/** After the key of ending: the next digit says whose. */
export const choosing = signal(false);
/** Those that are being ended now. */
const ending = signal<ReadonlySet<string>>(new Set());

export const oversees = computed(() => me.value?.role === "supervisor");
const others = computed(() => (looks.value ?? []).filter((one) => one.holder !== me.value?.account));
const living = computed(() => others.value.filter((one) => !one.ended_at));
/** Each look keeps its digit and its place as long as it is listed: nothing moves under the hand. */
let digits: ReadonlyMap<string, number> = new Map();

function seat(): void {
  const kept = new Map([...digits].filter(([id]) => others.peek().some((one) => one.id === id)));
  for (const { id } of living.peek()) {
    if (kept.has(id)) continue;
    const taken = new Set(kept.values());
    let n = 1;
    while (taken.has(n)) n += 1;
    kept.set(id, n);
  }
  digits = kept;
}

async function read(): Promise<void> {
  const answer = await get<{ rights: Look[] }>("/api/routine-rights").catch(() => null);
  if (!answer) return;
  const before = new Set(living.peek().map((one) => one.id));
  looks.value = answer.rights;
  seat();
  readAt.value = exactNow();
  for (const one of answer.rights) if (one.ended_at && before.has(one.id)) told(one);
  if (living.peek().length === 0) choosing.value = false;
}

function told(one: Look): void {
  store.say("looks.over", { name: one.holder_name, why: named("looks.why", one.ended_why ?? "") }, performance.now());
}

async function end(one: Look): Promise<void> {
  choosing.value = false;
  if (ending.peek().has(one.id)) return;
  ending.value = new Set(ending.peek()).add(one.id);
  try {
    await post(`/api/routine-rights/${encodeURIComponent(one.id)}/end`);
    await read();
  } catch (error) {
    store.say("looks.failed", { name: one.holder_name, why: error instanceof Problem && error.status !== 0 ? error.title : t("aim.why.unreachable") }, performance.now(), "warn");
  } finally {
    ending.value = new Set([...ending.peek()].filter((id) => id !== one.id));
  }
}

/** The key of ending: whose, is asked next. */
export function choose(): void {
  if (living.peek().length === 0) store.say("looks.nobody", {}, performance.now());
  else choosing.value = !choosing.peek();
}

/** The digit after it. */
export function endNth(n: number): void {
  const one = living.peek().find(({ id }) => digits.get(id) === n);
  if (one) void end(one);
  else choosing.value = false;
}

function Row({ one, n, old }: { one: Look; n: number; old: boolean }): JSX.Element {
  const over = one.ended_at !== null;
  const left_s = Math.max(0, (Date.parse(one.until_at) - now.value) / 1000);
  return (
    <li class={over || old ? "row past" : "row"} data-look={one.id} data-state={over ? "ended" : old ? "old" : "live"}>
      {!over && n <= 9 && <span class={choosing.value ? "digit lit" : "digit"}><Kbd>{String(n)}</Kbd></span>}
      <div class="grow two">
        <span class="ell">
          <b>{one.holder_name}</b> · {one.wall_name ?? t("looks.gone")}
        </span>
        <small class="t2">
          {over
            ? t("looks.ended", { at: clockTime(one.ended_at!), why: named("looks.why", one.ended_why ?? "") })
            : t("looks.span", { from: clockTime(one.from_at, false), until: clockTime(one.until_at, false), left: span(left_s < 120 ? left_s : Math.ceil(left_s / 60) * 60) })}
        </small>
      </div>
      {!over && (
        <button type="button" class="btn" disabled={ending.value.has(one.id)} aria-label={t("looks.end.whose", { name: one.holder_name })} onClick={() => void end(one)}>
          {t("looks.end")}
        </button>
      )}
    </li>
  );
}

export function Looks(): JSX.Element {
  useEffect(() => {
    void read();
    const again = setInterval(() => void read(), EVERY_MS);
    return () => {
      clearInterval(again);
      choosing.value = false;
      looks.value = null;
      digits = new Map();
    };
  }, []);
  const all = looks.value;
  const old_s = all ? Math.max(0, (now.value - readAt.value) / 1000) : 0;
  const old = old_s > OLD_S;
  const place = (one: Look): number => digits.get(one.id) ?? Number.POSITIVE_INFINITY;
  const ordered = [...others.value].sort((a, b) => Math.sign(place(a) - place(b)) || Date.parse(b.ended_at ?? "") - Date.parse(a.ended_at ?? ""));
  return (
    <section class="looks" aria-label={t("looks.title")} data-part="looks">
      <h3 class="row">
        {t("looks.title")}
        {all && !old && <span class="t2">{t("looks.count", { n: living.value.length })}</span>}
        {living.value.length > 0 && (
          <span class={choosing.value ? "end m" : "end t2"}>
            <Kbd>{cap("close")}</Kbd> {t(choosing.value ? "looks.whose" : "looks.how")}
          </span>
        )}
      </h3>
      {old && (
        <p class="c2 m row" role="status">
          <Icon of={alert} class="c2" /> {t("looks.old", { age: age(old_s) })}
        </p>
      )}
      {all && ordered.length === 0 && !old && <p class="t2">{t("looks.none")}</p>}
      <ul>
        {ordered.map((one) => <Row key={one.id} one={one} n={place(one)} old={old} />)}
      </ul>
    </section>
  );
}
