/**
 * The page starts from here without a network, and a queued SOS or a word on the way home leaves from here when
 * the network is back and the page is closed. Nothing but this application's own files is ever cached.
 */
import { showNotes } from "../shared/notes";
import { SYNC_TAG, deliverWaiting } from "./sending";
import { TELL_TAG, tellWaiting } from "./telling";

/** Written in by the build: a name that changes with any file, and the files the page needs to start. */
declare const PRECACHE: { name: string; paths: string[] };

/** The part of the service worker's world that is used here; the DOM library has no types for it. */
interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Worker extends EventTarget {
  clients: {
    claim(): Promise<void>;
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<{ url: string; postMessage(message: unknown): void }[]>;
  };
}
const worker = self as unknown as Worker;

// the question, on a phone whose screen is off
showNotes(self as unknown as Parameters<typeof showNotes>[0]);

const PAGE = "/citizen";
const SEEN = "seen";

worker.addEventListener("install", (event) => {
  const fill = async () => {
    const cache = await caches.open(PRECACHE.name);
    await cache.addAll(PRECACHE.paths.map((path) => new Request(path, { cache: "reload" })));
  };
  (event as Extendable).waitUntil(fill());
});

worker.addEventListener("activate", (event) => {
  const settle = async () => {
    for (const name of await caches.keys()) {
      if (name !== PRECACHE.name && name !== SEEN) await caches.delete(name);
    }
    await worker.clients.claim();
  };
  (event as Extendable).waitUntil(settle());
});

/** Files with a hash in their name never change: what was fetched once (a font's range) is kept. */
async function hashed(request: Request): Promise<Response> {
  const found = await caches.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(SEEN)).put(request, answer.clone());
  return answer;
}

worker.addEventListener("fetch", (event) => {
  const { request, respondWith } = event as Event & { request: Request; respondWith(answer: Promise<Response>): void };
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    const page = caches.match(PAGE).then((found) => found ?? fetch(request));
    respondWith.call(event, page);
  } else if (PRECACHE.paths.includes(url.pathname) || url.pathname.startsWith("/static/assets/")) {
    respondWith.call(event, hashed(request));
  }
});

/** An open page tells it itself, and would tell it twice with us. */
async function tellWithoutPage(): Promise<void> {
  const open = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (open.some((one) => new URL(one.url).pathname === PAGE)) return;
  await tellWaiting();
}

worker.addEventListener("sync", (event) => {
  const { tag } = event as Event & { tag: string };
  if (tag === TELL_TAG) (event as Extendable).waitUntil(tellWithoutPage());
  if (tag !== SYNC_TAG) return;
  const send = async () => {
    const delivered = await deliverWaiting();
    for (const client of await worker.clients.matchAll({ type: "window", includeUncontrolled: true })) {
      client.postMessage({ delivered });
    }
  };
  (event as Extendable).waitUntil(send());
});
