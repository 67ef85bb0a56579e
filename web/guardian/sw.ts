/** Shows what the centre sends to a guardian, and opens the link in it. Keeps nothing. */

/** The part of the service worker's world that is used here; the DOM library has no types for it. */
interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Worker extends EventTarget {
  clients: { openWindow(url: string): Promise<unknown> };
  registration: { showNotification(title: string, options: object): Promise<void> };
}
const worker = self as unknown as Worker;

interface Note {
  title: string;
  body: string;
  silent: boolean;
  url: string;
}

/** The words come from the centre and are neutral in quiet mode. A repeated notice of one case replaces the first. */
worker.addEventListener("push", (event) => {
  const note = (event as Event & { data: { json(): Note } | null }).data?.json();
  if (!note) return;
  const { title, body, silent, url } = note;
  const shown = worker.registration.showNotification(title, { body, silent, tag: url, data: url, icon: "/static/citizen/icon-192.png", requireInteraction: !silent });
  (event as Extendable).waitUntil(shown);
});

worker.addEventListener("notificationclick", (event) => {
  const { notification } = event as Event & { notification: { data: string; close(): void } };
  notification.close();
  (event as Extendable).waitUntil(worker.clients.openWindow(notification.data));
});
