import type { JSX } from "preact";
import { Kbd } from "../shared/components";
import * as act from "./actions";
import { cap } from "./bindings";
import { hintsShown } from "./keys";
import { oversees } from "./looks";
import { work as masking } from "./masking";
import * as store from "./store";
import { t, type Word } from "./words";

function Hint({ caps, word }: { caps: string[]; word: Word }): JSX.Element {
  return (
    <span>
      {caps.map((one) => (one === "–" || (one === "+" && caps.length > 1) ? one : <Kbd key={one}>{one}</Kbd>))}
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
      {act.screen.value === "walls" ? (
        <>
          {waiting && <Hint caps={["Enter"]} word="hint.claim" />}
          <Hint caps={["1", "–", "9"]} word="hint.wall" />
          <Hint caps={["←", "↑", "↓", "→"]} word="hint.camera" />
          <Hint caps={[waiting ? cap("extend") : "Enter"]} word="hint.look" />
          {oversees.value && <Hint caps={[cap("close"), "1", "–", "9"]} word="hint.end" />}
          <Hint caps={[cap("walls")]} word="hint.desk" />
          {waiting && <Hint caps={[cap("soften")]} word="hint.soft" />}
          <Hint caps={["/"]} word="hint.search" />
        </>
      ) : masking.value && !question ? (
        <>
          {waiting && <Hint caps={["Enter"]} word="hint.claim" />}
          <Hint caps={[",", "."]} word="hint.picture" />
          {!masking.value.clip.masked_from && (
            <>
              <Hint caps={["+"]} word="hint.mask" />
              <Hint caps={["1", "–", "9"]} word="hint.mask.choose" />
              <Hint caps={["←", "↑", "↓", "→"]} word="hint.mask.move" />
              <Hint caps={["Shift", "+", "←", "↑", "↓", "→"]} word="hint.mask.size" />
              <Hint caps={["[", "]"]} word="hint.mask.bound" />
              <Hint caps={["Del"]} word="hint.mask.remove" />
              {!waiting && <Hint caps={["Enter"]} word="hint.mask.make" />}
            </>
          )}
          <Hint caps={["Esc"]} word="hint.leave" />
        </>
      ) : question ? (
        <>
          {(question.kind !== "turn" || (question.wish && !question.reason)) && <Hint caps={["Enter"]} word={question.kind === "pass" ? "hint.pass.first" : "hint.send"} />}
          <Hint caps={["Esc"]} word="hint.leave" />
          {question.kind === "close" && <Hint caps={["1", "–", "5"]} word="hint.code" />}
          {question.kind === "pass" && <Hint caps={["1", "–", "9"]} word="hint.pass.other" />}
          {question.kind === "turn" && <Hint caps={["1", "–", "6"]} word="hint.preset" />}
          {question.kind === "turn" && <Hint caps={["←", "↑", "↓", "→", "+", "−"]} word="hint.steps" />}
          {question.kind === "chat" && <Hint caps={["1", "–", "6"]} word="hint.stock" />}
        </>
      ) : (
        <>
          <Hint caps={[cap("next"), cap("previous")]} word="hint.move" />
          {waiting && store.mayWork.value && <Hint caps={["Enter"]} word="hint.claim" />}
          {mine && <Hint caps={["1", "–", "9"]} word="hint.camera" />}
          {mine && <Hint caps={[cap("large")]} word="hint.zoom" />}
          <Hint caps={["0"]} word="hint.centre" />
          {mine && !store.watched.value?.confirmed_at && <Hint caps={[cap("confirm")]} word="hint.confirm" />}
          {mine && (
            <>
              <span>
                <Kbd>{cap("police")}</Kbd>112
              </span>
              <span>
                <Kbd>{cap("rescue")}</Kbd>119
              </span>
              <Hint caps={[cap("call")]} word="hint.call" />
              <Hint caps={[cap("chat")]} word="hint.chat" />
              <Hint caps={[cap("note")]} word="hint.note" />
              <Hint caps={["Space"]} word="hint.step" />
              <Hint caps={[cap("extend")]} word="hint.extend" />
              <Hint caps={[cap("save")]} word="hint.save" />
              <Hint caps={[cap("turn")]} word="hint.turn" />
              <Hint caps={[cap("pass")]} word={store.watched.value?.offer ? "hint.pass.back" : "hint.pass"} />
              <Hint caps={[cap("close")]} word="hint.close" />
            </>
          )}
          {waiting && <Hint caps={[cap("soften")]} word="hint.soft" />}
          {!mine && store.mayWork.value && <Hint caps={[cap("walls")]} word="hint.walls" />}
          {store.trips.value !== null && <Hint caps={[cap("trips")]} word="hint.trips" />}
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
