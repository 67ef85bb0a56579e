/**
 * While the sent screen is open, every fix of the phone goes to the centre, in batches, kept and
 * repeated until it is accepted. A web page cannot do this with the screen off; the page says so.
 */
import type { Case, Position } from "./wire";

const FLUSH_MS = 1_000;
const RETRY_MS = 3_000;
const KEEP = 600;

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

export class Follower {
  private readonly pending: Position[] = [];
  private watch = 0;
  private timer = 0;
  private busy = false;
  private ended = false;

  constructor(
    private readonly of: Case,
    private readonly seen: (position: Position) => void,
  ) {}

  start(): void {
    if (!("geolocation" in navigator)) return;
    this.watch = navigator.geolocation.watchPosition(
      (fix) => this.add(position(fix)),
      () => undefined,
      { enableHighAccuracy: true, maximumAge: 2_000 },
    );
  }

  add(fix: Position): void {
    this.seen(fix);
    this.pending.push(fix);
    // Newest matter most: a long gap drops the oldest.
    if (this.pending.length > KEEP) this.pending.splice(0, this.pending.length - KEEP);
    this.soon(FLUSH_MS);
  }

  private soon(after: number): void {
    if (this.timer === 0 && !this.ended) this.timer = window.setTimeout(() => void this.flush(), after);
  }

  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.busy || this.ended || this.pending.length === 0) return;
    this.busy = true;
    const batch = this.pending.slice(0, 100);
    let delivered = false;
    try {
      const answer = await fetch(new URL("/api/positions", this.of.server), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ signal: this.of.id, secret: this.of.secret, positions: batch }),
        credentials: "omit",
        keepalive: true,
        signal: AbortSignal.timeout(10_000),
      });
      // The case is closed or unknown: nobody may want a position any more.
      if (answer.status === 403 || answer.status === 404 || answer.status === 409 || answer.status === 410) this.stop();
      delivered = answer.ok || (answer.status >= 400 && answer.status < 500 && answer.status !== 429);
    } catch {
      delivered = false;
    }
    this.busy = false;
    if (delivered) this.pending.splice(0, batch.length);
    if (this.pending.length > 0) this.soon(delivered ? FLUSH_MS : RETRY_MS);
  }

  stop(): void {
    this.ended = true;
    clearTimeout(this.timer);
    if (this.watch !== 0) navigator.geolocation.clearWatch(this.watch);
  }
}
