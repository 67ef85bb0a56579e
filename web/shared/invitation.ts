/**
 * How somebody becomes a guardian who is told by push. Her phone makes a key pair and opens a mailbox at the centre; the
 * invitation is a link whose fragment, which no browser sends to a server, holds the mailbox and the public key. The
 * guardian's browser seals its push address to that key and leaves it in the mailbox. Who is whose guardian stays on her phone.
 */
import { type Bytes, base64url, fromBase64, utf8 } from "./bytes";
import { seal, unseal } from "./hpke";

/** Binds what is sealed to this purpose (HPKE info); the mailbox is the associated data. */
const PURPOSE = "ansim guardian";
const FRAGMENT = /([0-9a-f]{32})\.([A-Za-z0-9_-]{87})$/;

/** What the server's contacts call `push`: the two members of PushSubscription.toJSON() that it takes. */
export interface Push {
  endpoint: string;
  keys: { p256dh: string; auth: string };
}

export interface Invitation {
  mailbox: string;
  point: Bytes;
}

export const fragment = ({ mailbox, point }: Invitation): string => `${mailbox}.${base64url(point)}`;

/** Reads a fragment or the whole link; null when it was cut short. */
export function read(link: string): Invitation | null {
  const found = FRAGMENT.exec(link.trim());
  return found ? { mailbox: found[1]!, point: fromBase64(found[2]!) } : null;
}

export async function sealed(push: Push, to: Invitation): Promise<string> {
  return base64url(await seal(to.point, utf8(JSON.stringify(push)), PURPOSE, utf8(to.mailbox)));
}

/** Rejects when it was not sealed for this invitation, or is no push address. */
export async function opened(left: string, mailbox: string, secret: JsonWebKey): Promise<Push> {
  const plain = await unseal(secret, fromBase64(left), PURPOSE, utf8(mailbox));
  const { endpoint, keys } = JSON.parse(new TextDecoder().decode(plain)) as Partial<Push>;
  if (typeof endpoint !== "string" || !/^https?:\/\/\S+$/.test(endpoint) || typeof keys?.p256dh !== "string" || typeof keys.auth !== "string") throw new TypeError("no push address");
  return { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } };
}

/** Four digits that both screens show: whoever else got hold of the link would have others. */
export async function number(push: Push): Promise<string> {
  const digest = new DataView(await crypto.subtle.digest("SHA-256", utf8(push.endpoint + push.keys.p256dh)));
  return String(digest.getUint32(0) % 10_000).padStart(4, "0");
}
