/** Inviting a guardian's browser: the key to what it answers, and the answer, stay on this phone. */
import { Problem, post } from "../shared/api";
import { pair } from "../shared/hpke";
import { fragment, opened } from "../shared/invitation";
import { base64url, fromBase64 } from "../shared/bytes";
import { profile, remember } from "./state";
import type { Guardian, Invited } from "./wire";

const at = (mailbox: string, verb: "read" | "close"): string => `/api/citizen/mailboxes/${mailbox}/${verb}`;

/** What the guardian opens; the part after # never reaches a server. */
export const link = ({ mailbox, point }: Invited): string => `${location.origin}/guardian#${fragment({ mailbox, point: fromBase64(point) })}`;

/** Rejects with the Problem of the centre: without it there is no mailbox. */
export async function invite(): Promise<Invited> {
  const [{ mailbox, secret, expires_at }, { secret: key, point }] = await Promise.all([post<{ mailbox: string; secret: string; expires_at: string }>("/api/citizen/mailboxes"), pair()]);
  return { mailbox, secret, expires_at, key, point: base64url(point) };
}

/** The guardian this invitation belongs to, changed; nothing when she has been removed meanwhile. */
async function settle(mailbox: string, change: (one: Guardian) => Guardian): Promise<void> {
  const guardians = profile.value?.guardians ?? [];
  if (guardians.some((one) => one.invited?.mailbox === mailbox)) {
    await remember({ guardians: guardians.map((one) => (one.invited?.mailbox === mailbox ? change(one) : one)) });
  }
}

const withoutInvitation = ({ invited: _, ...rest }: Guardian): Guardian => rest;

/** Destroys what lies at the centre; it dies by itself when this does not get through. */
export async function takeBack({ mailbox, secret }: Invited): Promise<void> {
  await post(at(mailbox, "close"), { secret }).catch(() => undefined);
}

async function collect(one: Invited): Promise<void> {
  try {
    const { sealed } = await post<{ sealed: string | null }>(at(one.mailbox, "read"), { secret: one.secret });
    if (sealed === null) return;
    const push = await opened(sealed, one.mailbox, one.key).catch(() => null);
    // Stored here before it is destroyed there.
    await settle(one.mailbox, (guardian) => ({ ...withoutInvitation(guardian), ...(push ? { push } : {}) }));
    await takeBack(one);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) await settle(one.mailbox, withoutInvitation);
  }
}

let collecting: Promise<unknown> | null = null;

/** Fetches every answer that has come. One round at a time. */
export function collectAnswers(): Promise<unknown> {
  const waiting = (profile.value?.guardians ?? []).flatMap((one) => one.invited ?? []);
  collecting ??= Promise.all(waiting.map(collect)).finally(() => (collecting = null));
  return collecting;
}
