/**
 * The console of an administrator: the map and how the heads of the centre hang, without queue, cases or pictures. It asks for nothing that knows of a person, and
 * opens no socket.
 */
import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import shield from "lucide-static/icons/shield-check.svg?raw";
import user from "lucide-static/icons/user.svg?raw";
import { me, post } from "../shared/api";
import { now } from "../shared/clock";
import { Kbd } from "../shared/components";
import { chooseLocale, locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { chooseTheme, theme } from "../shared/theme";
import { clockTime } from "../shared/words";
import * as act from "./actions";
import { Line } from "./bands";
import { b } from "./bell-words";
import { Bells } from "./bells";
import * as calibrating from "./calibrating";
import { verbOf } from "./bindings";
import { letGo, typing } from "./keys";
import { MapPanel } from "./map";
import * as store from "./store";
import { t } from "./words";

/** The head above or below the one that has the keyboard. */
function walk(by: number): void {
  const buttons = [...document.querySelectorAll<HTMLButtonElement>("[data-part=heads] tbody button")];
  const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
  buttons[at < 0 ? 0 : Math.min(buttons.length - 1, Math.max(0, at + by))]?.focus();
}

function onKey(event: KeyboardEvent): void {
  const { code } = event;
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) {
    if (code === "Escape") event.target.blur();
    return;
  }
  const verb = verbOf(code);
  if (code === "Escape" && act.sheet.peek()) act.sheet.value = null;
  else if (code === "Escape") calibrating.leave();
  else if ((code === "Enter" || code === "Space") && event.target instanceof HTMLElement && event.target.closest("button, summary")) return;
  else if (code === "Enter" && calibrating.work.peek()?.fit) void calibrating.save();
  else if (calibrating.onKey(event)) event.preventDefault();
  else if (code === "ArrowDown" || code === "ArrowUp" || verb === "next" || verb === "previous") walk(code === "ArrowDown" || verb === "next" ? 1 : -1);
  else if (code === "Equal" || code === "NumpadAdd") act.zooming.value = Math.abs(act.zooming.peek()) + 1;
  else if (code === "Minus" || code === "NumpadSubtract") act.zooming.value = -Math.abs(act.zooming.peek()) - 1;
  else return;
  event.preventDefault();
}

function Head(): JSX.Element {
  const dark = theme.value === "dark";
  const other = locale.value === "ko" ? "en" : "ko";
  return (
    <header class="top">
      <h1 class="brand"><Icon of={shield} /> {t("app.name")}</h1>
      <div class="centre-name ell">{me.value?.centre.name}</div>
      <div class="links">
        <button type="button" class="btn ghost" aria-expanded={act.sheet.value === "bells"} onClick={() => (act.sheet.value = act.sheet.value === "bells" ? null : "bells")}>{b("title")}</button>
        <button type="button" class="btn ghost" onClick={() => chooseTheme(dark ? "light" : "dark")}>{t(dark ? "keys.theme.light" : "keys.theme.dark")}</button>
        <button type="button" class="btn ghost" lang={other} onClick={() => chooseLocale(other)}>{other === "en" ? "English" : "한국어"}</button>
        <button type="button" class="btn ghost" onClick={() => void post("/api/signout").finally(() => location.assign("/signin"))}><Icon of={user} /> {t("keys.out")} · {me.value?.name}</button>
      </div>
      <div class="row when" aria-hidden="true"><span class="clock">{clockTime(now.value)}</span></div>
    </header>
  );
}

function Hints(): JSX.Element {
  const working = calibrating.work.value !== null;
  return (
    <footer class="hints">
      {working ? (
        <>
          <span>{["←", "↑", "↓", "→", "+", "−"].map((one) => <Kbd key={one}>{one}</Kbd>)}{t("calibrate.steer")}</span>
          <span><Kbd>Shift</Kbd>{["←", "↑", "↓", "→"].map((one) => <Kbd key={one}>{one}</Kbd>)}{t("calibrate.pan")}</span>
          <span><Kbd>Space</Kbd>{t("calibrate.middle")}</span>
          <span><Kbd>Esc</Kbd>{t("hint.leave")}</span>
        </>
      ) : (
        <>
          <span><Kbd>↓</Kbd><Kbd>↑</Kbd>{t("hint.move")}</span>
          <span><Kbd>Enter</Kbd>{t("calibrate.begin")}</span>
        </>
      )}
    </footer>
  );
}

export function Commissioning(): JSX.Element {
  useEffect(() => {
    addEventListener("keydown", onKey);
    addEventListener("click", letGo);
    // the map shows the heads, and only them
    const shown = effect(() => {
      store.cameras.value = calibrating.heads.value?.map(({ id, name, latitude, longitude }) => ({ id, name, latitude, longitude, azimuth_deg: null, view_deg: 0, range_m: 0, live: true })) ?? [];
    });
    return () => {
      removeEventListener("keydown", onKey);
      removeEventListener("click", letGo);
      shown();
    };
  }, []);
  return (
    <main class="console commissioning" id="console" tabIndex={-1}>
      <Head />
      <section class="queue" aria-label={t("calibrate.heads")}>
        <calibrating.Heads />
        <p class="t3 meta">{t("commission.rule")}</p>
      </section>
      <div class="middle">
        {calibrating.heads.value !== null && <MapPanel />}
        <Line />
        {act.sheet.value === "bells" && <Bells />}
      </div>
      <Hints />
    </main>
  );
}
