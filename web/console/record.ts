/** The case's record in sentences, newest first: what the server wrote down, and what its parts say of themselves. */
import type { IncidentDetail } from "../shared/api";
import { both } from "../shared/i18n";
import { span } from "../shared/words";
import { named, t } from "./words";

export interface Sentence {
  id: string;
  at: string;
  text: string;
}

const seconds = (from: string, to: string): string => span((Date.parse(to) - Date.parse(from)) / 1000);

export function record(incident: IncidentDetail): Sentence[] {
  const lines: Sentence[] = [];
  const add = (id: string, at: string | null | undefined, text: string): void => {
    if (at) lines.push({ id, at, text });
  };
  const owner = incident.owner;
  for (const entry of incident.timeline) {
    // What follows says these better, with durations and names.
    if (/^(?:dispatch|message|link)\./.test(entry.act)) continue;
    const step = entry.act.startsWith("procedure.") ? incident.procedure.find((each) => each.step === entry.text) : undefined;
    const who = entry.name ?? (owner && entry.actor === owner.id ? owner.name : t("record.somebody"));
    const text = step ? both(step.label) : (entry.text ?? "");
    const sentence = named("record", entry.act, { who, text });
    add(entry.id, entry.at, sentence === entry.act ? text || entry.act : sentence);
  }
  for (const dispatch of incident.dispatches) {
    const { agency } = dispatch;
    const unit = dispatch.unit ?? agency;
    if (dispatch.phone) add(`${dispatch.id}.asked`, dispatch.requested_at, t("record.dispatch.phone", { agency, number: dispatch.phone }));
    else if (dispatch.state === "refused" || dispatch.state === "no_answer") add(`${dispatch.id}.asked`, dispatch.requested_at, t(`record.dispatch.${dispatch.state}`, { agency }));
    else if (dispatch.answered_at) add(`${dispatch.id}.asked`, dispatch.answered_at, t("record.dispatch.answered", { agency, t: seconds(dispatch.requested_at, dispatch.answered_at) }));
    else add(`${dispatch.id}.asked`, dispatch.requested_at, t("record.dispatch.requested", { agency }));
    add(`${dispatch.id}.arrived`, dispatch.arrived_at, t("record.dispatch.arrived", { unit }));
    add(`${dispatch.id}.completed`, dispatch.completed_at, t("record.dispatch.completed", { unit }));
  }
  for (const link of incident.links) add(`${link.id}.opened`, link.opened_at, t("record.link.opened", { who: link.recipient }));
  for (const message of incident.messages) add(message.id, message.at, t(`record.chat.${message.from}`, { text: message.text }));
  add("destroyed", incident.destroyed_at, t("record.destroyed"));
  return lines.sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || (a.id < b.id ? 1 : -1));
}
