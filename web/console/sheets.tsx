/** What opens over the map, and only there: all keys with the settings, and the search. Never over video or a case. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import search from "lucide-static/icons/search.svg?raw";
import { me, post } from "../shared/api";
import { Kbd } from "../shared/components";
import { both, chooseLocale, locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { chooseTheme, theme } from "../shared/theme";
import * as act from "./actions";
import { cap, DEFAULTS, moved, reset, type Verb } from "./bindings";
import { Bells } from "./bells";
import * as keys from "./keys";
import { Cameras } from "./cameras";
import { Covers } from "./covers";
import { Escorts } from "./escorts";
import { places, showPlace } from "./map";
import { play, wake } from "./sound";
import * as store from "./store";
import { Trips } from "./trips";
import { Wards } from "./wards";
import { named, t, type Word } from "./words";

type Line = [readonly (Verb | string)[], Word | "112" | "119"];
/** Verbs stand for the keys they are on; everything else is a key that stays where it is. */
const KEYS: Line[] = [
  [["next"], "keys.next"],
  [["previous"], "keys.previous"],
  [["Enter"], "card.claim.go"],
  [["Shift", "Enter"], "keys.claim.stay"],
  [["go", "1–9"], "keys.go"],
  [["1–9"], "hint.camera"],
  [["large"], "keys.again"],
  [["0"], "hint.centre"],
  [["+", "−"], "map.closer"],
  [["confirm"], "case.confirm"],
  [["police"], "112"],
  [["rescue"], "119"],
  [["call"], "hint.call"],
  [["chat"], "hint.chat"],
  [["note"], "hint.note"],
  [["Space"], "hint.step"],
  [["Shift", "Space"], "keys.undo"],
  [["extend"], "hint.extend"],
  [["link"], "keys.link"],
  [["invite"], "keys.invite"],
  [["save"], "keys.save"],
  [["mask"], "keys.mask"],
  [["turn"], "keys.turn"],
  [["aim"], "keys.aim"],
  [["Shift", "aim"], "keys.aim.closer"],
  [["hold"], "keys.hold"],
  [["pass"], "keys.pass"],
  [["release"], "keys.release"],
  [["close"], "hint.close"],
  [["soften"], "hint.soft"],
  [["walls"], "keys.walls"],
  [["trips"], "keys.trips"],
  [["escorts"], "keys.escorts"],
  [["wards"], "keys.wards"],
  [["/"], "hint.search"],
];
const isVerb = (one: string): one is Verb => one in DEFAULTS;
const said = ([, word]: Line): string => (word === "112" || word === "119" ? t("dispatch.request", { agency: word }) : t(word));
const nameOf = (verb: Verb): string => said(KEYS.find(([caps]) => caps.includes(verb))!);

function Cap({ verb }: { verb: Verb }): JSX.Element {
  const waiting = keys.moveTo.value?.verb === verb;
  return (
    <button type="button" class={waiting ? "cap waiting" : "cap"} aria-label={t("keys.move", { verb: nameOf(verb), key: cap(verb) })} onClick={() => (keys.moveTo.value = waiting ? null : { verb, trouble: null })}>
      <Kbd>{waiting ? "?" : cap(verb)}</Kbd>
    </button>
  );
}

/** What the next key will be, or why the last one could not be. */
function Moving(): JSX.Element {
  const moving = keys.moveTo.value;
  const trouble = moving?.trouble;
  return (
    <p class={trouble ? "c2 m" : "t2"} role="status" data-part="moving">
      {!moving ? t("keys.move.how") : !trouble ? `${nameOf(moving.verb)} · ${t("keys.move.press")}` : trouble.why === "taken" ? t("keys.move.taken", { verb: nameOf(trouble.by) }) : t("keys.move.fixed")}
    </p>
  );
}

function Keys(): JSX.Element {
  const dark = theme.value === "dark";
  useEffect(() => () => void (keys.moveTo.value = null), []);
  return (
    <div class="sheet" role="dialog" aria-label={t("keys.title")}>
      <div class="sheet-head row">
        <h2>{t("keys.title")}</h2>
        <span class="end t2">
          {t("keys.test")} <b data-part="last-key">{keys.lastKey.value || t("keys.test.none")}</b>
        </span>
        <button type="button" class="btn" onClick={() => (act.sheet.value = null)}>
          {t("keys.close")}
          <Kbd>Esc</Kbd>
        </button>
      </div>
      <Covers />
      <ul class="key-list">
        {KEYS.map((line) => (
          <li key={line[0].join()}>
            <span class="row">{line[0].map((one) => (isVerb(one) ? <Cap key={one} verb={one} /> : <Kbd key={one}>{one}</Kbd>))}</span>
            {said(line)}
          </li>
        ))}
      </ul>
      <Moving />
      <h3>{t("keys.settings")}</h3>
      <div class="settings">
        <button type="button" class="btn" aria-pressed={dark} onClick={() => chooseTheme("dark")}>
          {t("keys.theme.dark")}
        </button>
        <button type="button" class="btn" aria-pressed={!dark} onClick={() => chooseTheme("light")}>
          {t("keys.theme.light")}
        </button>
        <button type="button" class="btn" lang="ko" aria-pressed={locale.value === "ko"} onClick={() => chooseLocale("ko")}>
          한국어
        </button>
        <button type="button" class="btn" lang="en" aria-pressed={locale.value === "en"} onClick={() => chooseLocale("en")}>
          English
        </button>
        <button type="button" class="btn" aria-pressed={keys.hintsShown.value} onClick={() => keys.chooseHints(!keys.hintsShown.peek())}>
          {t("keys.hints")} {t(keys.hintsShown.value ? "keys.on" : "keys.no")}
        </button>
        <button type="button" class="btn" aria-pressed={keys.lettersOn.value} onClick={() => keys.chooseLetters(!keys.lettersOn.peek())}>
          {t("keys.off")} {t(keys.lettersOn.value ? "keys.on" : "keys.no")}
        </button>
        {moved() && (
          <button type="button" class="btn" onClick={reset}>
            {t("keys.reset")}
          </button>
        )}
        <button type="button" class="btn" onClick={() => void wake().then(() => play("p1", -6))}>
          {t("keys.tone")} · {t("keys.play")}
        </button>
        <button type="button" class="btn" onClick={() => void post("/api/signout").finally(() => location.assign("/signin"))}>
          {t("keys.out")} · {me.value?.name}
        </button>
      </div>
    </div>
  );
}

interface Found {
  key: string;
  group: Word;
  text: string;
  note: string;
  go: () => void;
}

function find(text: string): Found[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const has = (...words: string[]): boolean => words.some((word) => word.toLowerCase().includes(wanted));
  const incidents = [...store.incidents.peek().values()]
    .filter((i) => has(i.number, i.place.ko, i.place.en))
    .map((i): Found => ({ key: i.id, group: "search.incident", text: i.number, note: `${both(i.place)} · ${named("state", i.state)}`, go: () => act.select(i.id) }));
  const cameras = store.cameras.peek().filter((c) => has(c.name, c.id)).slice(0, 8)
    .map((c): Found => ({ key: c.id, group: "search.camera", text: c.name, note: "", go: () => showPlace(c) }));
  const found = places.peek().filter((p) => has(p.name)).slice(0, 8)
    .map((p): Found => ({ key: p.name, group: "search.place", text: p.name, note: "", go: () => showPlace(p) }));
  return [...incidents, ...found, ...cameras].slice(0, 12);
}

function Search(): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = useMemo(() => find(text), [text]);
  useLayoutEffect(() => field.current?.focus(), []);
  const pick = (each: Found | undefined): void => {
    if (!each) return;
    act.sheet.value = null;
    each.go();
  };
  return (
    <div class="sheet" role="dialog" aria-label={t("search.title")}>
      <div class="search-field">
        <Icon of={search} />
        <input
          ref={field}
          role="combobox"
          aria-expanded={found.length > 0}
          aria-controls="found"
          aria-activedescendant={found[at] ? `found-${at}` : undefined}
          aria-label={t("search.field")}
          placeholder={t("search.field")}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.isComposing) return;
            if (event.code === "ArrowDown") setAt(Math.min(found.length - 1, at + 1));
            else if (event.code === "ArrowUp") setAt(Math.max(0, at - 1));
            else if (event.code === "Enter") pick(found[at]);
            else return;
            event.preventDefault();
          }}
        />
        <Kbd>Esc</Kbd>
      </div>
      <ul class="found" id="found" role="listbox" aria-label={t("search.title")}>
        {found.map((each, i) => (
          <li key={each.key} id={`found-${i}`} role="option" aria-selected={i === at} onClick={() => pick(each)}>
            <span class="meta t3">{t(each.group)}</span>
            <b>{each.text}</b>
            <span class="t2 ell">{each.note}</span>
          </li>
        ))}
      </ul>
      {text.trim() && found.length === 0 && <p class="t2">{t("search.none")}</p>}
    </div>
  );
}

export function Sheets(): JSX.Element | null {
  const sheet = act.sheet.value;
  if (sheet === "keys") return <Keys />;
  if (sheet === "search") return <Search />;
  if (sheet === "cameras") return <Cameras />;
  if (sheet === "trips") return <Trips />;
  if (sheet === "escorts") return <Escorts />;
  if (sheet === "wards") return <Wards />;
  if (sheet === "bells") return <Bells />;
  return null;
}
