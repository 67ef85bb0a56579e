import type { JSX } from "preact";
import { Kbd } from "../shared/components";
import * as act from "./actions";
import { hintsShown } from "./keys";
import * as store from "./store";
import { t, type Word } from "./words";

function Hint({ caps, word }: { caps: string[]; word: Word }): JSX.Element {
  return (
    <span>
      {caps.map((cap) => (cap === "–" || cap === "+" ? cap : <Kbd key={cap}>{cap}</Kbd>))}
      {t(word)}
    </span>
  );
}

/** The keys that do something now. */
export function Hints(): JSX.Element | null {
  if (!hintsShown.value) return null;
  const question = act.prompt.value;
  const mine = store.watched.value !== null;
  const waiting = store.top.value !== null;
  return (
    <footer class="hints">
      {question ? (
        <>
          <Hint caps={["Enter"]} word={question.kind === "pass" ? "hint.pass.first" : "hint.send"} />
          <Hint caps={["Esc"]} word="hint.leave" />
          {question.kind === "close" && <Hint caps={["1", "–", "5"]} word="hint.code" />}
          {question.kind === "pass" && <Hint caps={["1", "–", "9"]} word="hint.pass.other" />}
          {question.kind === "chat" && <Hint caps={["1", "–", "6"]} word="hint.stock" />}
        </>
      ) : (
        <>
          <Hint caps={["J", "K"]} word="hint.move" />
          {waiting && <Hint caps={["Enter"]} word="hint.claim" />}
          {mine && <Hint caps={["1", "–", "9"]} word="hint.camera" />}
          {mine && <Hint caps={["Z"]} word="hint.zoom" />}
          <Hint caps={["0"]} word="hint.centre" />
          {mine && !store.watched.value?.confirmed_at && <Hint caps={["Y"]} word="hint.confirm" />}
          {mine && (
            <>
              <span>
                <Kbd>D</Kbd>112
              </span>
              <span>
                <Kbd>F</Kbd>119
              </span>
              <Hint caps={["T"]} word="hint.call" />
              <Hint caps={["C"]} word="hint.chat" />
              <Hint caps={["N"]} word="hint.note" />
              <Hint caps={["Space"]} word="hint.step" />
              <Hint caps={["E"]} word="hint.extend" />
              <Hint caps={["B"]} word={store.watched.value?.offer ? "hint.pass.back" : "hint.pass"} />
              <Hint caps={["X"]} word="hint.close" />
            </>
          )}
          {waiting && <Hint caps={["M"]} word="hint.soft" />}
          <Hint caps={["/"]} word="hint.search" />
        </>
      )}
      <span class="end">
        <Kbd>?</Kbd>
        {t("hint.keys")}
      </span>
      <span class="t3 layout">{t("hint.layout")}</span>
    </footer>
  );
}
