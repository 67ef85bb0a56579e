/** How a question reaches her while the screen is off: by push where the browser can, else by a text to her number. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import bellRing from "lucide-static/icons/bell-ring.svg?raw";
import { Icon } from "../shared/icons";
import { Pushes, obstacle } from "../shared/push";
import { allowed } from "./consent";
import { Switch } from "./parts";
import { profile, remember } from "./state";
import { type Word, t } from "./words";

const pushes = new Pushes("/citizen/sw.js", "/citizen");

/** From now on the push service refuses what a centre sends here. */
export const stopAsking = (): Promise<void> => pushes.stop().catch(() => undefined);

/** What a trip that starts now would be asked by; null where only an open page hears. */
export function asksBy(): "push" | "sms" | null {
  const may = allowed(profile.value);
  return may?.push ? "push" : may?.phone ? "sms" : null;
}

const HINT: Record<"push" | "sms" | "none", Word> = { push: "wake.push", sms: "wake.sms", none: "wake.none" };

export function Waking(): JSX.Element {
  const [trouble, setTrouble] = useState<Word | null>(null);
  useEffect(() => {
    // What the browser has forgotten, or was given anew, is not promised.
    void pushes.subscribed().catch(() => null).then((push) => {
      if (profile.value?.push && push?.endpoint !== profile.value.push.endpoint) void remember({ push: push ?? undefined });
    });
  }, []);
  const turn = async (wanted: boolean): Promise<void> => {
    setTrouble(null);
    if (!wanted) {
      await remember({ push: undefined });
      await stopAsking();
      return;
    }
    if ((await Notification.requestPermission()) !== "granted") return setTrouble("wake.denied");
    await pushes.subscribe().then((push) => remember({ push }), () => setTrouble("wake.failed"));
  };
  const by = asksBy();
  return (
    <section aria-labelledby="trip-wake">
      <h2 id="trip-wake">{t("wake")}</h2>
      <div class="panel row item">
        <Icon of={bellRing} class="t2" />
        <span class="grow" id="wake-words">
          {t(HINT[by ?? "none"])}
          {trouble && <span class="c1" role="alert"> {t(trouble)}</span>}
        </span>
        {obstacle() === null && <Switch on={by === "push"} labelledby="wake-words" turn={(wanted) => void turn(wanted)} />}
      </div>
    </section>
  );
}
