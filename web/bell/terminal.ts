/** The bell: how it stands with the centre, what has become of a press, and who speaks. No DOM here; the screen reads signals. */
import { signal } from "@preact/signals";
import { Problem, post } from "../shared/api";
import { LiveSocket, type Message } from "../shared/socket";
import { type Signal, Voice, microphone } from "../shared/voice";
import * as kept from "./kept";
import { test } from "./tests";

export interface Call {
  state: "received" | "claimed" | "closed";
  received_at: string;
  claimed_at: string | null;
  requested_at: string | null;
}
interface State extends Message {
  type: "state";
  bell: { id: string; number: string; name: string };
  call: Call | null;
}
interface Said extends Message {
  nonce?: string;
  ice?: RTCIceServer[];
}

/** starting, none: no bell yet; wrong-code; bell: it speaks for one; revoked, replaced: not any more, or not here. */
export const standing = signal<"starting" | "none" | "wrong-code" | "bell" | "revoked" | "replaced">("starting");
export const name = signal<kept.Sign | null>(null);
export const connected = signal(false);
/** sending: it has no receipt yet. */
export const press = signal<{ since: number; receipt: string | null } | null>(null);
export const call = signal<Call | null>(null);
/** connecting: the operator wants to speak; on: both hear; mute: she is heard nowhere, because the microphone is away. */
export const talk = signal<"connecting" | "on" | "mute" | null>(null);

const BEAT_MS = 60_000;
const AGAIN_MS = 2_000;
const TALK_SILENT_MS = 7_000;
const QUIET_MS = 50_000;
const UNTOLD_MS = 300_000;

let bell: string | null = null;
let socket: LiveSocket<Said> | null = null;
let voice: Voice | null = null;
let muted = false;
let sending = false;

export async function start(): Promise<void> {
  const fresh = location.hash.slice(1);
  if (fresh) {
    await kept.keepCode(fresh);
    // Out of the address: whoever photographs the screen shall not have it.
    history.replaceState(null, "", location.pathname);
  }
  const code = await kept.code();
  if (code) await enrol(code);
  bell = (await kept.bell()) ?? null;
  if (bell === null) {
    if (standing.peek() === "starting") standing.value = "none";
    return;
  }
  standing.value = "bell";
  name.value = (await kept.sign()) ?? null;
  const waiting = await kept.waiting();
  if (waiting) {
    press.value = { since: Date.parse(waiting.at), receipt: null };
    void deliver();
  }
  connect();
  setInterval(() => void beat(), BEAT_MS);
  setInterval(() => {
    if (voice && (socket === null || Date.now() - socket.heard.peek() > TALK_SILENT_MS)) end();
  }, 1_000);
  void navigator.storage?.persist?.();
}

async function enrol(code: string): Promise<void> {
  const public_key = await kept.publicKey();
  for (;;) {
    try {
      await kept.keepBell((await post<{ bell: string }>("/api/bell/enrol", { code, public_key })).bell);
      await kept.keepCode(null);
      return;
    } catch (error) {
      if (error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429) {
        await kept.keepCode(null);
        standing.value = "wrong-code";
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

function connect(): void {
  const line = new LiveSocket<Said>({
    path: "/live/bell",
    receive: (message) => void receive(message),
    final: (code) => {
      if (code === 4403 || code === 4404) standing.value = "revoked";
      if (code === 4409) standing.value = "replaced";
      return code === 4403 || code === 4404 || code === 4409;
    },
    deadAfterMs: QUIET_MS,
  });
  socket = line;
  line.open.subscribe((up) => {
    if (!up) {
      connected.value = false;
      end();
    }
  });
  line.start();
}

async function receive(message: Said): Promise<void> {
  switch (message.type) {
    case "question":
      socket!.send({ bell: bell!, proof: await kept.prove("ansim bell line", bell!, message.nonce!) });
      void beat();
      return;
    case "state": {
      const state = message as State;
      connected.value = true;
      name.value = { number: state.bell.number, name: state.bell.name };
      void kept.keepSign(name.value);
      call.value = state.call;
      if (state.call === null && press.peek()?.receipt) press.value = null;
      return;
    }
    case "talk":
      await answer(message.ice ?? []);
      return;
    case "description":
    case "candidate":
      await voice?.take(message as Signal);
      return;
    case "over":
      end();
  }
}

/** The operator wants to speak: the bell answers by itself. Nobody who is hurt has to press anything more. */
async function answer(ice: RTCIceServer[]): Promise<void> {
  end();
  talk.value = "connecting";
  const own = await microphone();
  muted = own === null;
  voice = new Voice(ice, own, (signal) => socket?.send(signal), {
    connected: () => (talk.value = muted ? "mute" : "on"),
    trouble: () => hangUp(),
  });
  socket?.send({ type: "ready", microphone: !muted });
}

function hangUp(): void {
  if (voice) socket?.send({ type: "hang-up" });
  end();
}

function end(): void {
  voice?.close();
  voice = null;
  talk.value = null;
}

async function beat(): Promise<void> {
  if (standing.peek() === "bell") socket?.send({ type: "beat", tests: await test() });
}

/** Somebody has pressed. It is kept until there is a receipt, also when the page is loaded anew meanwhile. */
export async function pressed(): Promise<void> {
  if (bell === null || sending) return;
  const one = { id: crypto.randomUUID().replaceAll("-", ""), at: new Date().toISOString() };
  press.value = { since: Date.now(), receipt: null };
  await kept.keepPress(one).catch(() => undefined);
  await deliver(one);
}

async function deliver(one?: kept.Press): Promise<void> {
  if (sending) return;
  sending = true;
  try {
    const waiting = one ?? (await kept.waiting());
    if (!waiting) return;
    const proof = await kept.prove("ansim bell press", bell!, waiting.id, waiting.at);
    for (;;) {
      try {
        const { receipt } = await post<{ receipt: string }>("/api/bell/press", { bell, ...waiting, proof });
        press.value = { since: Date.parse(waiting.at), receipt };
        await kept.keepPress(null);
        socket?.send({ type: "look" });
        // Without a line nobody says how it goes on: the next one to stand here must not take it for hers.
        setTimeout(() => {
          if (press.peek()?.receipt === receipt && call.peek() === null) press.value = null;
        }, UNTOLD_MS);
        return;
      } catch {
        // Whatever stood in the way: she has pressed, and nobody else will try again.
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  } finally {
    sending = false;
  }
}
