/** A button that acts when it has been held for a second: by finger, by key, or by a second activation of a screen reader. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const HOLD_MS = 1_000;
const ARMED_MS = 6_000;

interface HoldProps {
  class: string;
  /** What holding does, for whoever does not see the words around it; the name is what stands on the button. */
  describe: string;
  /** Said when a screen reader, which cannot hold, activates once: again within six seconds acts. */
  again: string;
  /** The finger is down: whatever takes time begins here. */
  onPress?: () => void;
  onHeld: () => void;
  /** The finger left too early. */
  onShort?: () => void;
  children: (held: boolean) => ComponentChildren;
}

export function HoldButton({ describe, again, onPress, onHeld, onShort, children, ...rest }: HoldProps): JSX.Element {
  const [held, setHeld] = useState(false);
  const [armed, setArmed] = useState(false);
  const timer = useRef(0);
  const acted = useRef(0);
  const armedTimer = useRef(0);

  const stop = (): void => {
    clearTimeout(timer.current);
    timer.current = 0;
    setHeld(false);
  };
  const start = (): void => {
    if (timer.current !== 0) return;
    onPress?.();
    setHeld(true);
    timer.current = window.setTimeout(() => {
      stop();
      acted.current = Date.now();
      onHeld();
    }, HOLD_MS);
  };
  const release = (): void => {
    if (timer.current === 0) return;
    stop();
    acted.current = Date.now();
    onShort?.();
  };
  useEffect(() => () => (clearTimeout(timer.current), clearTimeout(armedTimer.current)), []);

  const activate = (): void => {
    // A pointer or a key has already been counted above; only a screen reader clicks without them.
    if (Date.now() - acted.current < 700 || timer.current !== 0) return;
    if (armed) {
      setArmed(false);
      onHeld();
      return;
    }
    onPress?.();
    setArmed(true);
    clearTimeout(armedTimer.current);
    armedTimer.current = window.setTimeout(() => setArmed(false), ARMED_MS);
  };

  return (
    <>
      <button
        type="button"
        {...rest}
        aria-description={describe}
        data-held={held}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture?.(event.pointerId);
          start();
        }}
        onPointerUp={release}
        onPointerCancel={release}
        onContextMenu={(event) => event.preventDefault()}
        onKeyDown={(event) => {
          if (event.key !== " " && event.key !== "Enter") return;
          event.preventDefault();
          if (!event.repeat) start();
        }}
        onKeyUp={release}
        onBlur={release}
        onClick={activate}
      >
        {children(held)}
      </button>
      <span class="sr" role="status">
        {armed ? again : ""}
      </span>
    </>
  );
}
