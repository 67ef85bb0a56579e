/** Account and password, then a second factor; or a one-time link. Then to the page that belongs to the role. */
import "../shared/fonts.css";
import "../shared/office.css";
import "./signin.css";
import { signal } from "@preact/signals";
import { render } from "preact";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import fingerprint from "lucide-static/icons/fingerprint-pattern.svg?raw";
import shield from "lucide-static/icons/shield-check.svg?raw";
import { type Me, Problem, type Role, get, me, post } from "../shared/api";
import { chooseLocale, locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { startTheme } from "../shared/theme";
import { span } from "../shared/words";
import { Own } from "./own";
import { answer } from "./passkeys";
import { type Word, t } from "./words";

interface Question {
  challenge: string;
  factors: ("totp" | "passkey")[];
  passkey?: (Record<string, unknown> & { challenge: string }) | null;
}

const HOME: Record<Role, string> = {
  operator: "/console", supervisor: "/console", officer: "/console", auditor: "/ledger", administrator: "/console", agency: "/desk",
};
const PAGES = new Set(["/console", "/ledger", "/desk", "/nation"]);

type View = { is: "ask" } | { is: "second"; account: string; question: Question } | { is: "code" } | { is: "in" };
const view = signal<View>({ is: "ask" });
const problem = signal<string | null>(null);

/** Only to our own pages: `next` comes from an address that anybody can write. */
function next(who: Me): string {
  const wanted = new URLSearchParams(location.search).get("next") ?? "";
  if (PAGES.has(wanted)) return wanted;
  return who.centre.id === "hub" ? "/nation" : HOME[who.role];
}

function entered(who: Me, stay = false): void {
  me.value = who;
  problem.value = null;
  if (stay) view.value = { is: "in" };
  else location.assign(next(who));
}

function why(error: unknown, otherwise: Word): string {
  if (!(error instanceof Problem) || error.status === 0 || error.status >= 500) return t("network");
  if (error.status === 429) return t("many", { wait: span(Number(error.body["retry_after_s"] ?? 60)) });
  if (error.status === 410 || error.type.includes("challenge")) return t("late");
  return t(otherwise);
}

function Input({ id, label, ...rest }: { id: string; label: string; type: "text" | "password"; autocomplete: "username" | "current-password" | "one-time-code"; value: string; change: (value: string) => void; numeric?: boolean }): JSX.Element {
  const { change, numeric, type, autocomplete, value } = rest;
  return (
    <div class="f">
      <label for={id}>{label}</label>
      <input id={id} class="field" type={type as "text"} autocomplete={autocomplete} value={value} inputMode={numeric ? "numeric" : "text"} maxLength={numeric ? 6 : 1024} required onInput={(event) => change(event.currentTarget.value)} />
    </div>
  );
}

function Ask(): JSX.Element {
  const [account, setAccount] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    setBusy(true);
    problem.value = null;
    try {
      const question = await post<Question>("/api/signin", { account, password });
      view.value = { is: "second", account, question };
    } catch (error) {
      problem.value = why(error, "wrong");
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Input id="account" label={t("account")} type="text" autocomplete="username" value={account} change={setAccount} />
      <Input id="password" label={t("password")} type="password" autocomplete="current-password" value={password} change={setPassword} />
      <button type="submit" class="btn fill" disabled={busy}>{busy ? t("busy") : t("next")}</button>
    </form>
  );
}

function Second({ account, question }: { account: string; question: Question }): JSX.Element {
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const check = async (path: string, body: () => Promise<object>, otherwise: Word): Promise<void> => {
    setBusy(true);
    problem.value = null;
    try {
      entered(await post<Me>(path, { challenge: question.challenge, ...(await body()) }));
    } catch (error) {
      problem.value = error instanceof DOMException ? t("wrong.passkey") : why(error, otherwise);
      setCode("");
      if (problem.value === t("late")) view.value = { is: "ask" };
    } finally {
      setBusy(false);
    }
  };
  const options = question.passkey;
  return (
    <div class="second">
      <p class="t2">{t("second.lead", { account })}</p>
      {question.factors.length === 0 && <p class="c1" role="alert">{t("nofactor")}</p>}
      {question.factors.includes("passkey") && options && (
        <button type="button" class="btn fill" disabled={busy} onClick={() => void check("/api/signin/passkey", async () => ({ credential: await answer(options) }), "wrong.passkey")}>
          <Icon of={fingerprint} />
          {t("passkey")}
        </button>
      )}
      {question.factors.length === 2 && <p class="t3 or">{t("or")}</p>}
      {question.factors.includes("totp") && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void check("/api/signin/totp", async () => ({ code }), "wrong.code");
          }}
        >
          <Input id="totp" label={t("totp")} type="text" autocomplete="one-time-code" numeric value={code} change={setCode} />
          <button type="submit" class={question.factors.includes("passkey") ? "btn" : "btn fill"} disabled={busy || code.length !== 6}>{busy ? t("busy") : t("totp.send")}</button>
        </form>
      )}
      <button type="button" class="btn ghost" onClick={() => { view.value = { is: "ask" }; problem.value = null; }}>{t("back")}</button>
    </div>
  );
}

function In(): JSX.Element {
  const who = me.value!;
  const leave = async (): Promise<void> => {
    await post("/api/signout").catch(() => undefined);
    me.value = null;
    view.value = { is: "ask" };
  };
  return (
    <div class="second">
      <p class="t2">{t("in.lead", { centre: who.centre.name, role: t(`role.${who.role}`) })}</p>
      <a class="btn fill" href={next(who)}>{t("go")}</a>
      <Own />
      <button type="button" class="btn ghost" onClick={() => void leave()}>{t("out")}</button>
    </div>
  );
}

function App(): JSX.Element {
  const shown = view.value;
  document.title = t("title");
  document.documentElement.lang = locale.value;
  useEffect(() => {
    if (shown.is === "second") document.getElementById("totp")?.focus();
    else document.getElementById("account")?.focus();
  }, [shown.is]);
  return (
    <main class="signin">
      <section class="pane">
        <div class="row brand-row">
          <span class="brand">
            <Icon of={shield} />
            {t("title").split(" ")[0]}
          </span>
          <button type="button" class="btn ghost" lang={locale.value === "ko" ? "en" : "ko"} onClick={() => chooseLocale(locale.value === "ko" ? "en" : "ko")}>{t("language")}</button>
        </div>
        <h1>{shown.is === "in" ? me.value!.name : shown.is === "second" ? t("second") : t("title")}</h1>
        {shown.is === "ask" && <p class="t2">{t("lead")}</p>}
        {problem.value && <p class="problem" role="alert">{problem.value}</p>}
        {shown.is === "code" && <p class="t2" role="status">{t("code")}</p>}
        {shown.is === "ask" && <Ask />}
        {shown.is === "second" && <Second account={shown.account} question={shown.question} />}
        {shown.is === "in" && <In />}
      </section>
      <a class="t2 licences" href="/licenses">{t("licences")}</a>
    </main>
  );
}

async function start(): Promise<void> {
  startTheme("system");
  const code = location.hash.slice(1);
  if (code) {
    // Used once, and not left in the address for a passer-by or the history.
    history.replaceState(null, "", location.pathname + location.search);
    view.value = { is: "code" };
    post<Me>("/api/signin/code", { code: decodeURIComponent(code) }).then(
      (who) => entered(who),
      (error: unknown) => {
        problem.value = why(error, "code.bad");
        view.value = { is: "ask" };
      },
    );
  } else if (!new URLSearchParams(location.search).has("next")) {
    get<Me>("/api/me").then((who) => entered(who, true), () => undefined);
  }
  render(<App />, document.getElementById("app")!);
}

void start();
