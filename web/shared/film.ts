/**
 * This phone's camera, to the centre: takes of at most two minutes, in pieces of half a second, each numbered and kept here until
 * the centre says that it is stored. After a cut it goes on where the centre is; nothing that was acknowledged is sent twice.
 * A line too slow for the picture gets a smaller one.
 *
 * Nothing of it is kept on the phone: what could not be sent is gone with the page.
 */
import { type Signal, signal } from "@preact/signals";

export type Filming =
  /** Nobody has pressed, or it was stopped. */
  | "off"
  /** The browser asks whether it may. */
  | "asking"
  | "on"
  /** She, or her browser, said no. */
  | "denied"
  /** No camera, or a browser that cannot film. */
  | "none"
  /** The centre takes nothing more: the case is over, or there is no room. */
  | "refused";

export type Facing = "environment" | "user";

interface Size {
  width: number;
  fps: number;
  bps: number;
}
const SIZES: Size[] = [
  { width: 960, fps: 20, bps: 900_000 },
  { width: 640, fps: 12, bps: 350_000 },
  { width: 320, fps: 6, bps: 100_000 },
];
/** WebM comes picture by picture; MP4, which is all that some browsers film, in fragments of a second and more. */
const MEDIA = ["video/webm;codecs=vp8", "video/mp4;codecs=avc1.42E01E", "video/mp4", "video/webm"];
const WITH_SOUND = ["video/webm;codecs=vp8,opus", "video/mp4;codecs=avc1.42E01E,mp4a.40.2", "video/mp4", "video/webm"];
const PIECE_MS = 500;
const KEY_MS = 2_000;
const TAKE_MS = 120_000;
/** So far behind, the picture gets smaller; so long without being behind, larger again. */
const BEHIND_MS = 4_000;
const CALM_MS = 60_000;
/** Out and not acknowledged, and waiting in all. */
const WINDOW = 768 * 1024;
const MOST = 24 * 1024 * 1024;
const RETRY_MS = [300, 1_000, 2_000, 5_000];
const REFUSED = [4404, 4410, 4413, 4415, 4507];

interface Piece {
  number: number;
  at: number;
  bytes: Uint8Array;
}
interface Take {
  id: string;
  media: string;
  pieces: Piece[];
  next: number;
  ended: boolean;
}
interface Word {
  type: string;
  take?: string;
  next?: number;
  why?: string;
}

const now = (): number => performance.now();
const name = (): string => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** What this browser can film; null when it cannot. */
export function filmable(sound = false): string | null {
  if (typeof MediaRecorder === "undefined" || !navigator.mediaDevices?.getUserMedia) return null;
  return (sound ? WITH_SOUND : MEDIA).find((type) => MediaRecorder.isTypeSupported(type)) ?? null;
}

export class Film {
  readonly state: Signal<Filming> = signal("off");
  /** Since when the centre has something, ms since 1970; null before. */
  readonly since: Signal<number | null> = signal(null);
  /** How far the centre is behind, in seconds, and whether the line stands. */
  readonly behind_s = signal(0);
  readonly connected = signal(false);
  readonly facing: Signal<Facing> = signal("environment");
  readonly sound = signal(false);
  readonly stream: Signal<MediaStream | null> = signal(null);

  private takes: Take[] = [];
  private recorder: MediaRecorder | null = null;
  private began = 0;
  private size = 0;
  private calmSince = 0;
  private socket: WebSocket | null = null;
  private ready = false;
  /** The take that the centre knows of on this connection, and the piece to be sent next. */
  private told: { take: Take; wanted: number | null } | null = null;
  private attempt = 0;
  private retry = 0;
  private clock = 0;
  private lock: { release(): Promise<void> } | null = null;

  /** `first` says whose phone it is. */
  constructor(
    private readonly server: string,
    private readonly first: () => object,
  ) {}

  /** Asks for the camera, and films. Called by a press only: a camera that starts by itself is no friend. */
  async start(): Promise<void> {
    if (this.state.value === "on" || this.state.value === "asking") return;
    if (filmable() === null) {
      this.state.value = "none";
      return;
    }
    this.state.value = "asking";
    if (!(await this.open())) return;
    this.state.value = "on";
    this.clock = window.setInterval(() => this.tick(), 1_000);
    this.connect();
    this.record();
    void this.stayAwake();
    document.addEventListener("visibilitychange", this.woken);
    addEventListener("online", this.now);
    addEventListener("offline", this.cut);
  }

  stop(state: Filming = "off"): void {
    this.close();
    this.state.value = state;
    this.finish();
    if (state !== "off" || this.takes.length === 0) this.leave();
  }

  /** The other camera: what is behind her, or beside whom she is. */
  async turn(): Promise<void> {
    this.facing.value = this.facing.value === "user" ? "environment" : "user";
    await this.again();
  }

  async hear(on: boolean): Promise<void> {
    this.sound.value = on;
    await this.again();
  }

  /** Lets go of everything: the page is left, or nothing more is taken. */
  leave(): void {
    this.close();
    clearTimeout(this.retry);
    this.takes = [];
    this.told = null;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.connected.value = false;
  }

  private async again(): Promise<void> {
    if (this.state.value !== "on") return;
    // A phone opens one camera at a time.
    this.finish();
    for (const track of this.stream.value?.getTracks() ?? []) track.stop();
    if (await this.open()) this.record();
  }

  private async open(): Promise<boolean> {
    const { width, fps } = SIZES[this.size]!;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: this.facing.value, width: { ideal: width }, frameRate: { ideal: fps } }, audio: this.sound.value });
      if (this.state.value !== "asking" && this.state.value !== "on") {
        for (const track of stream.getTracks()) track.stop();
        return false;
      }
      this.stream.value = stream;
      // The camera was taken away: by another app, by pulling it out, by withdrawing the permission.
      stream.getVideoTracks()[0]!.onended = () => this.stop();
      return true;
    } catch (error) {
      const why = (error as DOMException).name;
      if (this.sound.value && why !== "NotFoundError") {
        this.sound.value = false;
        return this.open();
      }
      this.stop(why === "NotFoundError" || why === "NotReadableError" ? "none" : "denied");
      return false;
    }
  }

  private record(): void {
    const stream = this.stream.value;
    const media = filmable(this.sound.value);
    if (!stream || !media) return;
    const { bps } = SIZES[this.size]!;
    const options = { mimeType: media, videoBitsPerSecond: bps, audioBitsPerSecond: 32_000, videoKeyFrameIntervalDuration: KEY_MS };
    const recorder = new MediaRecorder(stream, options);
    const take: Take = { id: name(), media: recorder.mimeType || media, pieces: [], next: 0, ended: false };
    let writing: Promise<void> = Promise.resolve();
    recorder.ondataavailable = ({ data }) => {
      const at = now();
      // In order: a blob that is read faster than the one before must wait for it.
      if (data.size > 0) writing = writing.then(async () => this.add(take, at, new Uint8Array(await data.arrayBuffer())));
    };
    recorder.onstop = () => {
      writing = writing.then(() => {
        take.ended = true;
        this.pour();
      });
    };
    recorder.onerror = () => this.stop("none");
    recorder.start(PIECE_MS);
    this.takes.push(take);
    this.recorder = recorder;
    this.began = this.calmSince = now();
  }

  private finish(): void {
    if (this.recorder && this.recorder.state !== "inactive") this.recorder.stop();
    this.recorder = null;
  }

  private close(): void {
    clearInterval(this.clock);
    document.removeEventListener("visibilitychange", this.woken);
    removeEventListener("online", this.now);
    removeEventListener("offline", this.cut);
    void this.lock?.release().catch(() => undefined);
    this.lock = null;
    for (const track of this.stream.value?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.stream.value = null;
  }

  private add(take: Take, at: number, bytes: Uint8Array): void {
    take.pieces.push({ number: take.next++, at, bytes });
    while (this.takes.length > 1 && this.waiting() > MOST) {
      // What is oldest is worth least; the take before goes as a whole, because the rest of it could not be played.
      this.takes.shift();
      this.told = null;
      this.socket?.close();
    }
    this.pour();
  }

  private waiting(): number {
    return this.takes.reduce((sum, take) => sum + take.pieces.reduce((all, piece) => all + piece.bytes.length, 0), 0);
  }

  /** Once a second: how far behind, and what follows from it. */
  private tick(): void {
    const oldest = this.takes[0]?.pieces[0];
    const behind = oldest ? now() - oldest.at : 0;
    this.behind_s.value = Math.round(behind / 1000);
    if (behind > BEHIND_MS / 2) this.calmSince = now();
    if (behind > BEHIND_MS && this.connected.value && this.size < SIZES.length - 1 && now() - this.began > BEHIND_MS) this.resize(1);
    else if (this.size > 0 && now() - this.calmSince > CALM_MS) this.resize(-1);
    else if (now() - this.began > TAKE_MS) this.resize(0);
  }

  /** A recorder cannot change its mind: a new take begins in the other size. */
  private resize(by: number): void {
    this.size += by;
    const { width, fps } = SIZES[this.size]!;
    this.finish();
    void this.stream.value?.getVideoTracks()[0]?.applyConstraints({ width: { ideal: width }, frameRate: { ideal: fps } }).catch(() => undefined);
    this.record();
  }

  private readonly now = (): void => {
    this.attempt = 0;
    if (this.socket?.readyState !== WebSocket.OPEN) this.connect();
  };

  /** The phone has no network: what the socket believes does not matter, and it would believe it for a minute. */
  private readonly cut = (): void => this.socket?.close();

  private connect(): void {
    clearTimeout(this.retry);
    const socket = new WebSocket(new URL("/footage", this.server).href.replace(/^http/, "ws"));
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.ready = false;
    this.told = null;
    socket.onopen = () => socket.send(JSON.stringify(this.first()));
    socket.onmessage = (event: MessageEvent<string>) => this.heard(socket, JSON.parse(event.data) as Word);
    socket.onclose = ({ code }) => {
      if (this.socket !== socket) return;
      this.connected.value = this.ready = false;
      this.told = null;
      if (REFUSED.includes(code)) {
        this.stop("refused");
        return;
      }
      if (code === 4409) this.takes.shift(); // it has ended there: what is left of it is not taken any more
      if (this.takes.length === 0 && this.state.value !== "on") return;
      const wait = RETRY_MS[Math.min(this.attempt++, RETRY_MS.length - 1)]!;
      this.retry = window.setTimeout(() => this.connect(), wait * (0.5 + Math.random()));
    };
  }

  private heard(socket: WebSocket, word: Word): void {
    if (this.socket !== socket) return;
    const take = this.takes[0];
    if (word.type === "ready") {
      this.ready = this.connected.value = true;
      this.attempt = 0;
    } else if (take && word.take === take.id && (word.type === "from" || word.type === "kept")) {
      const next = word.next ?? 0;
      if (next > 0) this.since.value ??= Date.now();
      while (take.pieces[0] && take.pieces[0].number < next) take.pieces.shift();
      if (word.type === "from") this.told = { take, wanted: next };
    } else if (take && word.type === "ended" && word.take === take.id) {
      this.takes.shift();
      this.told = null;
      if (this.takes.length === 0 && this.state.value !== "on") return this.leave();
    }
    this.pour();
  }

  /** Sends what may be sent: the first take to its end, then the next. */
  private pour(): void {
    const socket = this.socket;
    // What is followed by another needs no end of its own: the centre ends it when the next begins, and nobody sees a break.
    while (this.takes.length > 1 && this.takes[0]!.ended && this.takes[0]!.pieces.length === 0) this.takes.shift();
    const take = this.takes[0];
    if (!socket || !this.ready || !take || socket.readyState !== WebSocket.OPEN) return;
    if (this.told?.take !== take) {
      this.told = { take, wanted: null };
      socket.send(JSON.stringify({ take: take.id, media: take.media }));
      return;
    }
    const told = this.told;
    if (told.wanted === null) return;
    let out = take.pieces.reduce((sum, piece) => (piece.number < told.wanted! ? sum + piece.bytes.length : sum), 0);
    for (const piece of take.pieces) {
      if (piece.number < told.wanted) continue;
      if (out > 0 && out + piece.bytes.length > WINDOW) return;
      const message = new Uint8Array(8 + piece.bytes.length);
      const head = new DataView(message.buffer);
      head.setUint32(0, piece.number);
      head.setUint32(4, Math.max(0, Math.round(now() - piece.at)));
      message.set(piece.bytes, 8);
      socket.send(message);
      told.wanted = piece.number + 1;
      out += piece.bytes.length;
    }
    if (take.ended && take.pieces.length === 0 && this.state.value !== "on" && told.wanted !== -1) {
      told.wanted = -1;
      socket.send(JSON.stringify({ take: take.id, end: true }));
    }
  }

  /** A phone that sleeps films nothing. The screen stays dark by the page's own colours. */
  private async stayAwake(): Promise<void> {
    this.lock = (await (navigator as Navigator & { wakeLock?: { request(kind: "screen"): Promise<{ release(): Promise<void> }> } }).wakeLock?.request("screen").catch(() => null)) ?? null;
  }

  private readonly woken = (): void => {
    if (document.visibilityState === "visible" && this.state.value === "on") void this.stayAwake();
  };
}
