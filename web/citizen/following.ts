/**
 * While a screen is open, the phone's fixes go to the centre, in batches, kept and repeated until they are accepted. A web page
 * cannot do this with the screen off; the page says so.
 */
import { signal } from "@preact/signals";
import type { Position } from "./wire";

const FLUSH_MS = 1_000;
const RETRY_MS = 3_000;
const KEEP = 600;
const BATCH = 100;

export function position(fix: GeolocationPosition): Position {
  const { latitude, longitude, accuracy, heading, speed } = fix.coords;
  return {
    latitude,
    longitude,
    accuracy_m: Math.max(1, Math.round(accuracy)),
    source: "web",
    at: new Date(fix.timestamp).toISOString(),
    ...(heading !== null && Number.isFinite(heading) ? { heading_deg: heading } : {}),
    ...(speed !== null && Number.isFinite(speed) ? { speed_mps: speed } : {}),
  };
}

/** To whom, and in which form. */
interface Course {
  url: URL;
  around: (positions: Position[]) => object;
  seen: (position: Position) => void;
  /** What the centre answered to a batch that it took. */
  heard?: (answer: Response) => Promise<void>;
  /** The least time between two fixes that are sent; without it every one is. */
  apartMs?: () => number;
  /** After so long without a fix it says at least that the phone lives. */
  beatMs?: number;
}

export class Follower {
  /** How many fixes wait because nobody could be reached. */
  readonly unsent = signal(0);
  private readonly pending: Position[] = [];
  private watch = 0;
  private timer = 0;
  private beat = 0;
  private spacing = 0;
  private keptAt = 0;
  private saidAt = Date.now();
  private busy = false;
  private ended = false;

  constructor(private readonly course: Course) {}

  start(): void {
    const { beatMs } = this.course;
    if (beatMs) {
      this.beat = window.setInterval(() => {
        if (Date.now() - this.saidAt >= beatMs) void this.flush(true);
      }, beatMs / 4);
    }
    if (!("geolocation" in navigator)) return;
    this.watch = navigator.geolocation.watchPosition(
      (fix) => this.add(position(fix)),
      () => undefined,
      { enableHighAccuracy: true, maximumAge: 2_000 },
    );
  }

  add(fix: Position): void {
    this.course.seen(fix);
    clearTimeout(this.spacing);
    const early = this.keptAt + (this.course.apartMs?.() ?? 0) - Date.parse(fix.at);
    // The newest of those that came too soon goes out when it is time: she may stand still from here on.
    if (early > 0) this.spacing = window.setTimeout(() => this.queue(fix), early);
    else this.queue(fix);
  }

  private queue(fix: Position): void {
    this.keptAt = Date.parse(fix.at);
    this.pending.push(fix);
    // Newest matter most: a long gap drops the oldest.
    if (this.pending.length > KEEP) this.pending.splice(0, this.pending.length - KEEP);
    this.soon(FLUSH_MS);
  }

  private soon(after: number): void {
    if (this.timer === 0 && !this.ended) this.timer = window.setTimeout(() => void this.flush(), after);
  }

  async flush(beat = false): Promise<void> {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.busy || this.ended || (this.pending.length === 0 && !beat)) return;
    this.busy = true;
    this.saidAt = Date.now();
    const batch = this.pending.slice(0, BATCH);
    let delivered = false;
    try {
      const answer = await fetch(this.course.url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(this.course.around(batch)),
        credentials: "same-origin",
        keepalive: true,
        signal: AbortSignal.timeout(10_000),
      });
      // It is over or unknown: nobody may want a position any more.
      if (answer.status === 403 || answer.status === 404 || answer.status === 409 || answer.status === 410) this.stop();
      delivered = answer.ok || (answer.status >= 400 && answer.status < 500 && answer.status !== 429);
      if (answer.ok) await this.course.heard?.(answer);
    } catch {
      delivered = false;
    }
    this.busy = false;
    if (delivered) this.pending.splice(0, batch.length);
    this.unsent.value = delivered ? 0 : this.pending.length;
    if (this.pending.length > 0) this.soon(delivered ? FLUSH_MS : RETRY_MS);
  }

  stop(): void {
    this.ended = true;
    clearTimeout(this.timer);
    clearTimeout(this.spacing);
    clearInterval(this.beat);
    if (this.watch !== 0) navigator.geolocation.clearWatch(this.watch);
  }
}
