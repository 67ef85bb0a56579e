/** What she and the operator write to each other, on her side. */
import { type Signal, signal } from "@preact/signals";

export interface Message {
  from: "person" | "operator";
  text: string;
  at: string;
}

export interface Said extends Message {
  state: "sending" | "sent" | "failed";
}

export interface Conversation {
  /** What the server has. */
  messages(): readonly Message[];
  /** What was written here and is not among them yet. */
  readonly said: Signal<Said[]>;
  say(text: string): Promise<void>;
}

/** `send` says whether the server has it; `heard` is called with what the server says has been said. */
export class Saying {
  readonly said = signal<Said[]>([]);

  constructor(private readonly send: (text: string) => Promise<boolean>) {}

  async say(text: string): Promise<void> {
    const line: Said = { from: "person", text, at: new Date().toISOString(), state: "sending" };
    this.said.value = [...this.said.value, line];
    const delivered = await this.send(text);
    this.said.value = this.said.value.map((other) => (other === line ? { ...line, state: delivered ? "sent" : "failed" } : other));
  }

  heard(messages: readonly Message[]): void {
    const echoed = new Set(messages.filter((one) => one.from === "person").map((one) => one.text));
    if (this.said.value.some((one) => one.state === "sent" && echoed.has(one.text))) {
      this.said.value = this.said.value.filter((one) => one.state !== "sent" || !echoed.has(one.text));
    }
  }
}
