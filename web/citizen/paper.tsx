/** Whoever consented to the watch over somebody has a number on paper: with it they read who looked, once it is over. Nothing of it is kept on this phone. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { type LedgerEntry, Problem, post } from "../shared/api";
import { locale, words } from "../shared/i18n";
import { clockTime } from "../shared/words";

const ko = {
  "title": "종이에 적힌 번호로 보기", "hint": "다른 사람을 보호 대상으로 등록할 때 받은 번호예요. 보호가 끝난 뒤에 누가 봤는지 보여 드려요.", "number": "번호", "show": "보기",
  "wrong": "번호 전체를 점까지 그대로 넣어 주세요.", "nothing": "보여 드릴 기록이 없어요. 보호가 아직 끝나지 않았거나 번호가 달라요.", "failed": "가져오지 못했어요. 다시 눌러 주세요.", "wait": "잠시 뒤에 다시 눌러 주세요.",
  "operator": "관제요원", "supervisor": "팀장", "officer": "경찰", "agency": "출동기관", "guardian": "보호자", "auditor": "감사",
  "ward.enrolled": "등록함", "ward.viewed": "이름과 구역을 봄", "ward.changed": "지켜보는 방법을 바꿈", "ward.contacts-changed": "이름, 보호자, 번호를 바꿈", "ward.devices-changed": "단말을 바꿈", "ward.unassigned": "담당자가 없어짐", "ward.handed-over": "담당을 넘김", "ward.place-seen": "마지막 위치를 봄", "ward.answered": "알림에 답함", "ward.signalled": "도움을 요청함", "ward.ended": "끝남", "search.asked": "실종 수색을 요청함", "search.viewed": "수색 요청을 읽음", "search.approved": "실종 수색을 승인함", "search.refused": "실종 수색을 거절함",
};
const en: Record<keyof typeof ko, string> = {
  "title": "Look by a number on paper", "hint": "You were given it when somebody was enrolled to be watched over. Once that is over it shows who looked.", "number": "Number", "show": "Show",
  "wrong": "Give the whole number with its dot.", "nothing": "There is nothing to show: it is not over yet, or the number is another.", "failed": "Could not be fetched. Press again.", "wait": "Press again in a while.",
  "operator": "operator", "supervisor": "leader", "officer": "police", "agency": "agency", "guardian": "guardian", "auditor": "auditor",
  "ward.enrolled": "enrolled her", "ward.viewed": "read name and zones", "ward.changed": "changed how she is watched over", "ward.contacts-changed": "changed names, guardians or numbers", "ward.devices-changed": "changed her devices", "ward.unassigned": "nobody answered for her any more", "ward.handed-over": "handed her over", "ward.place-seen": "saw her last place", "ward.answered": "answered an alarm", "ward.signalled": "called for help", "ward.ended": "it ended", "search.asked": "asked for a search", "search.viewed": "read why she was searched for", "search.approved": "approved a search", "search.refused": "refused a search",
};
type PaperWord = keyof typeof ko;
const w = words(ko, en);
const known = (key: string): key is PaperWord => key in ko;

const NUMBER = /^\s*([0-9A-Za-z_-]{1,64})\.([0-9A-Za-z_-]{20,128})\s*$/;

export function Paper(): JSX.Element {
  const [number, setNumber] = useState("");
  const [entries, setEntries] = useState<LedgerEntry[] | null>(null);
  const [trouble, setTrouble] = useState<PaperWord | null>(null);
  const show = async (event: Event): Promise<void> => {
    event.preventDefault();
    const [, incident, secret] = NUMBER.exec(number) ?? [];
    setEntries(null);
    if (!incident) return setTrouble("wrong");
    setTrouble(null);
    try {
      const found = (await post<{ entries: LedgerEntry[] }>("/api/record", { items: [{ incident, secret }] })).entries.filter((entry) => known(entry.act));
      if (found.length === 0) setTrouble("nothing");
      else setEntries(found.sort((a, b) => b.at.localeCompare(a.at)));
    } catch (error) {
      setTrouble(error instanceof Problem && error.status === 429 ? "wait" : "failed");
    }
  };
  return (
    <details class="panel paper">
      <summary><b>{w("title")}</b></summary>
      <p class="t2">{w("hint")}</p>
      <form onSubmit={(event) => void show(event)}>
        <label for="paper-number">{w("number")}</label>
        <input id="paper-number" class="field" value={number} autocomplete="off" autocapitalize="off" spellcheck={false} aria-invalid={trouble === "wrong"} aria-describedby="paper-trouble" onInput={(event) => setNumber(event.currentTarget.value)} />
        <p id="paper-trouble" class={trouble === "nothing" ? "t2" : "c1"} role="status">{trouble && w(trouble)}</p>
        <button type="submit" class="pbtn">{w("show")}</button>
      </form>
      <ul class="viewers">
        {entries?.map((entry) => (
          <li key={entry.id} class="row">
            <span class="grow">
              <span class="m">{w(entry.act as PaperWord)}</span>
              <span class="t2">{known(entry.actor.role) ? w(entry.actor.role) : entry.actor.id.startsWith("link:") ? w("guardian") : ""}</span>
            </span>
            <span class="t2">{new Date(entry.at).toLocaleDateString(locale.value, { month: "short", day: "numeric" })} {clockTime(entry.at, false)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
