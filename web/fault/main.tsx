/** Behind the code on a bell: somebody who passes by says that it is broken. No account, no name, no words of one's own. */
import "../shared/phone.css";
import "./fault.css";
import { signal } from "@preact/signals";
import { render } from "preact";
import type { JSX } from "preact";
import check from "lucide-static/icons/check.svg?raw";
import { Problem, get, post } from "../shared/api";
import { chooseLocale, locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { type Word, t } from "./words";

interface Sign {
  id: string;
  number: string;
  name: string;
  address: string;
}
const WRONG = ["button", "sound", "light", "damaged", "other"] as const;
type Wrong = (typeof WRONG)[number];

const path = `/api/bells/${encodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "")}`;
const sign = signal<Sign | null>(null);
const is = signal<"opening" | "open" | "sending" | "done" | "unknown" | "away" | "many">("opening");

async function open(): Promise<void> {
  try {
    sign.value = await get<Sign>(`${path}/sign`);
    is.value = "open";
  } catch (error) {
    is.value = error instanceof Problem && error.status === 404 ? "unknown" : "away";
  }
}

async function tell(wrong: Wrong): Promise<void> {
  is.value = "sending";
  try {
    await post(`${path}/faults`, { wrong });
    is.value = "done";
  } catch (error) {
    is.value = error instanceof Problem && error.status === 429 ? "many" : "away";
  }
}

const TOLD: Partial<Record<typeof is.value, Word>> = { done: "done", unknown: "unknown", away: "away", many: "many", sending: "sending", opening: "opening" };

function App(): JSX.Element {
  document.documentElement.lang = locale.value;
  document.title = t("title");
  const other = locale.value === "ko" ? "en" : "ko";
  const told = TOLD[is.value];
  return (
    <main class="phone fault">
      <div class="row">
        <a class="pbtn p1" href="tel:112">{t("112")}</a>
        <button type="button" class="pbtn low end" lang={other} onClick={() => chooseLocale(other)}>{other === "en" ? "English" : "한국어"}</button>
      </div>
      <h1>{t("title")}</h1>
      {sign.value && (
        <p class="panel">
          <b>{sign.value.name}</b>
          <span class="t2">{[sign.value.number, sign.value.address].filter(Boolean).join(" · ")}</span>
        </p>
      )}
      {told && <p role="status" class={is.value === "done" ? "row cok" : "t2"}>{is.value === "done" && <Icon of={check} />}{t(told)}</p>}
      {is.value === "open" && (
        <>
          <p class="t2">{t("what")}</p>
          <ul>
            {WRONG.map((wrong) => (
              <li key={wrong}><button type="button" class="pbtn" onClick={() => void tell(wrong)}>{t(`wrong.${wrong}`)}</button></li>
            ))}
          </ul>
        </>
      )}
      {(is.value === "away" || is.value === "many") && <button type="button" class="pbtn fill" onClick={() => (sign.value ? (is.value = "open") : void open())}>{t("again")}</button>}
      <p class="t3">{t("rule")}</p>
    </main>
  );
}

render(<App />, document.getElementById("app")!);
void open();
