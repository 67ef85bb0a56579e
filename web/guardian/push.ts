/** This browser's way to be told: permission, and a subscription under the centre's key. */
import { get } from "../shared/api";
import { base64url } from "../shared/bytes";
import type { Push } from "../shared/invitation";

const WORKER = "/guardian/sw.js";
const SCOPE = "/guardian";

/** Why this browser cannot be told at all. An iPhone can, once the page is on its home screen. */
export function obstacle(): "iphone" | "insecure" | "browser" | null {
  if (!isSecureContext) return "insecure";
  if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) return null;
  const apple = /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.userAgent.includes("Macintosh") && navigator.maxTouchPoints > 1);
  return apple ? "iphone" : "browser";
}

const registered = async (): Promise<ServiceWorkerRegistration> => {
  await navigator.serviceWorker.register(WORKER, { scope: SCOPE });
  return navigator.serviceWorker.ready;
};

function shape(subscription: PushSubscription): Push {
  const { endpoint, keys } = subscription.toJSON();
  return { endpoint: endpoint!, keys: { p256dh: keys!["p256dh"]!, auth: keys!["auth"]! } };
}

/** Rejects when the browser's push service cannot be reached. One browser has one subscription, whoever invites. */
export async function subscribe(): Promise<Push> {
  const [{ key }, registration] = await Promise.all([get<{ key: string }>("/api/citizen/push-key"), registered()]);
  const earlier = await registration.pushManager.getSubscription();
  if (earlier) {
    const own = earlier.options.applicationServerKey;
    if (own && base64url(own) === key) return shape(earlier);
    // Under a key that this centre no longer has, nothing would ever arrive.
    await earlier.unsubscribe();
  }
  return shape(await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
}

const current = async (): Promise<PushSubscription | null> =>
  obstacle() === null ? ((await (await navigator.serviceWorker.getRegistration(SCOPE))?.pushManager.getSubscription()) ?? null) : null;

export async function subscribed(): Promise<Push | null> {
  const one = await current();
  return one && Notification.permission === "granted" ? shape(one) : null;
}

/** From now on the push service refuses what a centre sends here. */
export async function stop(): Promise<void> {
  await (await current())?.unsubscribe();
}
