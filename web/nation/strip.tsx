/** How a centre was: higher where it was worse, so that it can be read without colours. */
import type { JSX } from "preact";
import { span } from "../shared/words";
import { type CentreHistory, type State, type Stretch, stretches, troubles } from "./standing";
import { t, type Word } from "./words";

const HEIGHT: Record<State, number> = { normal: 2, unknown: 2, unstaffed: 4, overloaded: 7, silent: 10 };
const WIDE = 240;

/** What a state of the past is called. */
export const wasWord = (state: State): string => t(state === "unknown" ? "was.unknown" : (`state.${state}` as Word));

/** What the strip shows, in words. */
export function inWords(some: Stretch[], range: string): string {
  const list = troubles(some).map(({ state, seconds }) => t("strip.some", { state: wasWord(state), time: span(Math.max(60, seconds)) }));
  return t("strip", { range, what: list.length > 0 ? list.join(" · ") : t("strip.normal") });
}

export function Strip({ history, from, until, range, tall = false }: { history: CentreHistory | undefined; from: number; until: number; range: string; tall?: boolean }): JSX.Element {
  const some = stretches(history, from, until);
  const x = (at: number): number => (WIDE * (at - from)) / Math.max(1, until - from);
  return (
    <svg class={tall ? "strip tall" : "strip"} viewBox={`0 0 ${WIDE} 10`} preserveAspectRatio="none" role="img" aria-label={inWords(some, range)}>
      {some.map((one) => (
        <rect key={one.from} class={one.state} x={x(one.from)} y={10 - HEIGHT[one.state]} width={one.state === "normal" || one.state === "unknown" ? x(one.until) - x(one.from) : Math.max(1.5, x(one.until) - x(one.from))} height={HEIGHT[one.state]} />
      ))}
    </svg>
  );
}
