/** The same screen without a network: she learns what happens, and no centre's queue sees anything. */
import { signal } from "@preact/signals";
import { t } from "./words";
import { centre, position, profile, settings } from "./state";
import type { Cancelled, Emergency, Said, Sending } from "./emergency";
import type { Case, PhoneState } from "./wire";

const RECEIVED_MS = 900;
const CLAIMED_MS = 4_000;
const COMING_MS = 9_000;

export class PracticeEmergency implements Emergency {
  readonly practice = true;
  readonly at = new Date().toISOString();
  readonly sending = signal<Sending>("sending");
  readonly smsOffered = signal(false);
  readonly receipt = signal<Case | null>(null);
  readonly phone = signal<PhoneState | null>(null);
  readonly connected = signal(true);
  readonly said = signal<Said[]>([]);
  readonly where = position;
  readonly cancelled = signal(false);
  readonly unstored = signal(false);
  readonly film = null;
  private readonly timers = [
    window.setTimeout(() => this.received(), RECEIVED_MS),
    window.setTimeout(() => this.claimed(), CLAIMED_MS),
    window.setTimeout(() => this.coming(), COMING_MS),
  ];

  private received(): void {
    const at = new Date().toISOString();
    const answering = { id: "practice", name: centre.value?.name ?? t("practice.centre") };
    this.receipt.value = {
      receipt: t("practice.receipt"), secret: "", signal: "practice", incident: "practice", centre: answering, received_at: at,
      id: "practice", at: this.at, silent: settings.value.quiet, server: location.origin, cancelled_at: null, closed_at: null, destroyed_at: null, left: false,
    };
    this.sending.value = "received";
    this.phone.value = {
      state: "received", centre: answering.name, received_at: at, holder: null, receipts: [], messages: [], dispatch: null, closed_at: null, destroyed_at: null, moved: null,
    };
  }

  private claimed(): void {
    const at = new Date().toISOString();
    this.phone.value = {
      ...this.phone.value!,
      state: "claimed",
      holder: this.receipt.value!.centre.name,
      claimed_at: at,
      cameras: 4,
      messages: [{ from: "operator", text: t("practice.message"), at }],
    };
  }

  private coming(): void {
    const at = new Date().toISOString();
    this.phone.value = { ...this.phone.value!, dispatch: { agency: "112", state: "en_route", unit: t("practice.unit"), eta_s: 120, at } };
  }

  say(text: string): Promise<void> {
    this.said.value = [...this.said.value, { from: "person", text, at: new Date().toISOString(), state: "sent" }];
    return Promise.resolve();
  }

  cancel(code: string): Promise<Cancelled> {
    const codes = profile.value?.codes;
    if (codes && code !== codes.cancel && code !== codes.duress) return Promise.resolve("wrong");
    this.cancelled.value = true;
    return Promise.resolve("done");
  }

  leave(): void {
    this.timers.forEach((timer) => clearTimeout(timer));
  }
}
