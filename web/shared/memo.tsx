/**
 * Looks like a memo. Lines written here go to the operator, answers appear as lines. When the page
 * goes out of sight (lock screen, app switcher) only a shopping list is left of it.
 */
import "./memo.css";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import chevronLeft from "lucide-static/icons/chevron-left.svg?raw";
import ellipsis from "lucide-static/icons/ellipsis.svg?raw";
import { locale, words } from "./i18n";
import { Icon } from "./icons";
import type { Conversation } from "./conversation";

const ko = {
  "memo.app": "메모", "memo.title": "장보기", "memo.list": "우유, 달걀 10구", "memo.more": "더 보기", "memo.line": "메모 쓰기", "memo.add": "적기", "memo.yes": "네", "memo.no": "아니요", "memo.quiet": "말 못 해요", "memo.written": "적는 중", "memo.unwritten": "다시 적기",
};

const en: Record<keyof typeof ko, string> = {
  "memo.app": "Notes", "memo.title": "Groceries", "memo.list": "Milk, ten eggs", "memo.more": "More", "memo.line": "Write a note", "memo.add": "Add", "memo.yes": "Yes", "memo.no": "No", "memo.quiet": "Cannot talk", "memo.written": "writing", "memo.unwritten": "write again",
};

const t = words(ko, en);
const QUICK = ["memo.yes", "memo.no", "memo.quiet"] as const;

/** What the tab is called while it looks like one. */
export const memoTitle = (): string => t("memo.app");

function today(): string {
  return new Intl.DateTimeFormat(locale.value, { dateStyle: "long", timeStyle: "short" }).format(new Date());
}

/** Without a conversation it is a memo and nothing else. */
export function Memo({ of, leave }: { of: Conversation | null; leave: () => void }): JSX.Element {
  const [line, setLine] = useState("");
  const [seen, setSeen] = useState(document.visibilityState === "visible");
  const [written] = useState(today);
  useEffect(() => {
    const look = (): void => setSeen(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", look);
    addEventListener("blur", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      removeEventListener("blur", look);
    };
  }, []);
  const write = (text: string): void => {
    if (text.trim() !== "") void of?.say(text.trim());
    setLine("");
  };
  return (
    <main class="phone memo">
      <header class="ph row">
        <button type="button" class="row word" onClick={leave}>
          <Icon of={chevronLeft} />
          {t("memo.app")}
        </button>
        <span class="end" aria-hidden="true">
          <Icon of={ellipsis} />
        </span>
      </header>
      <section class="paper" aria-live="polite">
        <p class="t3 date">{written}</p>
        <h1>{t("memo.title")}</h1>
        <p>{t("memo.list")}</p>
        {seen && of?.messages().map((one, at) => <p key={at} class={one.from === "person" ? "t2" : ""}>{one.text}</p>)}
        {seen &&
          of?.said.value.map((one) => (
            <p key={one.at} class="t2">
              {one.text}{" "}
              {one.state === "failed" ? (
                <button type="button" class="word" onClick={() => { of.said.value = of.said.value.filter((other) => other !== one); write(one.text); }}>
                  ({t("memo.unwritten")})
                </button>
              ) : one.state === "sending" ? <span class="t3">({t("memo.written")})</span> : null}
            </p>
          ))}
      </section>
      <form
        class="writing"
        onSubmit={(event) => {
          event.preventDefault();
          write(line);
        }}
      >
        <div class="quick" role="group" aria-label={t("memo.more")}>
          {QUICK.map((word) => (
            <button key={word} type="button" onClick={() => write(t(word))}>
              {t(word)}
            </button>
          ))}
        </div>
        <div class="row">
          <input aria-label={t("memo.line")} placeholder={t("memo.line")} value={line} maxLength={300} enterkeyhint="done" autocomplete="off" onInput={(event) => setLine(event.currentTarget.value)} />
          <button type="submit" class="word">{t("memo.add")}</button>
        </div>
      </form>
    </main>
  );
}
