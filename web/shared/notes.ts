/** In a service worker: shows what the centre sends, and opens what it leads to. Keeps nothing. */

/** The part of the service worker's world that is used here; the DOM library has no types for it. */
interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Worker extends EventTarget {
  clients: {
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<{ url: string; focus(): Promise<unknown> }[]>;
    openWindow(url: string): Promise<unknown>;
  };
  registration: { showNotification(title: string, options: object): Promise<void> };
}

interface Note {
  title: string;
  body: string;
  silent: boolean;
  url: string;
}

/** The words come from the centre and are neutral in quiet mode. A repeated notice of one case replaces the first, and rings again. */
export function showNotes(worker: Worker): void {
  worker.addEventListener("push", (event) => {
    const note = (event as Event & { data: { json(): Note } | null }).data?.json();
    if (!note) return;
    const { title, body, silent, url } = note;
    const shown = worker.registration.showNotification(title, {
      body, silent, tag: url, renotify: !silent, data: url, icon: "/static/citizen/icon-192.png", requireInteraction: !silent,
    });
    (event as Extendable).waitUntil(shown);
  });

  worker.addEventListener("notificationclick", (event) => {
    const { notification } = event as Event & { notification: { data: string; close(): void } };
    notification.close();
    const open = async (): Promise<void> => {
      const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
      const there = windows.find((one) => one.url.split("#")[0] === notification.data);
      await (there ? there.focus() : worker.clients.openWindow(notification.data));
    };
    (event as Extendable).waitUntil(open());
  });
}
