/**
 * One SOS from the press until the person leaves its screen: sending, receipt, what the centre says,
 * what she says, her position, cancelling. The practice twin has the same face and no network.
 */
import { type Signal, batch, signal } from "@preact/signals";
import { Film } from "../shared/film";
import { LiveSocket } from "../shared/socket";
import { Follower } from "./following";
import { allowed } from "./consent";
import { introduce, sealedFor } from "./identity";
import { battery, lastKnown, newId, unlessLate } from "./phone";
import { Delivery, type Queued, SMS_MS, SILENCE_MS, SYNC_TAG, addressed, askForSync, keepCase, post, queue, received, waiting } from "./sending";
import { cases, centre, mapping, position, profile, servers, settings } from "./state";
import { forget, keep, kept } from "./vault";
import { locate, reach } from "./whereabouts";
import type { Case, Message, PhoneState, Position, Receipt, Sos, Trigger } from "./wire";

export type Sending = "sending" | "again" | "offline" | "received";

export interface Said extends Message {
  state: "sending" | "sent" | "failed";
}

export type Cancelled = "done" | "wrong" | "later";

/** So long without a connection to the centre that has the case, the next one is asked. */
const LOST_MS = 10_000;
/** A slow phone seals for as long; then the call leaves without a name rather than late. */
const INTRODUCED_WITHIN_MS = 1_500;

/** What the sent screen shows and can do. */
export interface Emergency {
  readonly practice: boolean;
  readonly at: string;
  readonly sending: Signal<Sending>;
  readonly smsOffered: Signal<boolean>;
  readonly receipt: Signal<Case | null>;
  readonly phone: Signal<PhoneState | null>;
  readonly connected: Signal<boolean>;
  readonly said: Signal<Said[]>;
  readonly where: Signal<Position | null>;
  readonly cancelled: Signal<boolean>;
  /** The browser refused to keep it: closing the page would lose it. */
  readonly unstored: Signal<boolean>;
  /** Her camera, once somebody is there to see it; in practice there is none. */
  readonly film: Film | null;
  say(text: string): Promise<void>;
  cancel(code: string): Promise<Cancelled>;
  /** Leaves the screen; following ends, the record stays. */
  leave(): void;
}

/** What is gathered, signed and sealed while the finger is still down: at the end of the second it only has to leave. */
export class Readiness {
  readonly id = newId();
  readonly at = new Date().toISOString();
  readonly fix: Promise<Position | null> = locate();
  readonly battery: Promise<number | undefined> = battery();
  readonly introduction = introduce("ansim signal", this.id, this.at, allowed(profile.value), centre.value);
  /** For whoever is asked when the first one is silent. */
  readonly seals = sealedFor(this.id, allowed(profile.value), mapping.value?.centres.slice(1) ?? []);
  constructor() {
    void reach();
  }
}

export class RealEmergency implements Emergency {
  readonly practice = false;
  readonly sending = signal<Sending>("sending");
  readonly smsOffered = signal(false);
  readonly receipt = signal<Case | null>(null);
  readonly phone = signal<PhoneState | null>(null);
  readonly connected = signal(false);
  readonly said = signal<Said[]>([]);
  readonly where = signal<Position | null>(null);
  readonly cancelled = signal(false);
  readonly unstored = signal(false);
  film: Film | null = null;
  private delivery: Delivery<Sos, Receipt> | null = null;
  private follower: Follower | null = null;
  private socket: LiveSocket<PhoneState & { type?: string }> | null = null;
  private timers: number[] = [];
  /** What was sent, as long as this page lives: a centre that falls silent is not the only one. */
  private call: Queued | null = null;
  private silent = 0;
  private readonly early: Position[] = [];

  private constructor(
    readonly id: string,
    readonly at: string,
  ) {}

  /** A new SOS: sent at once with what is at hand, kept on this phone at the same moment. */
  static async send(trigger: Trigger, readiness: Readiness): Promise<RealEmergency> {
    const emergency = new RealEmergency(readiness.id, readiness.at);
    emergency.startClocks();
    const charge = await unlessLate(readiness.battery);
    const fix = (await unlessLate(readiness.fix)) ?? lastKnown();
    emergency.where.value = fix;
    const sos: Sos = {
      id: emergency.id,
      kind: "sos",
      trigger,
      at: emergency.at,
      position: fix,
      silent: settings.value.quiet,
      ...(typeof charge === "number" ? { battery: charge } : {}),
      ...(await unlessLate(readiness.introduction, INTRODUCED_WITHIN_MS)),
    };
    emergency.deliver({ sos, servers: servers(), seals: await unlessLate(readiness.seals, INTRODUCED_WITHIN_MS) ?? {} }, true);
    if (fix === null) void readiness.fix.then((late) => late && emergency.moved(late));
    return emergency;
  }

  /** After a reload: an SOS without a receipt goes on being sent, one with a receipt is followed on. */
  static async resume(): Promise<RealEmergency | null> {
    const unsent = (await waiting()).at(-1);
    if (unsent !== undefined) {
      const emergency = new RealEmergency(unsent.sos.id, unsent.sos.at);
      emergency.where.value = unsent.sos.position;
      emergency.cancelled.value = (await kept<string>("cancel:" + unsent.sos.id)) !== null;
      emergency.startClocks();
      emergency.deliver(unsent, false);
      return emergency;
    }
    const open = cases.value.find((one) => one.closed_at === null && !one.left);
    return open === undefined ? null : RealEmergency.of(open);
  }

  /** A call that a centre already has. */
  static of(one: Case): RealEmergency {
    const emergency = new RealEmergency(one.id, one.at);
    emergency.cancelled.value = one.cancelled_at !== null;
    emergency.follow(one);
    return emergency;
  }

  private startClocks(): void {
    this.timers.push(
      window.setTimeout(() => {
        if (this.sending.value === "sending") this.sending.value = navigator.onLine ? "again" : "offline";
      }, SILENCE_MS),
      window.setTimeout(() => {
        this.smsOffered.value = this.receipt.value === null;
      }, SMS_MS),
    );
    if (!navigator.onLine) this.offline();
    addEventListener("offline", this.offline);
    addEventListener("online", this.online);
  }

  private readonly offline = (): void => {
    if (this.receipt.value === null) batch(() => {
      this.sending.value = "offline";
      this.smsOffered.value = true;
    });
  };

  private readonly online = (): void => {
    if (this.receipt.value !== null) return;
    this.sending.value = "again";
    this.delivery?.retry();
  };

  private deliver(queued: Queued, isNew: boolean): void {
    const { sos, servers: to } = queued;
    this.call = queued;
    this.delivery = new Delivery(sos, to, (server) => post(server, addressed(queued, server)));
    const stored = isNew ? queue(queued).then(() => askForSync(SYNC_TAG), () => void (this.unstored.value = true)) : Promise.resolve();
    void this.delivery.run().then(async (answer) => {
      if (answer === null) return;
      this.follow({ ...answer.receipt, id: sos.id, at: sos.at, silent: sos.silent, server: answer.server, cancelled_at: null, closed_at: null, destroyed_at: null, left: false });
      await stored;
      await received(queued, answer.server, answer.receipt);
    });
  }

  /** The service worker delivered it while this page was asleep. */
  delivered(one: Case): void {
    if (one.id !== this.id || this.receipt.value !== null) return;
    this.delivery?.stop();
    this.follow(one);
  }

  private follow(one: Case): void {
    batch(() => {
      this.receipt.value = one;
      this.sending.value = "received";
      this.smsOffered.value = false;
      cases.value = [one, ...cases.value.filter((other) => other.id !== one.id)];
    });
    this.follower = new Follower({
      url: new URL("/api/positions", one.server),
      around: (positions) => ({ signal: one.id, secret: one.secret, positions }),
      seen: (fix) => (this.where.value = position.value = fix),
    });
    this.early.splice(0).forEach((fix) => this.follower!.add(fix));
    this.follower.start();
    this.film = new Film(one.server, () => ({ signal: one.id, secret: one.secret }));
    this.socket = new LiveSocket<PhoneState & { type?: string }>({
      path: "/live/signal",
      server: one.server,
      first: () => ({ signal: one.id, secret: one.secret }),
      receive: (message) => this.heard(message),
      final: (code) => code === 4404 || code === 4403,
      deadAfterMs: 60_000,
    });
    this.socket.open.subscribe((open) => {
      this.connected.value = open;
      clearTimeout(this.silent);
      if (!open) this.silent = window.setTimeout(() => this.elsewhere(), LOST_MS);
    });
    this.socket.start();
    void kept<string>("cancel:" + one.id).then(async (code) => {
      if (code !== null) await this.cancel(code);
    });
  }

  /** The centre that has the case cannot be reached: the same call goes to the next one, for which it is the same case. */
  private elsewhere(): void {
    const one = this.receipt.value;
    const others = this.call?.servers.filter((server) => server !== one?.server) ?? [];
    if (one === null || one.closed_at !== null || this.cancelled.value || others.length === 0) return;
    const call = this.call!;
    const delivery = (this.delivery = new Delivery(call.sos, others, (server) => post(server, addressed(call, server))));
    void delivery.run().then((answer) => {
      if (answer !== null && !this.connected.value) this.goOn(answer.server, answer.receipt);
    });
    const back = this.connected.subscribe((open) => {
      if (open) delivery.stop();
    });
    this.timers.push(window.setTimeout(back, 600_000));
  }

  /** Another centre has the case from now on. */
  private goOn(server: string, receipt: Receipt): void {
    const one = this.receipt.value!;
    const before = [...(one.before ?? []), { server: one.server, incident: one.incident, secret: one.secret }];
    this.follower?.stop();
    this.film?.stop();
    this.socket?.stop();
    const next: Case = { ...one, ...receipt, server, before };
    this.follow(next);
    void keepCase(next);
  }

  private moved(fix: Position): void {
    this.where.value = fix;
    if (this.follower) this.follower.add(fix);
    else this.early.push(fix);
  }

  private heard(state: PhoneState & { type?: string }): void {
    if (!Array.isArray(state.messages)) return;
    if (state.moved) {
      this.goOn(new URL(state.moved.uri).origin, state.moved.receipt);
      return;
    }
    // After a cancellation nothing that the centre does may show here: somebody may be looking.
    if (this.cancelled.value) {
      void this.ended(state);
      return;
    }
    this.phone.value = state;
    const echoed = new Set(state.messages.filter((one) => one.from === "person").map((one) => one.text));
    if (this.said.value.some((one) => one.state === "sent" && echoed.has(one.text))) {
      this.said.value = this.said.value.filter((one) => one.state !== "sent" || !echoed.has(one.text));
    }
    void this.ended(state);
  }

  private async ended({ closed_at, destroyed_at }: PhoneState): Promise<void> {
    const one = this.receipt.value!;
    if (closed_at === null || (one.closed_at !== null && one.destroyed_at === destroyed_at)) return;
    this.follower?.stop();
    this.film?.stop("refused");
    if (destroyed_at !== null) this.socket?.stop();
    await this.update({ ...one, closed_at, destroyed_at });
  }

  private async update(one: Case): Promise<void> {
    this.receipt.value = one;
    cases.value = cases.value.map((other) => (other.id === one.id ? one : other));
    await keepCase(one);
  }

  async say(text: string): Promise<void> {
    const line: Said = { from: "person", text, at: new Date().toISOString(), state: "sending" };
    this.said.value = [...this.said.value, line];
    const one = this.receipt.value;
    const delivered = one !== null && (await this.tell(`/api/signals/${one.id}/messages`, { secret: one.secret, text })).ok;
    this.said.value = this.said.value.map((other) => (other === line ? { ...line, state: delivered ? "sent" : "failed" } : other));
  }

  /** The screen is the same for both codes: only the centre knows which one this was. */
  async cancel(code: string): Promise<Cancelled> {
    const one = this.receipt.value;
    if (one === null) {
      const codes = profile.value?.codes;
      if (codes && code !== codes.cancel && code !== codes.duress) return "wrong";
      await keep("cancel:" + this.id, code);
      this.cancelled.value = true;
      return "later";
    }
    const answer = await this.tell(`/api/signals/${one.id}/cancel`, { secret: one.secret, code });
    if (answer.status === 400 || answer.status === 403 || answer.status === 422) return "wrong";
    // Gone or closed: there is nothing left to cancel, and nothing else to show.
    const settled = answer.ok || answer.status === 404 || answer.status === 409 || answer.status === 410;
    await (settled ? forget("cancel:" + this.id) : keep("cancel:" + this.id, code));
    this.film?.stop();
    this.cancelled.value = true;
    this.said.value = [];
    await this.update({ ...this.receipt.value!, cancelled_at: new Date().toISOString() });
    return settled ? "done" : "later";
  }

  private async tell(path: string, body: object): Promise<{ ok: boolean; status: number }> {
    try {
      const { ok, status } = await fetch(new URL(path, this.receipt.value!.server), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        credentials: "omit",
        keepalive: true,
        signal: AbortSignal.timeout(8_000),
      });
      return { ok, status };
    } catch {
      return { ok: false, status: 0 };
    }
  }

  leave(): void {
    if (this.cancelled.value && this.receipt.value) void this.update({ ...this.receipt.value, left: true });
    this.timers.forEach((timer) => clearTimeout(timer));
    removeEventListener("offline", this.offline);
    removeEventListener("online", this.online);
    this.delivery?.stop();
    this.follower?.stop();
    this.film?.stop();
    this.socket?.stop();
    clearTimeout(this.silent);
  }
}
