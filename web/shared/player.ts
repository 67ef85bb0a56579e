/**
 * One camera, live, in one <video>: fragmented MP4 over a WebSocket into Media Source Extensions. Of a camera that this browser
 * cannot play the server sends single pictures in the same way.
 *
 * The server sends no more than this page has acknowledged plus a little, so that a right that ends takes the picture
 * with it. Whatever closes the connection, the last picture goes at once: what cannot be seen to be live, and to be
 * allowed, is not shown.
 */

/** frozen: pictures come, and it is always the same one. */
export type PictureHealth = "live" | "late" | "stale" | "lost" | "frozen";

export interface Health {
  state: PictureHealth;
  /** Seconds since the newest picture; null before the first. The greater of what the server and this page see. */
  age_s: number | null;
  /** Of single pictures, seconds from one to the next; null where all of them come. */
  every_s: number | null;
  /** Seconds for which the camera has been sending the same picture; null while it moves. The server judges. */
  frozen_s: number | null;
}

export interface Started {
  camera: string;
  codec: string;
  width: number;
  height: number;
  /** To be shown over the picture: who is looking. */
  watermark: string;
}

export interface PlayerEvents {
  /** Once a second while connected. */
  health?: (health: Health) => void;
  /** Before the first picture, and again when the camera changes its picture's size. */
  started?: (stream: Started) => void;
  /** For good: the right has ended, or this browser cannot show it. No reconnection follows. */
  ended?: (reason: string) => void;
}

export interface Opening {
  camera: string;
  /** A fresh token for this camera; asked for at every connection and before the last one expires. */
  token: () => Promise<string>;
  /** Where the media node is; where the page says it is when left out. */
  origin?: string;
  /** What stands before its name in the address; /media/ when left out. */
  path?: string;
}

/** Where pictures come from: this page's own server, or the media node that the page names where that is called by another name. */
export const mediaOrigin = (): string => document.querySelector<HTMLMetaElement>('meta[name="media"]')?.content ?? location.origin;

const GRANT_ENDED = 4403;
const RENEW_AFTER_MS = 30_000;
const SILENT_AFTER_MS = 6_000;
const RETRY_MS = [200, 500, 1_000, 2_000, 5_000];
/** A whole group of pictures comes first; a slow line is not waited for. */
const START_WITHIN_MS = 60;
/** Behind the newest picture, seconds: where we start, where we hurry, where we jump. */
const BEHIND = { wanted: 0.12, hurry: 0.4, jump: 1 };
const KEEP_S = 5;
const TRIM_S = 15;
/** H.265 of 8 and of 10 bits, which not every browser plays. */
const PERHAPS = ["hvc1.1.6.L153.B0", "hvc1.2.4.L153.B0"];

const UNDECODABLE = "not decodable";

type Entry = { codec: string } | { bytes: Uint8Array };
interface Word extends Partial<Started>, Partial<Health> {
  type: string;
  waiting_bytes?: number;
}

const sourceClass = (): typeof MediaSource | undefined =>
  (globalThis as { ManagedMediaSource?: typeof MediaSource }).ManagedMediaSource ?? globalThis.MediaSource;

/** A phone's picture comes with its whole media type. */
const mp4 = (codec: string): string => (codec.includes("/") ? codec : `video/mp4; codecs="${codec}"`);
const plays = (codec: string): boolean => !!sourceClass()?.isTypeSupported(mp4(codec));

/** A call that answered 4xx will answer the same again; 408 and 429 will not. */
const isRefusal = (error: unknown): boolean => {
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === "number" && status >= 400 && status < 500 && status !== 408 && status !== 429;
};

export class LivePlayer {
  /** Milliseconds since 1970, as are all times here: when the first picture and the newest one were on the screen. */
  firstFrameAt: number | null = null;
  lastPresentedAt: number | null = null;
  framesPresented = 0;

  private stage: Stage | null = null;
  private closed = false;
  /** Whether it promised a codec and then showed nothing of it: it is not asked for again. */
  private plain = false;
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly opening: Opening,
    private readonly events: PlayerEvents = {},
  ) {
    video.muted = true;
    video.playsInline = true;
    video.disableRemotePlayback = true;
    this.connect();
  }

  /** Stops for good and takes the picture off the screen before it returns. */
  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    this.stage?.leave();
    this.stage = null;
  }

  private connect(): void {
    let shown = false;
    this.stage = new Stage(this.video, this.opening, this.plain ? [] : PERHAPS.filter(plays), {
      presented: (at) => {
        shown = true;
        this.firstFrameAt ??= at;
        this.lastPresentedAt = at;
        this.framesPresented += 1;
        this.failures = 0;
      },
      health: (health) => this.events.health?.(health),
      started: (stream) => this.events.started?.(stream),
      left: (final, reason) => {
        if (this.closed) return;
        if (final) {
          this.close();
          this.events.ended?.(reason);
          return;
        }
        this.plain ||= !shown && reason === UNDECODABLE;
        const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] ?? 5_000;
        this.failures += 1;
        this.retry = setTimeout(() => this.connect(), wait * (0.75 + Math.random() / 2));
      },
    });
  }
}

interface StageEvents {
  presented: (at: number) => void;
  health: (health: Health) => void;
  started: (stream: Started) => void;
  left: (final: boolean, reason: string) => void;
}

/** One connection and the pictures that came over it; a new connection is a new stage. */
class Stage {
  private readonly socket: WebSocket;
  private readonly source: MediaSource;
  private readonly address: string;
  private readonly watch: ReturnType<typeof setInterval>;
  private buffer: SourceBuffer | null = null;
  private entries: Entry[] = [];
  private appending = 0;
  private appended = 0;
  private waiting = 0;
  private firstByteAt = 0;
  private playing = false;
  private over = false;
  private heardAt = performance.now();
  private renewedAt = performance.now();
  private presentedAt = 0;
  private decoded = 0;
  private decodedAt = 0;
  private serverAge: number | null = null;
  private every_s: number | null = null;
  private frozen_s: number | null = null;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly opening: Opening,
    extra: string[],
    private readonly events: StageEvents,
  ) {
    const Source = sourceClass();
    if (!Source) throw new Error("this browser has no Media Source Extensions");
    // the source, the socket and the token are all waited for at once
    this.source = new Source();
    this.address = URL.createObjectURL(this.source);
    this.source.addEventListener("sourceopen", () => this.pump());
    video.src = this.address;
    video.onerror = () => this.leave(false, UNDECODABLE);
    this.socket = new WebSocket(`${(opening.origin ?? mediaOrigin()).replace(/^http/, "ws")}${opening.path ?? "/media/"}${encodeURIComponent(opening.camera)}`);
    this.socket.binaryType = "arraybuffer";
    // before anything else: a message that finds no listener is lost
    this.socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.heard(event.data);
    this.socket.onclose = (event) => this.leave(event.code === GRANT_ENDED && event.reason !== "expired", event.reason);
    const open = new Promise<void>((resolve) => {
      this.socket.onopen = () => resolve();
    });
    const token = opening.token();
    Promise.all([token, open]).then(
      ([fresh]) => this.say({ token: fresh, plays: extra }),
      (error: unknown) => this.leave(isRefusal(error), "no token"),
    );
    this.watch = setInterval(() => {
      if (performance.now() - this.heardAt > SILENT_AFTER_MS) this.leave(false, "silent");
    }, 1_000);
    video.requestVideoFrameCallback(this.presented);
  }

  /** Takes the picture away and forgets everything; `final` says whether it may come back. */
  leave(final = true, reason = "closed"): void {
    if (this.over) return;
    this.over = true;
    clearInterval(this.watch);
    this.video.onerror = null;
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
    URL.revokeObjectURL(this.address);
    this.entries = [];
    this.socket.onmessage = this.socket.onclose = this.socket.onopen = null;
    this.socket.close();
    this.events.left(final, reason);
  }

  private readonly presented = (now: number): void => {
    if (this.over) return;
    this.presentedAt = now;
    this.events.presented(performance.timeOrigin + now);
    this.video.requestVideoFrameCallback(this.presented);
  };

  private say(word: object): void {
    if (!this.over && this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(word));
  }

  private heard(message: string | ArrayBuffer): void {
    this.heardAt = performance.now();
    if (typeof message !== "string") {
      this.firstByteAt ||= this.heardAt;
      this.entries.push({ bytes: new Uint8Array(message) });
      this.pump();
      return;
    }
    const word = JSON.parse(message) as Word;
    if (word.type === "start") {
      const codec = word.codec ?? "";
      if (!plays(codec)) {
        this.leave(true, "codec");
        return;
      }
      this.waiting = this.playing ? 0 : (word.waiting_bytes ?? 0);
      this.entries.push({ codec: mp4(codec) });
      this.events.started({
        camera: word.camera ?? this.opening.camera,
        codec,
        width: word.width ?? 0,
        height: word.height ?? 0,
        watermark: word.watermark ?? "",
      });
      this.pump();
    } else if (word.type === "health") {
      this.serverAge = word.age_s ?? null;
      this.every_s = word.every_s ?? null;
      this.frozen_s = word.frozen_s ?? null;
      this.tellHealth();
      this.renew();
    }
  }

  /** Messages come each second also in a page out of sight, where timers may not run for a minute. */
  private renew(): void {
    if (performance.now() - this.renewedAt < RENEW_AFTER_MS) return;
    this.renewedAt = performance.now();
    this.opening.token().then(
      (token) => this.say({ token }),
      (error: unknown) => {
        if (isRefusal(error)) this.leave(true, "no token");
        else this.renewedAt = performance.now() - RENEW_AFTER_MS + 5_000;
      },
    );
  }

  /** When the picture last moved. One that is scrolled out of sight is decoded, but not presented. */
  private movedAt(): number {
    const decoded = this.video.getVideoPlaybackQuality().totalVideoFrames;
    if (decoded !== this.decoded) {
      this.decoded = decoded;
      this.decodedAt = performance.now();
    }
    return Math.max(this.presentedAt, this.decodedAt, this.firstByteAt);
  }

  private tellHealth(): void {
    let age = this.serverAge;
    if (age !== null && document.visibilityState === "visible") {
      // an open connection proves nothing, nor does a decoder that got bytes: what counts is what was on the screen
      const unseen = this.firstByteAt ? (performance.now() - this.movedAt()) / 1000 : 0;
      if (unseen - age > BEHIND.jump) this.toEdge();
      age = Math.max(age, unseen);
    }
    // a single picture is as old as it is meant to be until the next one is due
    const overdue = (age ?? 0) - (this.every_s ?? 0);
    const state: PictureHealth = overdue > 30 ? "lost" : overdue > 5 ? "stale" : this.frozen_s !== null ? "frozen" : overdue > 1 || age === null ? "late" : "live";
    this.events.health({ state, age_s: age, every_s: this.every_s, frozen_s: this.frozen_s });
  }

  /** Feeds the decoder what has come, in order, one piece at a time. */
  private pump(): void {
    // between the end of an append and the event that says so, another message may come in
    if (this.over || this.source.readyState !== "open" || this.buffer?.updating || this.appending) return;
    let first = this.entries[0];
    try {
      while (first && "codec" in first) {
        if (this.buffer) this.buffer.changeType(first.codec);
        else this.listen((this.buffer = this.source.addSourceBuffer(first.codec)));
        this.entries.shift();
        first = this.entries[0];
      }
    } catch {
      this.leave(false, UNDECODABLE);
      return;
    }
    const buffer = this.buffer;
    if (!buffer || !first) return;
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (const entry of this.entries) {
      if (!("bytes" in entry)) break;
      pieces.push(entry.bytes);
      size += entry.bytes.length;
    }
    const whole = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    try {
      buffer.appendBuffer(whole);
    } catch (error) {
      if ((error as DOMException).name !== "QuotaExceededError" || !this.trim(0)) this.leave(false, UNDECODABLE);
      return;
    }
    this.entries.splice(0, pieces.length);
    this.appending = size;
  }

  private listen(buffer: SourceBuffer): void {
    buffer.addEventListener("updateend", () => {
      if (this.over) return;
      if (this.appending) {
        this.appended += this.appending;
        this.appending = 0;
        this.say({ type: "ack", bytes: this.appended });
        this.follow();
      }
      if (!this.trim(TRIM_S)) this.pump();
    });
  }

  /** True when it has begun to throw away what was seen more than KEEP_S ago, because more than `most` s of it is kept. */
  private trim(most: number): boolean {
    const { buffer, video } = this;
    if (!buffer || buffer.updating || buffer.buffered.length === 0) return false;
    const until = video.currentTime - KEEP_S;
    if (until <= buffer.buffered.start(0) || video.currentTime - buffer.buffered.start(0) < most) return false;
    buffer.remove(0, until);
    return true;
  }

  private edge(): { start: number; end: number } | null {
    const ranges = this.buffer?.buffered;
    if (!ranges?.length) return null;
    return { start: ranges.start(ranges.length - 1), end: ranges.end(ranges.length - 1) };
  }

  private toEdge(): void {
    const edge = this.edge();
    if (edge) this.video.currentTime = Math.max(edge.start, edge.end - BEHIND.wanted);
  }

  /** Stays close behind the newest picture. */
  private follow(): void {
    const { video } = this;
    const edge = this.edge();
    if (!edge) return;
    if (!this.playing) {
      const waited = performance.now() - this.firstByteAt;
      if (this.appended < this.waiting && waited < START_WITHIN_MS) return;
      this.playing = true;
      this.toEdge();
      video.play().catch(() => undefined);
      return;
    }
    const behind = edge.end - video.currentTime;
    if (video.seeking) return;
    if (behind > BEHIND.jump || video.currentTime < edge.start) this.toEdge();
    else video.playbackRate = behind > BEHIND.hurry ? 1.1 : 1;
  }
}
