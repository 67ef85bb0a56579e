/**
 * From a press to a receipt. The SOS is stored first-class on this phone (strict durability) and sent
 * at the same moment; storing never delays sending. The same id goes out again and again, to the next
 * server of the mapping when one is silent, until one of them answers with a receipt: a centre treats
 * equal ids as one signal, so repeating is harmless and losing is not.
 */
import { type Case, type Receipt, type Sos } from "./wire";
import { forget, keep, keptUnder } from "./vault";

export const SILENCE_MS = 3_000;
export const SMS_MS = 6_000;
const GIVE_UP_MS = 15_000;
const BACKOFF_MS = [400, 1_000, 2_000, 4_000, 8_000, 15_000];
const QUEUE = "queue:";
const CASE = "case:";
export const SYNC_TAG = "queue";

export interface Queued {
  sos: Sos;
  servers: string[];
  /** What is sealed about her, by the server whose key opens it: the first one's is in the call itself. */
  seals?: Record<string, string>;
}

/** The call as this server can read it: what is sealed to another centre says nothing there. */
export function addressed({ sos, servers, seals }: Queued, server: string): Sos {
  if (server === servers[0] || sos.sealed === undefined) return sos;
  const { sealed: _, ...bare } = sos;
  const sealed = seals?.[server];
  return sealed === undefined ? bare : { ...bare, sealed };
}

/** A receipt, or an error whose `status` is 0 when nobody answered. */
export class Unanswered extends Error {
  constructor(readonly status: number) {
    super(`no receipt (${status})`);
  }
}

/** What is left when a centre refuses a field: the call for help itself. */
function bare(sos: Sos): Sos {
  const { id, kind, trigger, at, position, silent } = sos;
  return { id, kind, trigger, at, position, silent };
}

export async function post(server: string, sos: Sos): Promise<Receipt> {
  let answer: Response;
  try {
    answer = await fetch(new URL("/api/signals", server), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(sos),
      credentials: "omit",
      cache: "no-store",
      keepalive: true,
      signal: AbortSignal.timeout(GIVE_UP_MS),
    });
  } catch {
    throw new Unanswered(0);
  }
  if (answer.ok) return (await answer.json()) as Receipt;
  const mayBeTheExtras = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
  if (mayBeTheExtras && (sos.credential !== undefined || sos.sealed !== undefined || sos.battery !== undefined)) {
    return post(server, bare(sos));
  }
  throw new Unanswered(answer.status);
}

export const queue = (queued: Queued): Promise<void> => keep(QUEUE + queued.sos.id, queued);
export const waiting = (): Promise<Queued[]> => keptUnder<Queued>(QUEUE);
export const cases = async (): Promise<Case[]> =>
  (await keptUnder<Case>(CASE)).sort((a, b) => b.received_at.localeCompare(a.received_at));
export const keepCase = (one: Case): Promise<void> => keep(CASE + one.id, one);
export const forgetCase = (one: Case): Promise<void> => forget(CASE + one.id);

/** Order matters: the receipt is on the disk before the queued SOS leaves it. */
export async function received(queued: Queued, server: string, receipt: Receipt): Promise<Case> {
  const one: Case = {
    ...receipt,
    id: queued.sos.id,
    at: queued.sos.at,
    silent: queued.sos.silent,
    server,
    cancelled_at: null,
    closed_at: null,
    destroyed_at: null,
    left: false,
  };
  await keepCase(one);
  await forget(QUEUE + queued.sos.id);
  return one;
}

/** The service worker's turn, when the network is back and the page is gone. Throws while one is undelivered. */
export async function deliverWaiting(): Promise<Case[]> {
  // A fresh one is in the page's hands: it gets as long as a silent server gets.
  const youngest = Math.max(...(await waiting()).map(({ sos }) => Date.parse(sos.at)));
  const wait = youngest + SILENCE_MS - Date.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(wait, SILENCE_MS)));
  const delivered: Case[] = [];
  let failed: unknown = null;
  for (const queued of await waiting()) {
    for (const server of queued.servers) {
      try {
        delivered.push(await received(queued, server, await post(server, addressed(queued, server))));
        failed = null;
        break;
      } catch (error) {
        failed = error;
      }
    }
  }
  if (failed !== null) throw failed;
  return delivered;
}

/** Keeps trying from the open page. `retry()` ends the present wait: the network came back. */
export class Delivery<What, Answer> {
  attempts = 0;
  private wake: () => void = () => undefined;
  private stopped = false;

  constructor(
    private readonly what: What,
    private readonly servers: string[],
    private readonly send: (server: string, what: What) => Promise<Answer>,
  ) {}

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  retry(): void {
    this.wake();
  }

  /** Resolves with the first receipt of any server; null when stopped. */
  async run(): Promise<{ server: string; receipt: Answer } | null> {
    let won: { server: string; receipt: Answer } | null = null;
    let failures = 0;
    while (!this.stopped && won === null) {
      const server = this.servers[this.attempts++ % this.servers.length]!;
      const pause = new Promise<void>((resolve) => (this.wake = resolve));
      const wake = this.wake;
      let timer = setTimeout(wake, SILENCE_MS);
      this.send(server, this.what).then(
        (receipt) => {
          won ??= { server, receipt };
          // An earlier, slow attempt may win while a later one waits.
          this.wake();
        },
        () => {
          clearTimeout(timer);
          timer = setTimeout(wake, BACKOFF_MS[Math.min(failures++, BACKOFF_MS.length - 1)]);
        },
      );
      await pause;
      clearTimeout(timer);
    }
    return won;
  }
}

/** Where the browser can, the service worker sends what waits even after this page is closed. */
export async function askForSync(tag: string): Promise<void> {
  const registration = (await navigator.serviceWorker?.ready.catch(() => null)) as
    | (ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } })
    | null;
  await registration?.sync?.register(tag).catch(() => undefined);
}
