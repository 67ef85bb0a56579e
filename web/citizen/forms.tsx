/** What she tells this phone about herself. Every change is stored at once; nothing leaves before an SOS. */
import type { JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import arrowUp from "lucide-static/icons/arrow-up.svg?raw";
import bell from "lucide-static/icons/bell-ring.svg?raw";
import trash from "lucide-static/icons/trash-2.svg?raw";
import plus from "lucide-static/icons/plus.svg?raw";
import { Icon } from "../shared/icons";
import { both } from "../shared/i18n";
import { type Optional, type Term, add, missing } from "./consent";
import { Checked, Invitation } from "./invitation";
import { collectAnswers, invite, takeBack } from "./invite";
import { Field, Switch } from "./parts";
import { EMPTY, profile, remember } from "./state";
import { t } from "./words";
import { type Guardian, reachable } from "./wire";

/** Stands in the place of a form until she agrees to what the form is for. */
function Ask({ item, of }: { item: Term; of: Optional }): JSX.Element {
  const [failed, setFailed] = useState(false);
  const [busy, setBusy] = useState(false);
  const agree = async (): Promise<void> => {
    setBusy(true);
    setFailed(await add(of).then(() => false, () => true));
    setBusy(false);
  };
  return (
    <div class="panel ask">
      <b>{both(item.title)}</b>
      <p class="t2">{both(item.text)}</p>
      {failed && <p class="c1" role="alert">{t("consent.failed")}</p>}
      <button type="button" class="pbtn" disabled={busy} onClick={() => void agree()}>{busy ? t("consent.busy") : t("consent.add")}</button>
    </div>
  );
}

export function Person(): JSX.Element {
  const { name, phone, note } = profile.value ?? EMPTY;
  const contacts = missing("contacts");
  const health = missing("health");
  if (contacts) return <Ask item={contacts} of="contacts" />;
  return (
    <div class="fields">
      <Field id="name" label={t("name")} value={name} change={(value) => void remember({ name: value })} hint={t("name.hint")} autocomplete="name" maxLength={40} />
      <Field id="phone" label={t("phone")} value={phone} change={(value) => void remember({ phone: value })} type="tel" inputMode="tel" autocomplete="tel" maxLength={20} />
      {health ? <Ask item={health} of="health" /> : <Field id="note" label={t("note")} value={note} change={(value) => void remember({ note: value })} hint={t("note.hint")} maxLength={200} />}
    </div>
  );
}

const BLANK: Guardian = { name: "", relation: "" };

const called = (one: Guardian): string => one.relation || one.name;

/** Nothing when contacts are not agreed to and the form for her name already asks. */
export function GuardianForm({ ask = false }: { ask?: boolean }): JSX.Element | null {
  const contacts = missing("contacts");
  if (contacts) return ask ? <Ask item={contacts} of="contacts" /> : null;
  return <Guardians />;
}

const NIGHT = { quiet_from: "22:00", quiet_until: "07:00" };

/** When she is told of an SOS and of an unanswered question only, and of no ordinary trip. */
function Quiet({ of, change }: { of: Guardian; change: (to: Guardian) => Promise<void> }): JSX.Element {
  const id = useId();
  const on = Boolean(of.quiet_from && of.quiet_until);
  const { quiet_from: _from, quiet_until: _until, ...always } = of;
  const field = (name: "quiet_from" | "quiet_until"): JSX.Element => (
    <input class="field" type="time" required aria-label={t(`guardian.${name}`)} value={of[name]} onChange={(event) => event.currentTarget.value && void change({ ...of, [name]: event.currentTarget.value })} />
  );
  return (
    <div class="quiet">
      <div class="row item">
        <span class="grow" id={id}>
          <b>{t("guardian.quiet")}</b>
          <span class="t2">{t("guardian.quiet.hint")}</span>
        </span>
        <Switch on={on} labelledby={id} turn={(quiet) => void change(quiet ? { ...always, ...NIGHT } : always)} />
      </div>
      {on && (
        <div class="two" role="group" aria-labelledby={id}>
          {field("quiet_from")}
          {field("quiet_until")}
        </div>
      )}
    </div>
  );
}

interface ItemProps {
  of: Guardian;
  shown: boolean;
  show: (mailbox: string | null) => void;
  change: (to: Guardian) => Promise<void>;
  /** Before whoever stands before her; null for the first. */
  sooner: (() => Promise<void>) | null;
  remove: () => Promise<void>;
}

/** One guardian: how she is reached and when, and the way for her browser to be told, too. */
function Item({ of, shown, show, change, sooner, remove }: ItemProps): JSX.Element {
  const [failed, setFailed] = useState(false);
  const press = async (): Promise<void> => {
    if (of.invited) return show(shown ? null : of.invited.mailbox);
    try {
      const invited = await invite();
      await change({ ...of, invited });
      setFailed(false);
      show(invited.mailbox);
    } catch {
      setFailed(true);
    }
  };
  const ways = [of.name !== of.relation ? of.name : "", of.phone, of.mail].filter(Boolean).join(" · ");
  return (
    <li class="panel guardian">
      <div class="row item">
        <span class="av" aria-hidden="true">{[...called(of)][0]}</span>
        <span class="grow">
          <b>{called(of)}</b>
          {ways && <span class="t2">{ways}</span>}
          {of.push && <span class="cok"><Checked push={of.push} /></span>}
          {of.invited && <span class="t2" role="status">{t("invite.waiting")}</span>}
          {!of.invited && !reachable(of) && <span class="c1">{t("invite.none")}</span>}
        </span>
        {sooner && (
          <button type="button" class="round bare" aria-label={t("guardian.sooner", { who: called(of) })} onClick={() => void sooner()}>
            <Icon of={arrowUp} class="t3" />
          </button>
        )}
        <button type="button" class="round bare" aria-label={`${called(of)} ${t("remove")}`} onClick={() => void remove()}>
          <Icon of={trash} class="t3" />
        </button>
      </div>
      {!of.push && (
        <button type="button" class="pbtn low" {...(of.invited ? { "aria-expanded": shown } : {})} onClick={() => void press()}>
          <Icon of={bell} />
          {of.invited ? (shown ? t("invite.hide") : t("invite.show")) : t("invite")}
        </button>
      )}
      <Quiet of={of} change={change} />
      {failed && <p class="c1" role="alert">{t("invite.failed")}</p>}
      {of.invited && shown && <Invitation of={of.invited} />}
    </li>
  );
}

function Guardians(): JSX.Element {
  const guardians = profile.value?.guardians ?? [];
  const [draft, setDraft] = useState<Guardian | null>(guardians.length === 0 ? BLANK : null);
  /** The mailbox of the invitation that stands open. */
  const [shown, setShown] = useState(guardians.find((one) => one.invited && !reachable(one))?.invited?.mailbox ?? null);
  const [wrong, setWrong] = useState<"name" | "reach" | "invite" | null>(null);
  useEffect(() => void collectAnswers(), []);
  const add = async (byInvitation: boolean): Promise<void> => {
    if (draft === null) return;
    const whole: Guardian = {
      name: draft.name.trim() || draft.relation.trim(),
      relation: draft.relation.trim() || draft.name.trim(),
      ...(draft.phone?.trim() ? { phone: draft.phone.trim() } : {}),
      ...(draft.mail?.trim() ? { mail: draft.mail.trim() } : {}),
    };
    if (whole.name === "") return setWrong("name");
    if (!byInvitation && !reachable(whole)) return setWrong("reach");
    try {
      const invited = byInvitation ? await invite() : null;
      await remember({ guardians: [...(profile.value?.guardians ?? []), { ...whole, ...(invited ? { invited } : {}) }] });
      setShown(invited?.mailbox ?? null);
      setWrong(null);
      setDraft(null);
    } catch {
      setWrong("invite");
    }
  };
  const replace = (at: number, by: Guardian[]): Promise<void> => remember({ guardians: guardians.flatMap((one, other) => (other === at ? by : one)) });
  return (
    <div class="guardians">
      {guardians.length > 1 && <p class="t2">{t("guardian.order")}</p>}
      <ul class="items">
        {guardians.map((one, at) => (
          <Item
            key={at}
            of={one}
            shown={one.invited !== undefined && one.invited.mailbox === shown}
            show={setShown}
            change={(to) => replace(at, [to])}
            sooner={at === 0 ? null : () => remember({ guardians: guardians.map((_, to) => guardians[to === at - 1 ? at : to === at ? at - 1 : to]!) })}
            remove={async () => {
              await replace(at, []);
              if (one.invited) await takeBack(one.invited);
            }}
          />
        ))}
      </ul>
      {draft === null ? (
        <button type="button" class="pbtn" onClick={() => setDraft(BLANK)}>
          <Icon of={plus} />
          {t("guardian.add")}
        </button>
      ) : (
        <form
          class="panel fields"
          onSubmit={(event) => {
            event.preventDefault();
            void add(false);
          }}
        >
          <div class="two">
            <Field id="g-relation" label={t("guardian.relation")} value={draft.relation} change={(relation) => setDraft({ ...draft, relation })} hint={t("guardian.relation.hint")} maxLength={20} error={wrong === "name" ? t("guardian.who") : null} />
            <Field id="g-name" label={t("guardian.name")} value={draft.name} change={(name) => setDraft({ ...draft, name })} maxLength={40} />
          </div>
          <Field id="g-phone" label={t("guardian.phone")} value={draft.phone ?? ""} change={(phone) => setDraft({ ...draft, phone })} type="tel" inputMode="tel" maxLength={20} />
          <Field id="g-mail" label={t("guardian.mail")} value={draft.mail ?? ""} change={(mail) => setDraft({ ...draft, mail })} type="email" inputMode="email" maxLength={120} error={wrong === "reach" ? t("guardian.reach") : null} />
          <button type="submit" class="pbtn">
            <Icon of={plus} />
            {t("guardian.add")}
          </button>
          {wrong === "invite" && <p class="c1" role="alert">{t("invite.failed")}</p>}
          <button type="button" class="pbtn low" onClick={() => void add(true)}>
            <Icon of={bell} />
            {t("guardian.invite")}
          </button>
        </form>
      )}
    </div>
  );
}

const DIGITS = /^\d{4,6}$/;

export function Codes({ saved, skip }: { saved: () => void; skip: () => void }): JSX.Element {
  const [cancel, setCancel] = useState(profile.value?.codes?.cancel ?? "");
  const [duress, setDuress] = useState(profile.value?.codes?.duress ?? "");
  const [wrong, setWrong] = useState<string | null>(null);
  const save = async (): Promise<void> => {
    if (!DIGITS.test(cancel) || !DIGITS.test(duress)) return setWrong(t("codes.short"));
    if (cancel === duress) return setWrong(t("codes.same"));
    await remember({ codes: { cancel, duress } });
    saved();
  };
  return (
    <form
      class="fields codes"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Field id="code-cancel" label={t("codes.cancel")} value={cancel} change={setCancel} hint={t("codes.cancel.hint")} inputMode="numeric" autocomplete="off" maxLength={6} />
      <Field id="code-duress" label={t("codes.duress")} value={duress} change={setDuress} hint={t("codes.duress.hint")} inputMode="numeric" autocomplete="off" maxLength={6} />
      {wrong && <p class="c1" role="alert">{wrong}</p>}
      <div class="foot">
        <button type="submit" class="pbtn fill">{t("save")}</button>
        <button type="button" class="pbtn low" onClick={skip}>{t("later")}</button>
      </div>
    </form>
  );
}
