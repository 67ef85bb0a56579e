/** The sign of a priority, in a file of its own: pages that must be small show it too. */
import type { JSX } from "preact";
import { glyphName } from "./words";

/** Shape + number + colour + word. Filled: needs me; outline: somebody has it; inverse: on a red ground. */
export function Glyph({ p, mode = "fill", size = 30 }: { p: 1 | 2 | 3; mode?: "fill" | "out" | "inv"; size?: number }): JSX.Element {
  const kind = mode === "fill" ? "" : ` ${mode}`;
  return (
    <svg class={`glyph${kind}`} viewBox="0 0 30 30" style={{ width: `${size}px`, height: `${size}px` }} role="img" aria-label={glyphName(p)}>
      {p === 1 && <path class="g1" d="M9.2 1h11.6L29 9.2v11.6L20.8 29H9.2L1 20.8V9.2z" />}
      {p === 2 && <path class="g2" stroke-linejoin="round" d="M15 3 28.5 27H1.5z" />}
      {p === 3 && <rect class="g3" x="3" y="3" width="24" height="24" rx="5" />}
      <text class={`t${p}`} x="15" y={p === 2 ? 24 : 20.5} aria-hidden="true">
        {p}
      </text>
    </svg>
  );
}
