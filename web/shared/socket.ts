/**
 * A WebSocket that comes back by itself. The server sends full state to every new connection, so a reconnect misses nothing.
 * An open socket proves little: what counts is how long ago the server last spoke (`heard`), and it speaks every second.
 */
import { signal, type Signal } from "@preact/signals";

export interface Message {
  type?: string;
}

/** Silence after which an open socket is taken for dead and replaced. */
const DEAD_AFTER_MS = 6_000;
const RETRY_MS = [300, 600, 1_200, 2_500, 5_000];

export interface LiveOptions<M extends Message> {
  path: string;
  /** The origin of the server, where it is not the one that this page came from. */
  server?: string;
  /** Sent as soon as a connection opens, where the server expects the page to prove itself in the first message. */
  first?: () => object;
  receive: (message: M) => void;
  /** A close code from which the page must not retry (the right has ended, the session is over). */
  final?: (code: number, reason: string) => boolean;
  /** A connection that never opened: the server may be away, or the session over; a page can ask which. */
  refused?: () => void;
  /** How many milliseconds of silence are normal; a server that only speaks on change gives Infinity. */
  deadAfterMs?: number;
}

export class LiveSocket<M extends Message> {
  /** When the server was last heard, in this machine's milliseconds; the page starts with the benefit of the doubt. */
  readonly heard: Signal<number> = signal(Date.now());
  readonly open: Signal<boolean> = signal(false);
  private socket: WebSocket | null = null;
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setInterval> | undefined;
  private ended = false;

  constructor(private readonly options: LiveOptions<M>) {}

  start(): void {
    this.connect();
    const dead = this.options.deadAfterMs ?? DEAD_AFTER_MS;
    this.watch = setInterval(() => {
      if (this.socket?.readyState === WebSocket.OPEN && Date.now() - this.heard.peek() > dead) this.again();
    }, 1_000);
    addEventListener("online", this.now);
    addEventListener("offline", this.cut);
  }

  stop(): void {
    this.ended = true;
    clearTimeout(this.retry);
    clearInterval(this.watch);
    removeEventListener("online", this.now);
    removeEventListener("offline", this.cut);
    this.socket?.close();
  }

  /** False when nothing is connected: the caller keeps what it wanted to say. */
  send(message: object): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  private readonly now = (): void => {
    this.attempt = 0;
    if (this.socket?.readyState !== WebSocket.OPEN) this.connect();
  };

  /** The machine has no network: what the socket believes does not matter, and it would believe it for a minute. */
  private readonly cut = (): void => {
    if (!this.ended) this.again();
  };

  private connect(): void {
    clearTimeout(this.retry);
    if (this.ended) return;
    const server = (this.options.server ?? location.origin).replace(/^http/, "ws");
    let opened = false;
    const socket = new WebSocket(server + this.options.path);
    this.socket?.close();
    this.socket = socket;
    socket.onopen = () => {
      if (this.socket !== socket) return;
      opened = true;
      this.attempt = 0;
      this.open.value = true;
      if (this.options.first) socket.send(JSON.stringify(this.options.first()));
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      if (this.socket !== socket) return;
      this.heard.value = Date.now();
      this.options.receive(JSON.parse(event.data) as M);
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.open.value = false;
      if (!opened) this.options.refused?.();
      if (this.options.final?.(event.code, event.reason)) this.stop();
      else this.later();
    };
  }

  private again(): void {
    this.open.value = false;
    const old = this.socket;
    this.socket = null;
    old?.close();
    this.later();
  }

  private later(): void {
    if (this.ended) return;
    clearTimeout(this.retry);
    const wait = RETRY_MS[Math.min(this.attempt, RETRY_MS.length - 1)] ?? 5_000;
    this.attempt += 1;
    // Spread out: after a restart of the server every page of the centre comes back at once.
    this.retry = setTimeout(() => this.connect(), wait * (0.5 + Math.random()));
  }
}
