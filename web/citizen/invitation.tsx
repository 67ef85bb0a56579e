/** The way for a guardian's browser: a QR code for one who stands beside her, a link for one who does not. */
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import send from "lucide-static/icons/send.svg?raw";
import { encode } from "uqr";
import { locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { number } from "../shared/invitation";
import { collectAnswers, link } from "./invite";
import { t } from "./words";
import type { Guardian, Invited } from "./wire";

const ASK_EVERY_MS = 6_000;

/** One path for all dark squares: it prints sharp at every size and needs no style. */
function Code({ of }: { of: string }): JSX.Element {
  const { data, size } = useMemo(() => encode(of, { ecc: "L", border: 4 }), [of]);
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t("invite.qr")} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

export function Invitation({ of }: { of: Invited }): JSX.Element {
  const [copied, setCopied] = useState(false);
  const url = link(of);
  useEffect(() => {
    const timer = setInterval(() => void collectAnswers(), ASK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const copy = (): void => void navigator.clipboard?.writeText(url).then(() => setCopied(true), () => undefined);
  const share = (): void => void navigator.share({ text: t("invite.message"), url }).catch(() => undefined);
  return (
    <div class="invitation">
      <p class="t2">{t("invite.how")}</p>
      <Code of={url} />
      {"share" in navigator && (
        <button type="button" class="pbtn fill" onClick={share}>
          <Icon of={send} />
          {t("invite.share")}
        </button>
      )}
      <button type="button" class="pbtn" aria-live="polite" onClick={copy}>
        {copied ? t("invite.copied") : t("invite.copy")}
      </button>
      <p class="t3 small">{t("invite.once", { day: new Date(of.expires_at).toLocaleString(locale.value, { month: "long", day: "numeric", hour: "numeric", minute: "2-digit" }) })}</p>
    </div>
  );
}

/** The number her guardian sees too; only the one who answered has it. */
export function Checked({ push }: { push: NonNullable<Guardian["push"]> }): JSX.Element | null {
  const [digits, setDigits] = useState("");
  useEffect(() => void number(push).then(setDigits), [push]);
  return digits ? <>{t("invite.number", { n: digits })}</> : null;
}
