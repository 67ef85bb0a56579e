/** How well the server is heard. It speaks every second; two seconds of silence are said, five are an outage. */
import { computed, effect, type Signal, signal } from "@preact/signals";
import { signedIn } from "../shared/api";
import { now, serverSaid } from "../shared/clock";
import { LiveSocket } from "../shared/socket";
import { flush } from "./actions";
import { running } from "./sound";
import { receive, type ServerMessage } from "./store";

const CHECK_MS = 2_000;
const CUT_MS = 5_000;

const heard = signal<Signal<number> | null>(null);
const silence = computed(() => {
  void now.value;
  const at = heard.value?.value;
  return at === undefined ? 0 : Date.now() - at;
});
export const serverState = computed<"heard" | "checking" | "cut">(() => (silence.value > CUT_MS ? "cut" : silence.value > CHECK_MS ? "checking" : "heard"));
export const cutFor_s = computed(() => Math.floor(silence.value / 1000));

export function connect(): LiveSocket<ServerMessage> {
  const socket = new LiveSocket<ServerMessage>({
    path: "/live",
    receive: (message) => {
      if (message.type === "hello" || message.type === "ping") serverSaid(message.at);
      receive(message, performance.now());
      if (message.type === "state") void flush();
      if (message.type === "ping") void flush();
    },
    // A refused connection does not say why: a session that is over sends the operator to sign in, a server that is away does not.
    refused: () => void signedIn().catch(() => undefined),
  });
  heard.value = socket.heard;
  socket.start();
  effect(() => {
    const on = running.value;
    if (socket.open.value) socket.send({ type: "sound", on });
  });
  return socket;
}
