/** Two numbers open this; which of them it was is not known here, and the screen is the same for both. */
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import type { Emergency } from "./emergency";
import { Field } from "./parts";
import { profile } from "./state";
import { t } from "./words";

export function CancelPad({ of, band, back }: { of: Emergency; band: ComponentChildren; back: () => void }): JSX.Element {
  const [code, setCode] = useState("");
  const [wrong, setWrong] = useState(false);
  const [busy, setBusy] = useState(false);
  const known = profile.value?.codes != null;
  const cancel = async (): Promise<void> => {
    setBusy(true);
    setCode(""); // what she types next is the next try
    const answer = await of.cancel(code);
    setBusy(false);
    setWrong(answer === "wrong");
  };
  const safe = (): void => {
    void of.say(t("stock.4"));
    back();
  };
  return (
    <main class="phone sent">
      {band}
      <section class="ph top">
        <h1>{t("cancel.title")}</h1>
      </section>
      {known || of.practice ? (
        <form
          class="ph fields pad"
          onSubmit={(event) => {
            event.preventDefault();
            if (known) void cancel();
            else void of.cancel("");
          }}
        >
          {known && <Field id="code" label={t("cancel.code")} value={code} change={setCode} type="password" inputMode="numeric" autocomplete="off" maxLength={6} error={wrong ? t("cancel.wrong") : null} />}
          <div class="foot">
            <button type="submit" class="pbtn fill" disabled={busy || (known && code.length < 4)}>{busy ? t("cancel.busy") : t("cancel.confirm")}</button>
            <button type="button" class="pbtn low" onClick={back}>{t("cancel.back")}</button>
          </div>
        </form>
      ) : (
        <div class="ph fields pad">
          <p class="t2">{t("cancel.nocode")}</p>
          <div class="foot">
            <button type="button" class="pbtn fill" onClick={safe}>{t("cancel.safe")}</button>
            <button type="button" class="pbtn low" onClick={back}>{t("cancel.back")}</button>
          </div>
        </div>
      )}
    </main>
  );
}
