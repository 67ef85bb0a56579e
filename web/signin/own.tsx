/** After a one-time link: the password and the second factor of one's own. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Problem, post } from "../shared/api";
import { create } from "./passkeys";
import { t } from "./words";

function reason(error: unknown): string {
  return error instanceof Problem ? error.detail || error.title : "";
}

function Password(): JSX.Element {
  const [password, setPassword] = useState("");
  const [current, setCurrent] = useState("");
  const [said, setSaid] = useState("");
  const save = async (): Promise<void> => {
    try {
      await post("/api/me/password", current ? { password, current } : { password });
      setSaid(t("own.saved"));
      setPassword("");
      setCurrent("");
    } catch (error) {
      setSaid(t("own.failed", { why: reason(error) }));
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div class="f">
        <label for="own-current">{t("own.current")}</label>
        <input id="own-current" class="field" type="password" autocomplete="current-password" placeholder={t("own.current.hint")} value={current} onInput={(event) => setCurrent(event.currentTarget.value)} />
      </div>
      <div class="f">
        <label for="own-password">{t("own.password")}</label>
        <input id="own-password" class="field" type="password" autocomplete="new-password" placeholder={t("own.password.hint")} minLength={12} required value={password} onInput={(event) => setPassword(event.currentTarget.value)} />
      </div>
      <button type="submit" class="btn">{t("own.save")}</button>
      <p role="status" class="t2">{said}</p>
    </form>
  );
}

function Authenticator(): JSX.Element {
  const [key, setKey] = useState<string | null>(null);
  const [code, setCode] = useState("");
  const [said, setSaid] = useState("");
  const begin = async (): Promise<void> => {
    try {
      const { uri } = await post<{ uri: string }>("/api/me/totp");
      setKey(new URL(uri).searchParams.get("secret"));
    } catch (error) {
      setSaid(t("own.failed", { why: reason(error) }));
    }
  };
  const confirm = async (): Promise<void> => {
    try {
      await post("/api/me/totp/confirm", { code });
      setKey(null);
      setSaid(t("own.totp.done"));
    } catch (error) {
      setSaid(t("own.failed", { why: reason(error) }));
    }
  };
  return (
    <>
      {key === null ? (
        <button type="button" class="btn" onClick={() => void begin()}>{t("own.totp")}</button>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void confirm();
          }}
        >
          <p class="t2">{t("own.totp.lead")}</p>
          <p>
            {t("own.totp.key")} <code>{key.match(/.{1,4}/g)?.join(" ")}</code>
          </p>
          <div class="f">
            <label for="own-totp">{t("totp")}</label>
            <input id="own-totp" class="field" inputMode="numeric" autocomplete="one-time-code" maxLength={6} value={code} onInput={(event) => setCode(event.currentTarget.value)} />
          </div>
          <button type="submit" class="btn" disabled={code.length !== 6}>{t("totp.send")}</button>
        </form>
      )}
      <p role="status" class="t2">{said}</p>
    </>
  );
}

function Passkey(): JSX.Element {
  const [said, setSaid] = useState("");
  const make = async (): Promise<void> => {
    try {
      const question = await post<{ challenge: string; passkey: Record<string, unknown> & { challenge: string } }>("/api/me/passkeys/options");
      const credential = await create(question.passkey);
      await post("/api/me/passkeys", { challenge: question.challenge, credential, name: navigator.platform || "passkey" });
      setSaid(t("own.passkey.done"));
    } catch (error) {
      setSaid(t("own.failed", { why: reason(error) }));
    }
  };
  return (
    <>
      <button type="button" class="btn" onClick={() => void make()}>{t("own.passkey")}</button>
      <p role="status" class="t2">{said}</p>
    </>
  );
}

export function Own(): JSX.Element {
  return (
    <details class="own">
      <summary>{t("own")}</summary>
      <div class="ways">
        <p class="t2">{t("own.lead")}</p>
        <Password />
        <Passkey />
        <Authenticator />
      </div>
    </details>
  );
}
