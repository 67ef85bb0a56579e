/** What she tells this phone about herself. Every change is stored at once; nothing leaves before an SOS. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import trash from "lucide-static/icons/trash-2.svg?raw";
import plus from "lucide-static/icons/plus.svg?raw";
import { Icon } from "../shared/icons";
import { both } from "../shared/i18n";
import { type Optional, type Term, add, missing } from "./consent";
import { Field } from "./parts";
import { EMPTY, profile, remember } from "./state";
import { t } from "./words";
import type { Guardian } from "./wire";

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

/** Nothing when contacts are not agreed to and the form for her name already asks. */
export function GuardianForm({ ask = false }: { ask?: boolean }): JSX.Element | null {
  const contacts = missing("contacts");
  if (contacts) return ask ? <Ask item={contacts} of="contacts" /> : null;
  return <Guardians />;
}

function Guardians(): JSX.Element {
  const guardians = profile.value?.guardians ?? [];
  const [draft, setDraft] = useState<Guardian | null>(guardians.length === 0 ? BLANK : null);
  const [missing, setMissing] = useState(false);
  const add = async (): Promise<void> => {
    if (draft === null) return;
    const whole: Guardian = {
      name: draft.name.trim() || draft.relation.trim(),
      relation: draft.relation.trim() || draft.name.trim(),
      ...(draft.phone?.trim() ? { phone: draft.phone.trim() } : {}),
      ...(draft.mail?.trim() ? { mail: draft.mail.trim() } : {}),
    };
    if (whole.name === "" || (!whole.phone && !whole.mail)) return setMissing(true);
    setMissing(false);
    await remember({ guardians: [...guardians, whole] });
    setDraft(null);
  };
  return (
    <div class="guardians">
      <ul class="items">
        {guardians.map((one, at) => (
          <li key={at} class="panel row item">
            <span class="av" aria-hidden="true">{[...(one.relation || one.name)][0]}</span>
            <span class="grow">
              <b>{one.relation || one.name}</b>
              <span class="t2">{[one.name !== one.relation ? one.name : "", one.phone, one.mail].filter(Boolean).join(" · ")}</span>
            </span>
            <button type="button" class="round bare" aria-label={`${one.relation || one.name} ${t("remove")}`} onClick={() => void remember({ guardians: guardians.filter((_, other) => other !== at) })}>
              <Icon of={trash} class="t3" />
            </button>
          </li>
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
            void add();
          }}
        >
          <div class="two">
            <Field id="g-relation" label={t("guardian.relation")} value={draft.relation} change={(relation) => setDraft({ ...draft, relation })} hint={t("guardian.relation.hint")} maxLength={20} />
            <Field id="g-name" label={t("guardian.name")} value={draft.name} change={(name) => setDraft({ ...draft, name })} maxLength={40} />
          </div>
          <Field id="g-phone" label={t("guardian.phone")} value={draft.phone ?? ""} change={(phone) => setDraft({ ...draft, phone })} type="tel" inputMode="tel" maxLength={20} />
          <Field id="g-mail" label={t("guardian.mail")} value={draft.mail ?? ""} change={(mail) => setDraft({ ...draft, mail })} type="email" inputMode="email" maxLength={120} error={missing ? t("guardian.reach") : null} />
          <button type="submit" class="pbtn">
            <Icon of={plus} />
            {t("guardian.add")}
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
