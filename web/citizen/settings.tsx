import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ask, Problem } from "../shared/api";
import { chooseLocale, locale } from "../shared/i18n";
import chevronRight from "lucide-static/icons/chevron-right.svg?raw";
import languages from "lucide-static/icons/languages.svg?raw";
import lock from "lucide-static/icons/lock-keyhole.svg?raw";
import notebook from "lucide-static/icons/notebook-pen.svg?raw";
import satellite from "lucide-static/icons/satellite.svg?raw";
import smartphone from "lucide-static/icons/smartphone.svg?raw";
import vibrate from "lucide-static/icons/vibrate.svg?raw";
import { Icon } from "../shared/icons";
import { Codes, Person } from "./forms";
import { prove } from "./identity";
import { Bar, Switch, TwicePressed } from "./parts";
import { allowShake, canShake, listen } from "./shake";
import { cases, change, enrolled, escorts, mapping, profile, screen, settings, trips } from "./state";
import { spots } from "./spots";
import { forgetEverything, keep, kept } from "./vault";
import { stopAsking } from "./waking";
import { t } from "./words";

interface Install extends Event {
  prompt(): Promise<unknown>;
}
let installable: Install | null = null;
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  installable = event as Install;
});

function Shake(): JSX.Element {
  const [denied, setDenied] = useState(false);
  const [strength, setStrength] = useState(0);
  const on = settings.value.shake;
  useEffect(() => (on ? listen(() => undefined, setStrength) : undefined), [on]);
  const turn = async (wanted: boolean): Promise<void> => {
    const allowed = !wanted || (await allowShake());
    setDenied(!allowed);
    await change({ shake: wanted && allowed });
  };
  return (
    <div class="panel item row">
      <Icon of={vibrate} class="t2" />
      <span class="grow" id="shake-words">
        <b>{t("shake")}</b>
        <span class={denied ? "c1" : "t2"}>{denied ? t("shake.denied") : t("shake.hint")}</span>
        {on && <meter min={0} max={1} value={strength} aria-label={t("shake.meter")} />}
      </span>
      <Switch on={on} labelledby="shake-words" turn={(wanted) => void turn(wanted)} />
    </div>
  );
}

/** A pendant, a watch or a tracker app may call for help, too: a device by the number that its maker gave it, an app by a name that nobody can guess.
 * Kept here to be read again. */
function Tracker(): JSX.Element {
  const [names, setNames] = useState<string[]>([]);
  const [number, setNumber] = useState("");
  const [failed, setFailed] = useState<"tracker.failed" | "tracker.taken" | "tracker.form" | null>(null);
  useEffect(() => void kept<string[]>("trackers").then((some) => setNames(some ?? [])), []);
  const add = async (of: { number?: string }): Promise<void> => {
    try {
      const { credential } = enrolled.value!;
      const proof = await prove("ansim device", credential, ...(of.number === undefined ? [] : [of.number]));
      const { device } = await ask<{ device: string }>("POST", "/api/citizen/devices", { credential, proof, ...of });
      const next = [...names.filter((name) => name !== device), device];
      await keep("trackers", next);
      setNames(next);
      setNumber("");
      setFailed(null);
    } catch (error) {
      const type = error instanceof Problem ? error.type : "";
      setFailed(type === "device.taken" ? "tracker.taken" : type === "request.form" ? "tracker.form" : "tracker.failed");
    }
  };
  return (
    <section class="panel tracker">
      <h2 class="row">
        <Icon of={satellite} class="t2" />
        {t("tracker")}
      </h2>
      {names.map((name) => (
        <code key={name}>{name}</code>
      ))}
      <form
        class="f"
        onSubmit={(event) => {
          event.preventDefault();
          void add({ number: number.trim() });
        }}
      >
        <label for="tracker-number">{t("tracker.number")}</label>
        <p class="t2" id="tracker-number-hint">{t("tracker.number.hint")}</p>
        <input
          class="field" id="tracker-number" autocomplete="off" spellcheck={false} maxLength={32} required value={number}
          aria-describedby="tracker-number-hint" onInput={(event) => setNumber(event.currentTarget.value)}
        />
        <button type="submit" class="pbtn">{t("tracker.number.add")}</button>
      </form>
      {failed && <p class="c1" role="alert">{t(failed)}</p>}
      <p class="t2">{t("tracker.hint", { origin: location.origin })}</p>
      <button type="button" class="pbtn" onClick={() => void add({})}>{t("tracker.add")}</button>
    </section>
  );
}

function Stored(): JSX.Element {
  const until = enrolled.value ? new Date(enrolled.value.valid_until).toLocaleDateString(locale.value) : null;
  const rows: [string, string, string][] = [
    [t("stored.phone"), t("stored.phone.what"), t("stored.phone.when")],
    ...(until ? [[t("stored.key"), t("stored.key.what"), t("stored.key.when", { day: until })] as [string, string, string]] : []),
    [t("stored.case"), t("stored.case.what"), t("stored.case.when")],
    [t("stored.trip"), t("stored.trip.what"), t("stored.trip.when")],
    [t("stored.escort"), t("stored.escort.what"), t("stored.trip.when")],
    [t("stored.ledger"), t("stored.ledger.what"), t("stored.ledger.when")],
  ];
  return (
    <section class="panel stored">
      <h2>{t("stored.title")}</h2>
      <dl>
        {rows.map(([where, what, when]) => (
          <div key={where}>
            <dt>{where}</dt>
            <dd>{what}</dd>
            <dd class="cok m">{when}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Withdraw(): JSX.Element {
  const [state, setState] = useState<"idle" | "busy" | "failed" | "done">("idle");
  const withdraw = async (): Promise<void> => {
    setState("busy");
    try {
      const known = enrolled.value;
      if (known) {
        await ask("POST", "/api/citizen/withdraw", { credential: known.credential, proof: await prove("ansim withdraw", known.credential) });
      }
      await forgetEverything();
      await stopAsking();
      enrolled.value = profile.value = mapping.value = null;
      cases.value = [];
      trips.value = [];
      escorts.value = [];
      spots.value = [];
      setState("done");
    } catch {
      setState("failed");
    }
  };
  if (state === "done") return <p class="cok m" role="status">{t("withdraw.done")}</p>;
  return (
    <section class="withdraw">
      <p class="t2">{t("withdraw.hint")}</p>
      {state === "failed" && <p class="c1" role="alert">{t("withdraw.failed")}</p>}
      <TwicePressed class="pbtn danger" first={state === "busy" ? t("withdraw.busy") : t("withdraw")} second={t("withdraw.sure")} act={() => void withdraw()} />
    </section>
  );
}

export function Settings({ tryMemo }: { tryMemo: () => void }): JSX.Element {
  const [codes, setCodes] = useState(false);
  const back = (): void => {
    screen.value = "home";
  };
  if (codes) {
    return (
      <main class="enrol ph">
        <Bar title={t("codes.title")} back={() => setCodes(false)} />
        <p class="t2">{t("codes.lead")}</p>
        <Codes saved={() => setCodes(false)} skip={() => setCodes(false)} />
      </main>
    );
  }
  return (
    <main class="settings ph">
      <Bar title={t("settings")} back={back} />
      <div class="items">
        <div class="panel item row">
          <Icon of={languages} class="t2" />
          <b class="grow" id="language">{t("language")}</b>
          <div class="segments" role="group" aria-labelledby="language">
            <button type="button" lang="ko" aria-pressed={locale.value === "ko"} onClick={() => chooseLocale("ko")}>한국어</button>
            <button type="button" lang="en" aria-pressed={locale.value === "en"} onClick={() => chooseLocale("en")}>English</button>
          </div>
        </div>
        {canShake() && <Shake />}
        <button type="button" class="panel item row" onClick={() => setCodes(true)}>
          <Icon of={lock} class="t2" />
          <span class="grow">
            <b>{profile.value?.codes ? t("codes.change") : t("codes.none")}</b>
            <span class="t2">{t("codes.duress.hint")}</span>
          </span>
          <Icon of={chevronRight} class="t3" />
        </button>
        <button type="button" class="panel item row" onClick={tryMemo}>
          <Icon of={notebook} class="t2" />
          <span class="grow">
            <b>{t("memo.try")}</b>
            <span class="t2">{t("memo.try.hint")}</span>
          </span>
          <Icon of={chevronRight} class="t3" />
        </button>
        {installable && (
          <button type="button" class="panel item row" onClick={() => void installable?.prompt()}>
            <Icon of={smartphone} class="t2" />
            <span class="grow">
              <b>{t("install")}</b>
              <span class="t2">{t("install.hint")}</span>
            </span>
            <Icon of={chevronRight} class="t3" />
          </button>
        )}
      </div>
      <h2>{t("about.edit")}</h2>
      <Person />
      {enrolled.value && <Tracker />}
      <Stored />
      <Withdraw />
    </main>
  );
}
