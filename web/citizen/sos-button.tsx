import type { JSX } from "preact";
import { HoldButton } from "../shared/hold";
import { t } from "./words";

interface SosProps {
  class: string;
  /** Its words stand elsewhere: here only a screen reader says them. */
  quiet?: boolean;
  press: () => void;
  held: () => void;
  short: (is: boolean) => void;
}

/** The button that is held to call for help. `short` hears whether it was let go too early. */
export function SosButton({ quiet, press, held, short, ...rest }: SosProps): JSX.Element {
  return (
    <HoldButton
      class={rest.class}
      describe={t("sos.explain")}
      again={t("sos.again")}
      onPress={() => {
        short(false);
        navigator.vibrate?.(20);
        press();
      }}
      onHeld={held}
      onShort={() => short(true)}
    >
      {(holding) => (
        <>
          <svg class="ring" viewBox="0 0 260 260" aria-hidden="true">
            <circle cx="130" cy="130" r="123" pathLength={100} />
          </svg>
          <b>SOS</b>
          <span class={quiet ? "sr" : undefined}>{holding ? t("sos.holding") : t("sos.hold")}</span>
        </>
      )}
    </HoldButton>
  );
}
