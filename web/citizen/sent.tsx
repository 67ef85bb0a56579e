/** After the press. In this order: the state in words, who holds it, guardians, one message, siren and 112, cancel last. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import check from "lucide-static/icons/check.svg?raw";
import checkCheck from "lucide-static/icons/check-check.svg?raw";
import clock from "lucide-static/icons/clock.svg?raw";
import messageSquare from "lucide-static/icons/message-square.svg?raw";
import notebook from "lucide-static/icons/notebook-pen.svg?raw";
import phoneIcon from "lucide-static/icons/phone.svg?raw";
import send from "lucide-static/icons/send.svg?raw";
import sirenIcon from "lucide-static/icons/siren.svg?raw";
import alert from "lucide-static/icons/triangle-alert.svg?raw";
import { since } from "../shared/clock";
import { Filming } from "../shared/filming";
import { Icon } from "../shared/icons";
import { age, clockTime, distance } from "../shared/words";
import { CancelPad } from "./cancel";
import type { Emergency } from "./emergency";
import { HoldButton } from "../shared/hold";
import { nearestHelp } from "./help";
import { Badge, furthest } from "./parts";
import { Siren } from "./siren";
import { type Word, t } from "./words";

interface SentProps {
  of: Emergency;
  hide: () => void;
  leave: () => void;
  record: () => void;
}

const STOCK: Word[] = ["stock.1", "stock.2", "stock.3", "stock.4"];

function words(of: Emergency): { title: Word; sub: Word | null; badge: "ok" | "going" | "kept" } {
  const phone = of.phone.value;
  if (of.receipt.value?.closed_at) {
    return { title: "sent.closed", sub: of.receipt.value.destroyed_at ? "sent.destroyed.sub" : "sent.closed.sub", badge: "ok" };
  }
  switch (of.sending.value) {
    case "sending":
      return { title: "sent.sending", sub: "sent.sending.sub", badge: "going" };
    case "again":
      return { title: "sent.again", sub: "sent.again.sub", badge: "going" };
    case "offline":
      return { title: "sent.offline", sub: "sent.offline.sub", badge: "kept" };
    case "received":
      return { title: phone?.holder ? "sent.watching" : "sent.received", sub: null, badge: "ok" };
  }
}

function Steps({ of }: { of: Emergency }): JSX.Element {
  const phone = of.phone.value;
  const held = phone?.holder ?? null;
  const dispatch = phone?.dispatch ?? null;
  const agency = dispatch ? t(dispatch.agency === "119" ? "agency.119" : "agency.112") : "";
  const minutes = dispatch?.eta_s ? t("step.eta", { n: Math.max(1, Math.round(dispatch.eta_s / 60)) }) : "";
  const closed = of.receipt.value?.closed_at !== null;
  const now = closed ? "done" : "now";
  return (
    <section class="ph" aria-live="polite">
      <ol class="panel vt">
        <li class="done">
          <span class="d"><Icon of={check} /></span>
          <b>{t("step.received")}</b>
          <time>{clockTime(of.receipt.value!.received_at)}</time>
        </li>
        <li class={held ? "done" : now}>
          <span class="d">{(held || closed) && <Icon of={check} />}</span>
          <div>
            <b>{held ? t("step.holder", { name: held }) : t("step.waiting")}</b>
            {held && (phone?.cameras ?? 0) > 0 && <div class="t2">{t("step.cameras", { n: phone!.cameras! })}</div>}
          </div>
          {phone?.claimed_at ? <time>{clockTime(phone.claimed_at)}</time> : <span />}
        </li>
        {dispatch && (
          <li class={dispatch.state === "arrived" || dispatch.state === "completed" ? "done" : now}>
            <span class="d">{(dispatch.state === "arrived" || dispatch.state === "completed" || closed) && <Icon of={check} />}</span>
            <div>
              <b class="last">{t(`step.${dispatch.state}` as Word, { agency })}</b>
              {(dispatch.unit || minutes) && <div class="t2">{[dispatch.unit, dispatch.state === "en_route" || dispatch.state === "acknowledged" ? minutes : ""].filter(Boolean).join(" · ")}</div>}
            </div>
            {dispatch.at ? <time>{clockTime(dispatch.at)}</time> : <span />}
          </li>
        )}
      </ol>
    </section>
  );
}

function Receipts({ of }: { of: Emergency }): JSX.Element | null {
  if (of.practice) return <p class="ph t2 told">{t("receipts.practice")}</p>;
  const receipts = furthest(of.phone.value?.receipts ?? []);
  if (receipts.length === 0) return null;
  return (
    <ul class="ph told" aria-label={t("receipts")} aria-live="polite">
      {receipts.map((one) => (
        <li key={one.who} class="row">
          <Icon of={one.state === "read" ? checkCheck : one.state === "failed" ? alert : one.state === "queued" ? clock : check} class={one.state === "read" ? "cok" : one.state === "failed" ? "c2" : "t3"} />
          <span class="m">{one.who}</span>
          <span class="t2">
            {one.state === "delivered" || one.state === "sent" ? `${t(`channel.${one.channel}` as Word)} ${t(`receipt.${one.state}` as Word)}` : t(`receipt.${one.state}` as Word)}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Talk({ of }: { of: Emergency }): JSX.Element {
  const [line, setLine] = useState("");
  const phone = of.phone.value;
  const latest = phone?.messages.filter((one) => one.from === "operator").at(-1);
  const mine = phone?.messages.filter((one) => one.from === "person").at(-1);
  const saying = of.said.value.at(-1);
  const mineText = saying?.text ?? mine?.text;
  const speaker = phone?.holder ?? t("operator");
  const say = (text: string): void => {
    if (text.trim() !== "") void of.say(text.trim());
  };
  return (
    <section class="ph talk">
      <div aria-live="polite">
        {latest && (
          <div class="panel heard">
            <div class="t2">{speaker} · {age(since(latest.at))}</div>
            <div class="m">{latest.text}</div>
          </div>
        )}
        {mineText && (
          <div class="mine row">
            <span class="t2">{t("said.me")}</span>
            <span class="m grow">{mineText}</span>
            {saying?.state === "failed" ? (
              <button type="button" class="word c2" onClick={() => { of.said.value = of.said.value.filter((one) => one !== saying); say(saying.text); }}>
                {t("said.failed")}
              </button>
            ) : (
              <span class="t3">{saying?.state === "sending" ? t(of.sending.value === "received" ? "said.sending" : "said.wait") : t("said.sent")}</span>
            )}
          </div>
        )}
      </div>
      <div class="stock" role="group" aria-label={t("stocks")}>
        {STOCK.map((word) => (
          <button key={word} type="button" onClick={() => say(t(word))}>
            {t(word)}
          </button>
        ))}
      </div>
      <form
        class="write row"
        onSubmit={(event) => {
          event.preventDefault();
          say(line);
          setLine("");
        }}
      >
        <input class="field" aria-label={t("say")} placeholder={t("say")} value={line} maxLength={300} onInput={(event) => setLine(event.currentTarget.value)} enterkeyhint="send" autocomplete="off" />
        <button type="submit" class="round" aria-label={t("say.send")} disabled={line.trim() === ""}>
          <Icon of={send} />
        </button>
      </form>
    </section>
  );
}

/** The text that 112 gets by SMS when the network for data is gone. */
function smsText(of: Emergency): string {
  const fix = of.where.value;
  const place = fix ? t("sms.place", { lat: fix.latitude.toFixed(5), lon: fix.longitude.toFixed(5), m: Math.round(fix.accuracy_m) }) : t("sms.noplace");
  return t("sms.body", { time: clockTime(of.at, false), place });
}

function Where({ of }: { of: Emergency }): JSX.Element | null {
  const fix = of.where.value;
  if (of.receipt.value?.closed_at) return null;
  const near = nearestHelp(fix);
  return (
    <p class="ph t3 where">
      {fix ? t("sent.where", { m: distance(fix.accuracy_m), age: age(since(fix.at)) }) : t("sent.nowhere")}
      {near && (
        <>
          <br />
          {near}
        </>
      )}
    </p>
  );
}

export function Sent({ of, hide, leave, record }: SentProps): JSX.Element {
  const [cancelling, setCancelling] = useState(false);
  const [short, setShort] = useState(false);
  const [loud, setLoud] = useState(false);
  const siren = useRef(new Siren());
  useEffect(() => () => siren.current.stop(), []);
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);

  const band = of.practice && (
    <div class="practice" role="status">
      {t("practice.band")}
    </div>
  );

  if (of.cancelled.value) {
    const later = of.receipt.value === null;
    return (
      <main class="phone sent cancelled">
        {band}
        <section class="ph top">
          <Badge kind="ok" />
          <h1 ref={head} tabIndex={-1}>{t("sent.cancelled")}</h1>
        </section>
        <p class="ph t2">{later ? t("sent.cancelled.later") : t("sent.cancelled.sub")}</p>
        <div class="ph foot">
          <a class="pbtn" href="tel:112"><Icon of={phoneIcon} />{t("call", { n: 112 })}</a>
          <button type="button" class="pbtn fill" onClick={leave}>{t("sent.home")}</button>
        </div>
      </main>
    );
  }
  if (cancelling) return <CancelPad of={of} band={band} back={() => setCancelling(false)} />;

  const { title, sub, badge } = words(of);
  const receipt = of.receipt.value;
  const closed = receipt?.closed_at != null;
  const toggle = (): void => {
    if (siren.current.on) siren.current.stop();
    else siren.current.start();
    setLoud(siren.current.on);
  };
  return (
    <main class="phone sent">
      {band}
      <button type="button" class="hide row" onClick={hide}>
        <Icon of={notebook} />
        {t("hide")}
      </button>
      <section class="ph top">
        <Badge kind={badge} />
        <h1 ref={head} tabIndex={-1} class="lines" aria-live="assertive">{t(title)}</h1>
      </section>
      {receipt ? (
        <p class="ph t2 number">
          <span>{of.phone.value?.centre ?? receipt.centre.name}</span>
          <span class="t3">·</span>
          <span>
            {t("sent.receipt")} <b>{receipt.receipt}</b>
          </span>
        </p>
      ) : (
        <p class="ph t2" role="status">{sub && t(sub)}</p>
      )}
      {!receipt && of.unstored.value && <p class="ph c2" role="alert">{t("storage.failed")}</p>}
      {receipt && closed && sub && <p class="ph t2">{t(sub)}</p>}
      {receipt && !closed && !of.connected.value && <p class="ph c2 row" role="status"><Icon of={alert} />{t("sent.line")}</p>}
      {receipt && <Steps of={of} />}
      {receipt && <Receipts of={of} />}
      {!closed && <Where of={of} />}
      {of.smsOffered.value && (
        <div class="ph">
          <a class="pbtn" href={`sms:112?&body=${encodeURIComponent(smsText(of))}`}>
            <Icon of={messageSquare} />
            {t("sms")}
          </a>
        </div>
      )}
      {!closed && receipt && of.film && <Filming film={of.film} />}
      {!closed && receipt && <Talk of={of} />}
      <section class="ph last-row foot">
        {closed ? (
          <>
            <button type="button" class="pbtn" onClick={record}>{t("sent.record")}</button>
            <button type="button" class="pbtn fill" onClick={leave}>{t("sent.home")}</button>
          </>
        ) : (
          <>
            <div class="two">
              <button type="button" class={loud ? "pbtn p1" : "pbtn"} aria-pressed={loud} onClick={toggle}>
                <Icon of={sirenIcon} />
                {loud ? t("siren.stop") : t("siren")}
              </button>
              {of.practice ? (
                <span class="pbtn" aria-disabled="true"><Icon of={phoneIcon} />{t("call", { n: 112 })}</span>
              ) : (
                <a class="pbtn" href="tel:112"><Icon of={phoneIcon} />{t("call", { n: 112 })}</a>
              )}
            </div>
            <HoldButton class="pbtn low undo" describe={t("cancel.short")} again={t("cancel.again")} onHeld={() => setCancelling(true)} onShort={() => setShort(true)}>
              {() => <span>{short ? t("cancel.short") : t("cancel")}</span>}
            </HoldButton>
            {of.practice && <button type="button" class="pbtn low" onClick={leave}>{t("practice.stop")}</button>}
          </>
        )}
      </section>
    </main>
  );
}
