/** One record in full, and its proof worked out here. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import check_ from "lucide-static/icons/check.svg?raw";
import circleHelp from "lucide-static/icons/circle-question-mark.svg?raw";
import triangle from "lucide-static/icons/triangle-alert.svg?raw";
import x from "lucide-static/icons/x.svg?raw";
import { get } from "../shared/api";
import { base64url, fromBase64, hex } from "../shared/bytes";
import { Icon } from "../shared/icons";
import { type Checked, type Proof, type Verdict, check } from "../shared/proof";
import { clockTime } from "../shared/words";
import type { Row } from "./rows";
import { t } from "./words";

function Point({ good, words }: { good: Verdict; words: string }): JSX.Element {
  return (
    <li class="row">
      <Icon of={good === null ? circleHelp : good ? check_ : triangle} class={good === null ? "t3" : good ? "cok" : "c1"} />
      <span>
        {words}
        {good === null && <span class="t3"> · {t("proof.unknown")}</span>}
      </span>
    </li>
  );
}

function Result({ checked, same }: { checked: Checked; same: boolean }): JSX.Element {
  const good = checked.included && same && checked.signed !== false;
  return (
    <div class={good ? "result" : "result bad"} role="status">
      <b>{good ? t("proof.ok", { n: checked.head.size.toLocaleString() }) : t("proof.bad")}</b>
      <ul>
        <Point good={same} words={t("proof.leaf")} />
        <Point good={checked.included} words={t("proof.root")} />
        <Point good={checked.signed} words={t("proof.signed", { name: checked.head.origin })} />
        {checked.witnesses.map((one) => (
          <Point key={one.name} good={one.signed === false ? null : one.signed} words={t("proof.witness", { name: one.name })} />
        ))}
      </ul>
    </div>
  );
}

export function Detail({ row, close }: { row: Row; close: () => void }): JSX.Element {
  const { entry } = row;
  const [checked, setChecked] = useState<Checked | null>(null);
  const [state, setState] = useState<"idle" | "busy" | "failed">("idle");
  const prove = async (): Promise<void> => {
    setState("busy");
    try {
      setChecked(await check(await get<Proof>(`/api/ledger/${entry.seq}/proof`), entry.seq!));
      setState("idle");
    } catch {
      setState("failed");
    }
  };
  const leaf = fromBase64(entry.leaf_hash);
  const more = Object.entries(entry.details);
  return (
    <section class="pane detail" aria-live="polite">
      <h2>
        {t("detail", { n: entry.seq ?? "—" })}
        <button type="button" class="r" aria-label={t("detail.close")} onClick={close}><Icon of={x} /></button>
      </h2>
      <p class="m">{row.what}</p>
      <dl class="kv">
        <dt class="t2">{t("col.time")}</dt>
        <dd>{new Date(entry.at).toLocaleDateString()} {clockTime(entry.at)}</dd>
        <dt class="t2">{t("col.who")}</dt>
        <dd>{row.who}</dd>
        <dt class="t2">{t("detail.object")}</dt>
        <dd class="id">{entry.object}</dd>
        {more.map(([name, value]) => (
          <>
            <dt class="t2" key={`${name}-t`}>{name}</dt>
            <dd key={`${name}-d`} class="id">{String(value)}</dd>
          </>
        ))}
        <dt class="t2">{t("detail.leaf")}</dt>
        <dd class="id">{hex(leaf).slice(0, 16)}…</dd>
      </dl>
      {checked ? (
        <Result checked={checked} same={base64url(checked.leaf) === base64url(leaf)} />
      ) : (
        <button type="button" class="btn" disabled={state === "busy" || entry.seq === null} onClick={() => void prove()}>
          {state === "busy" ? t("proving") : state === "failed" ? t("proof.failed") : t("prove")}
        </button>
      )}
    </section>
  );
}
