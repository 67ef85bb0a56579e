/**
 * One way home from its start until she puts it away. The centre keeps the clock: this page says when she starts, where she is
 * while its screen is on, and what she answers. What cannot be told is kept on this phone and told when somebody is there again;
 * until then the page says so.
 */
import { type Signal, batch, signal } from "@preact/signals";
import { exactNow, serverSaid } from "../shared/clock";
import { LiveSocket } from "../shared/socket";
import { allowed } from "./consent";
import { Follower } from "./following";
import { introduce } from "./identity";
import { type Act, type KeptTrip, forgetTrip, isOver, keepTrip } from "./kept-trips";
import { battery, lastKnown, newId, unlessLate } from "./phone";
import { Delivery, SILENCE_MS, Unanswered, askForSync } from "./sending";
import { centre, position, profile, servers, trips } from "./state";
import { RETRY_MS, TELL_TAG, say, tell } from "./telling";
import { locate } from "./whereabouts";
import type { Destination, Mode, Position, Question, Started, TripPost, TripState, Vehicle, Way } from "./wire";

/** How the start stands: on its way, repeated, waiting for a network, not taken by the centre, or the centre's clock runs. */
export type Starting = "sending" | "again" | "offline" | "refused" | "started";

export interface Setting {
  to: Destination;
  mode: Mode;
  vehicle: Vehicle | null;
  minutes: number;
  /** That she chose; it stays on this phone. */
  way: Way | null;
}

/** What the screens of a trip show and can do. */
export interface Trip {
  readonly practice: boolean;
  readonly to: Destination;
  readonly way: Way | null;
  readonly mode: Mode;
  readonly promisedAt: string;
  readonly starting: Signal<Starting>;
  readonly state: Signal<TripState | null>;
  readonly connected: Signal<boolean>;
  readonly where: Signal<Position | null>;
  readonly charge: Signal<number | null>;
  /** Said, and not told to the centre yet. */
  readonly unsent: Signal<Act[]>;
  /** The centre wants her number with this, or another one than was given. */
  readonly wanted: Signal<Act | null>;
  answer(question: Question, code?: string): Promise<void>;
  extend(minutes: number): Promise<void>;
  change(mode: Mode, vehicle: Vehicle | null): Promise<void>;
  end(outcome: "arrived" | "ended", code?: string): Promise<void>;
  /** Puts it away: one that has not started is not started any more, one that is over is a line of her record. */
  leave(): Promise<void>;
}

const BEAT_MS = 60_000;
/** The server takes no more at once. */
const MOST_MORE_MIN = 120;
const INTRODUCED_WITHIN_MS = 1_500;
const FIX_WITHIN_MS = 3_000;
/** The seconds of a Date header are whole: less than this is not a wrong clock. */
const CLOCK_MS = 2_000;

/** A refusal is final; `Unanswered` is worth another try. */
class Refused extends Error {}

async function post(server: string, body: TripPost): Promise<Started> {
  const answer = await say(new URL("/api/trips", server), body, listen);
  if (answer.ok) return (await answer.json()) as Started;
  if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) throw new Refused(String(answer.status));
  throw new Unanswered(answer.status);
}

/** Her countdown runs by the centre's clock, which every answer tells. */
function listen(answer: Response): void {
  const said = answer.headers.get("date");
  if (said && Math.abs(Date.parse(said) - exactNow()) > CLOCK_MS) serverSaid(said);
}

/** What changes rarely and must survive a closed page; a fix is not part of it. */
const lasting = (state: TripState | null): string =>
  state === null ? "" : [state.state, state.mode, state.promised_at, state.question?.id, state.ended_at, state.destroyed_at].join();

/** What is known of it before the centre says more. */
export function asPromised(mode: Mode, { started_at, promised_at }: Pick<Started, "started_at" | "promised_at">): TripState {
  return {
    state: "walking", mode, started_at, promised_at, predicted_at: null, remaining_m: null, fix_every_s: 5, battery: null, background: false, heard_at: null,
    question: null, receipts: [], signal: null, end_needs_code: false, outcome: null, ended_at: null, destroyed_at: null,
  };
}

export class RealTrip implements Trip {
  readonly practice = false;
  readonly starting = signal<Starting>("sending");
  readonly state: Signal<TripState | null>;
  readonly connected = signal(false);
  readonly where = signal<Position | null>(null);
  readonly charge = signal<number | null>(null);
  readonly unsent: Signal<Act[]>;
  readonly wanted = signal<Act | null>(null);
  private delivery: Delivery<TripPost, Started> | null = null;
  private follower: Follower | null = null;
  private socket: LiveSocket<TripState & { type?: string }> | null = null;
  private telling: Promise<void> = Promise.resolve();
  private keeping: Promise<void> = Promise.resolve();
  private retry = 0;
  private charging = 0;
  private slow = 0;
  private gone = false;
  /** What is on its way to the centre now. */
  private leaving: Act | null = null;

  private constructor(private one: KeptTrip) {
    this.state = signal(one.state);
    this.unsent = signal(one.unsent);
  }

  get to(): Destination {
    return this.one.to;
  }

  get way(): Way | null {
    return this.one.way ?? null;
  }

  get mode(): Mode {
    return this.state.value?.mode ?? this.one.mode;
  }

  get promisedAt(): string {
    return this.state.value?.promised_at ?? this.one.started?.promised_at ?? this.one.post?.promised_at ?? "";
  }

  static async start({ to, mode, vehicle, minutes, way }: Setting): Promise<RealTrip> {
    const id = newId();
    const at = new Date().toISOString();
    const [fix, charge, introduction] = await Promise.all([
      unlessLate(locate(), FIX_WITHIN_MS),
      unlessLate(battery()),
      unlessLate(introduce("ansim trip", id, at, allowed(profile.value), centre.value), INTRODUCED_WITHIN_MS),
    ]);
    const start: TripPost = {
      id,
      at,
      mode,
      destination: { latitude: to.latitude, longitude: to.longitude, ...(to.label ? { label: to.label } : {}) },
      promised_at: new Date(exactNow() + minutes * 60_000).toISOString(),
      position: fix ?? lastKnown(),
      background: false,
      ...(typeof charge === "number" ? { battery: charge } : {}),
      ...(vehicle ? { vehicle } : {}),
      ...introduction,
    };
    const trip = new RealTrip({ id, to, way, mode, post: start, servers: servers(), started: null, state: null, unsent: [], left: false });
    trip.where.value = start.position;
    await trip.keep();
    trip.deliver(start);
    return trip;
  }

  /** After a reload: one that has not started goes on being started, one under way is followed on. */
  static resume(): RealTrip | null {
    const open = trips.value.find((one) => !one.left);
    if (open === undefined) return null;
    const trip = new RealTrip(open);
    if (open.post !== null) trip.deliver(open.post);
    else trip.follow();
    return trip;
  }

  private deliver(start: TripPost): void {
    this.slow = window.setTimeout(() => {
      if (this.starting.value === "sending") this.starting.value = navigator.onLine ? "again" : "offline";
    }, SILENCE_MS);
    if (!navigator.onLine) this.starting.value = "offline";
    addEventListener("offline", this.offline);
    addEventListener("online", this.online);
    const delivery = new Delivery(start, this.one.servers, async (server, body: TripPost) => {
      try {
        const started = await post(server, body);
        // She gave up while this was on its way: a clock that nobody watches must not run.
        if (this.gone) void say(new URL(`/api/trips/${started.trip}/end`, server), { secret: started.secret, outcome: "ended" }).catch(() => undefined);
        return started;
      } catch (error) {
        if (error instanceof Refused) {
          this.starting.value = "refused";
          delivery.stop();
        }
        throw error;
      }
    });
    this.delivery = delivery;
    void delivery.run().then(async (answer) => {
      clearTimeout(this.slow);
      if (answer === null) return;
      this.one = { ...this.one, post: null, started: { ...answer.receipt, server: answer.server } };
      this.follow();
      await this.keep();
    });
  }

  private readonly offline = (): void => {
    if (this.one.started === null && this.starting.value !== "refused") this.starting.value = "offline";
  };

  private readonly online = (): void => {
    if (this.one.started !== null) return this.tellAgain();
    if (this.starting.value === "refused") return;
    this.starting.value = "again";
    this.delivery?.retry();
  };

  private follow(): void {
    const { trip, secret, server } = this.one.started!;
    addEventListener("online", this.online);
    this.starting.value = "started";
    this.state.value ??= asPromised(this.one.mode, this.one.started!);
    if (this.state.value?.destroyed_at != null) return;
    this.socket = new LiveSocket<TripState & { type?: string }>({
      path: "/live/trip",
      first: () => ({ trip, secret }),
      receive: (message) => this.heard(message),
      final: (code) => {
        const gone = code === 4404 || code === 4403;
        if (gone) this.lost();
        return gone;
      },
      deadAfterMs: 60_000,
    });
    this.socket.open.subscribe((open) => {
      this.connected.value = open;
      if (open) this.tellAgain();
    });
    this.socket.start();
    if (isOver(this.state.value)) return;
    this.follower = new Follower({
      url: new URL(`/api/trips/${trip}/positions`, server),
      around: (positions) => ({ secret, positions, ...(this.charge.value === null ? {} : { battery: this.charge.value }) }),
      seen: (fix) => (this.where.value = position.value = fix),
      // Where sockets do not get through, what it says to each fix has to do.
      heard: async (answer) => {
        const { state } = (await answer.json()) as { state: TripState };
        if (!this.connected.value) this.heard(state);
      },
      apartMs: () => (this.state.value!.fix_every_s - 1) * 1000,
      beatMs: BEAT_MS,
    });
    this.follower.start();
    const look = (): void => void battery().then((charge) => (this.charge.value = charge ?? null));
    look();
    this.charging = window.setInterval(look, BEAT_MS);
  }

  /** The centre has it no longer: nothing is watched, and nothing of it is left there. */
  private lost(): void {
    const at = new Date(exactNow()).toISOString();
    const state = this.state.value;
    if (state !== null && !isOver(state)) this.heard({ ...state, state: "ended", outcome: "ended", question: null, signal: null, ended_at: at, destroyed_at: at });
  }

  private heard(state: TripState & { type?: string }): void {
    if (!("promised_at" in state)) return;
    const before = lasting(this.state.value);
    batch(() => {
      this.state.value = state;
      if (this.wanted.value?.verb === "answer" && state.question?.id !== this.wanted.value.question) this.wanted.value = null;
    });
    if (state.ended_at !== null) {
      this.follower?.stop();
      clearInterval(this.charging);
      this.wanted.value = null;
      if (state.destroyed_at !== null) this.socket?.stop();
    }
    if (lasting(state) !== before) void this.keep();
  }

  /** One after the other, so that what is kept in the end is what came last. */
  private keep(): Promise<void> {
    this.one = { ...this.one, state: this.state.value, unsent: this.unsent.value };
    trips.value = [this.one, ...trips.value.filter((other) => other.id !== this.one.id)];
    const { one } = this;
    this.keeping = this.keeping.then(() => keepTrip(one)).catch(() => undefined);
    return this.keeping;
  }

  private take(act: Act): Promise<void> {
    this.wanted.value = null;
    this.unsent.value = [...this.unsent.value, act];
    void this.keep();
    return this.tell();
  }

  /** One after the other, in the order in which she said it. */
  private tell(): Promise<void> {
    this.telling = this.telling.then(async () => {
      clearTimeout(this.retry);
      const kept = this.unsent.value.length;
      for (let act = this.unsent.value[0]; act !== undefined; act = this.unsent.value[0]) {
        if (!(await this.tellOne(act))) {
          this.retry = window.setTimeout(() => void this.tell(), RETRY_MS);
          void askForSync(TELL_TAG);
          break;
        }
        this.unsent.value = this.unsent.value.filter((other) => other !== act);
      }
      if (kept > 0) await this.keep();
    });
    return this.telling;
  }

  private readonly tellAgain = (): void => {
    if (this.unsent.value.length > 0) void this.tell();
  };

  /** False when nobody was there to hear it. */
  private async tellOne(act: Act): Promise<boolean> {
    this.leaving = act;
    const told = await tell(this.one.started!, act, listen);
    this.leaving = null;
    if (told.is === "heard") this.heard(told.state);
    else if (told.is === "code") this.wanted.value = act;
    else if (told.is === "gone") this.lost();
    return told.is !== "unreached";
  }

  answer(question: Question, code?: string): Promise<void> {
    return this.take({ verb: "answer", question: question.id, said_at: new Date().toISOString(), ...(code ? { code } : {}) });
  }

  extend(minutes: number): Promise<void> {
    const waiting = this.unsent.value.find((act) => act.verb === "extend" && act !== this.leaving);
    if (waiting?.verb === "extend") {
      // Pressed twice without a network is one wish for more time.
      const more: Act = { ...waiting, minutes: Math.min(MOST_MORE_MIN, waiting.minutes + minutes) };
      this.unsent.value = this.unsent.value.map((act) => (act === waiting ? more : act));
      void this.keep();
      return this.tell();
    }
    return this.take({ verb: "extend", minutes, promised_at: this.promisedAt, said_at: new Date().toISOString() });
  }

  change(mode: Mode, vehicle: Vehicle | null): Promise<void> {
    return this.take({ verb: "mode", mode, said_at: new Date().toISOString(), ...(vehicle ? { vehicle } : {}) });
  }

  end(outcome: "arrived" | "ended", code?: string): Promise<void> {
    return this.take({ verb: "end", outcome, said_at: new Date().toISOString(), ...(code ? { code } : {}) });
  }

  async leave(): Promise<void> {
    clearTimeout(this.retry);
    clearTimeout(this.slow);
    clearInterval(this.charging);
    removeEventListener("offline", this.offline);
    removeEventListener("online", this.online);
    this.delivery?.stop();
    this.follower?.stop();
    this.socket?.stop();
    if (this.one.started === null) {
      this.gone = true;
      trips.value = trips.value.filter((other) => other.id !== this.one.id);
      await forgetTrip(this.one.id);
      return;
    }
    // What is kept for her record is the name; where it is is nobody's matter any more.
    this.one = { ...this.one, to: { ...this.one.to, latitude: 0, longitude: 0 }, way: null, left: true };
    await this.keep();
  }
}
