/**
 * The operator speaks through the bell of her case. Nobody is listened to who is not spoken to: without a microphone here no talk begins. It lives as long as its
 * socket, which the server ends with the right.
 */
import { signal } from "@preact/signals";
import { exactNow } from "../shared/clock";
import { type Signal, Voice, microphone } from "../shared/voice";
import type { BellWord } from "./bell-words";

export interface Speaking {
  incident: string;
  state: "microphone" | "calling" | "on";
  since: number;
  /** She hears, and is not heard. */
  deaf: boolean;
}
export const speaking = signal<Speaking | null>(null);
/** Why the last one did not come about, or how it ended. */
export const outcome = signal<{ incident: string; word: BellWord; failed: boolean } | null>(null);

const SILENT_MS = 7_000;
const REFUSALS: Record<string, BellWord> = { "talk.away": "trouble.away", "talk.busy": "trouble.busy", "talk.right": "trouble.right", "talk.one-way": "talk.one-way" };
const OVER: Record<string, BellWord> = { bell: "over.bell", lost: "over.lost" };

interface Word {
  type: string;
  why?: string;
  ice?: RTCIceServer[];
  microphone?: boolean;
}

let line: WebSocket | null = null;
let voice: Voice | null = null;

const change = (changes: Partial<Speaking>): void => {
  if (speaking.peek()) speaking.value = { ...speaking.peek()!, ...changes };
};

export async function speak(incident: string): Promise<void> {
  if (speaking.peek()) return;
  outcome.value = null;
  speaking.value = { incident, state: "microphone", since: exactNow(), deaf: false };
  const own = await microphone();
  if (own === null) return finish("trouble.microphone", true);
  change({ state: "calling" });
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/live/talk/${encodeURIComponent(incident)}`);
  line = socket;
  let heard = Date.now();
  let refused: string | null = null;
  const say = (word: object): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(word));
  };
  const watch = setInterval(() => {
    if (Date.now() - heard > SILENT_MS) socket.close();
  }, 1_000);
  socket.onmessage = async ({ data }: MessageEvent<string>) => {
    heard = Date.now();
    const word = JSON.parse(data) as Word;
    switch (word.type) {
      case "begun":
        voice = new Voice(word.ice ?? [], own, say, {
          connected: () => {
            say({ type: "connected" });
            change({ state: "on", since: exactNow() });
          },
          trouble: () => {
            say({ type: "hang-up" });
            finish("trouble.network", true);
          },
        });
        return;
      case "ready":
        change({ deaf: word.microphone === false });
        await voice?.offer();
        return;
      case "description":
      case "candidate":
        await voice?.take(word as unknown as Signal);
        return;
      case "refused":
        refused = word.why ?? "";
    }
  };
  socket.onclose = ({ code, reason }) => {
    clearInterval(watch);
    if (voice === null) for (const track of own.getTracks()) track.stop();
    if (line !== socket) return;
    if (refused !== null) finish(REFUSALS[refused] ?? "trouble.other", true);
    else if (code === 4000) finish(OVER[reason] ?? "over.ended", reason === "lost");
    else finish("over.lost", true);
  };
}

export function hangUp(): void {
  if (line?.readyState === WebSocket.OPEN) line.send(JSON.stringify({ type: "hang-up" }));
  if (speaking.peek()) finish("over.ended", false);
}

function finish(word: BellWord, failed: boolean): void {
  const incident = speaking.peek()?.incident ?? "";
  voice?.close();
  voice = null;
  const socket = line;
  line = null;
  socket?.close();
  speaking.value = null;
  outcome.value = { incident, word, failed };
}
