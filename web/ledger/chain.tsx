/** The state of the record chain, as this browser itself found it: head signed, and the newest shown entry under it. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { get } from "../shared/api";
import { base64url, fromBase64 } from "../shared/bytes";
import { type Proof, check } from "../shared/proof";
import { clockTime } from "../shared/words";
import type { Entry } from "./rows";
import { t } from "./words";

export interface ShownCheckpoint {
  size: number;
  root: string;
  at: string;
  signature: string;
  witnesses: string[];
}

/** `size`: of the last head that it signed; 0 before its first. */
export interface ShownWitness {
  name: string;
  size: number;
  at: string | null;
  late: boolean;
}

type State = { is: "checking" } | { is: "none" } | { is: "ok" | "unsigned" | "bad"; at: number; size: number };

const state = signal<State>({ is: "checking" });
let lastRoot = "";

/** Once for every new head. A head that shrank, or another root for the same size, is a rewritten record. */
let seen: { size: number; root: string } | null = null;

export async function checkChain(page: { entries: Entry[]; checkpoint: ShownCheckpoint | null }): Promise<void> {
  const { checkpoint, entries } = page;
  if (checkpoint === null) {
    state.value = { is: "none" };
    return;
  }
  if (checkpoint.root === lastRoot && state.peek().is !== "bad") return;
  const rewritten = seen !== null && (checkpoint.size < seen.size || (checkpoint.size === seen.size && checkpoint.root !== seen.root));
  const newest = entries.find((entry) => entry.seq !== null && entry.seq < checkpoint.size);
  if (newest?.seq == null) {
    state.value = rewritten ? { is: "bad", at: Date.now(), size: checkpoint.size } : { is: "none" };
    return;
  }
  try {
    const checked = await check(await get<Proof>(`/api/ledger/${newest.seq}/proof`), newest.seq);
    const same = base64url(checked.leaf) === base64url(fromBase64(newest.leaf_hash));
    const good = checked.included && same && checked.signed !== false && !rewritten;
    state.value = { is: !good ? "bad" : checked.signed === null ? "unsigned" : "ok", at: Date.now(), size: checked.head.size };
    if (good) seen = { size: checkpoint.size, root: checkpoint.root };
    lastRoot = checkpoint.root;
  } catch {
    // Not reached is not broken: the page says separately that the server is away.
    if (state.peek().is === "checking") state.value = { is: "none" };
  }
}

export function Chain({ size }: { size: number }): JSX.Element {
  const found = state.value;
  if (found.is === "checking") return <span class="t2">{t("chain.checking")}</span>;
  if (found.is === "none") return <span class="t2">{t("chain.none", { n: size.toLocaleString() })}</span>;
  const time = clockTime(found.at, false);
  const n = found.size.toLocaleString();
  if (found.is === "bad") return <b class="c1" role="alert">{t("chain.bad", { time })}</b>;
  return <span class="cok m">{found.is === "ok" ? t("chain.ok", { n, time }) : t("chain.unsigned", { n })}</span>;
}
