/** The page of a bell starts from here when the network is away: it must be able to say so. */

/** Written in by the build: a name that changes with any file, and the files the page needs to start. */
declare const PRECACHE: { name: string; paths: string[] };

/** The part of the service worker's world that is used here; the DOM library has no types for it. */
interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Worker extends EventTarget {
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
}
const worker = self as unknown as Worker;

worker.addEventListener("install", (event) => {
  const fill = async (): Promise<void> => {
    await (await caches.open(PRECACHE.name)).addAll(PRECACHE.paths.map((path) => new Request(path, { cache: "reload" })));
    await worker.skipWaiting();
  };
  (event as Extendable).waitUntil(fill());
});

worker.addEventListener("activate", (event) => {
  const settle = async (): Promise<void> => {
    for (const name of await caches.keys()) if (name.startsWith("bell-") && name !== PRECACHE.name) await caches.delete(name);
    await worker.clients.claim();
  };
  (event as Extendable).waitUntil(settle());
});

worker.addEventListener("fetch", (event) => {
  const { request, respondWith } = event as Event & { request: Request; respondWith(answer: Promise<Response>): void };
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    // A newer page first: nobody reloads a pole by hand. Without an answer, the one that is here.
    respondWith.call(event, fetch(request).catch(async () => (await caches.match("/bell"))!));
  } else if (PRECACHE.paths.includes(url.pathname)) {
    respondWith.call(event, caches.match(request).then((found) => found ?? fetch(request)));
  }
});

export {};
