/** This browser's way to be told: permission, and a subscription under the centre's key. */
import { get } from "./api";
import { base64url } from "./bytes";
import type { Push } from "./invitation";

/** Why this browser cannot be told at all. An iPhone can, once the page is on its home screen. */
export function obstacle(): "iphone" | "insecure" | "browser" | null {
  if (!isSecureContext) return "insecure";
  if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) return null;
  const apple = /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.userAgent.includes("Macintosh") && navigator.maxTouchPoints > 1);
  return apple ? "iphone" : "browser";
}

function shape(subscription: PushSubscription): Push {
  const { endpoint, keys } = subscription.toJSON();
  return { endpoint: endpoint!, keys: { p256dh: keys!["p256dh"]!, auth: keys!["auth"]! } };
}

/** What one part of the site is told: each has a worker of its own. */
export class Pushes {
  constructor(
    private readonly worker: string,
    private readonly scope: string,
  ) {}

  private async registered(): Promise<ServiceWorkerRegistration> {
    await navigator.serviceWorker.register(this.worker, { scope: this.scope });
    return navigator.serviceWorker.ready;
  }

  private async current(): Promise<PushSubscription | null> {
    return obstacle() === null ? ((await (await navigator.serviceWorker.getRegistration(this.scope))?.pushManager.getSubscription()) ?? null) : null;
  }

  /** Rejects when the browser's push service cannot be reached. One browser has one subscription, whoever asks for it. */
  async subscribe(): Promise<Push> {
    const [{ key }, registration] = await Promise.all([get<{ key: string }>("/api/citizen/push-key"), this.registered()]);
    const earlier = await registration.pushManager.getSubscription();
    if (earlier) {
      const own = earlier.options.applicationServerKey;
      if (own && base64url(own) === key) return shape(earlier);
      // Under a key that this centre no longer has, nothing would ever arrive.
      await earlier.unsubscribe();
    }
    return shape(await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
  }

  async subscribed(): Promise<Push | null> {
    const one = await this.current();
    return one && Notification.permission === "granted" ? shape(one) : null;
  }

  /** From now on the push service refuses what a centre sends here. */
  async stop(): Promise<void> {
    await (await this.current())?.unsubscribe();
  }
}
