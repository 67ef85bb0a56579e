/**
 * What the centre says about its ledger, checked in the reader's own browser: the entry's own hash, its
 * way to the tree head (RFC 6962), and who signed that head (C2SP signed-note, cosignature/v1; Ed25519).
 */
import { type Bytes, fromBase64, hex, join, utf8 } from "./bytes";
import { leafHash, rootOf } from "./merkle";

const LOG = 1;
const COSIGNER = 4;

export interface Proof {
  origin: string;
  key: string;
  witnesses: string[];
  checkpoint: string;
  entries: { seq: number; entry: Record<string, unknown>; path: string[] }[];
}

export interface Head {
  origin: string;
  size: number;
  root: Bytes;
  body: string;
  signatures: string[];
}

/** True, false, or null where this browser has no Ed25519. */
export type Verdict = boolean | null;

export interface Checked {
  /** The entry, hashed here, stands under the head's root. */
  included: boolean;
  leaf: Bytes;
  head: Head;
  signed: Verdict;
  witnesses: { name: string; signed: Verdict }[];
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => hex(a) === hex(b);

/** JSON with sorted members and no spaces (RFC 8785; entries hold only text and whole numbers). */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}

export function head(note: string): Head {
  const gap = note.indexOf("\n\n");
  const lines = note.slice(0, gap).split("\n");
  if (gap < 0 || lines.length !== 3) throw new Error("not a checkpoint");
  return {
    origin: lines[0]!,
    size: Number(lines[1]),
    root: fromBase64(lines[2]!),
    body: note.slice(0, gap + 1),
    signatures: note.slice(gap + 2).split("\n").filter(Boolean),
  };
}

/** Whether the holder of this verifier key (`name+id+base64(type || key)`) signed the head. */
async function signedBy(of: Head, verifier: string): Promise<Verdict> {
  const [name, , encoded] = verifier.split("+", 2).concat(verifier.split("+").slice(2).join("+"));
  const raw = fromBase64(encoded ?? "");
  const kind = raw[0];
  const point = raw.slice(1);
  const digest = await crypto.subtle.digest("SHA-256", join(utf8(`${name}\n`), raw));
  const id = new Uint8Array(digest).slice(0, 4);
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("raw", point, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null;
  }
  for (const line of of.signatures) {
    const parts = /^— (\S+) (\S+)$/.exec(line);
    if (!parts || parts[1] !== name) continue;
    const bytes = fromBase64(parts[2]!);
    if (!equal(bytes.slice(0, 4), id)) continue;
    let message = utf8(of.body);
    let signature = bytes.slice(4);
    if (kind === COSIGNER) {
      const seconds = new DataView(signature.buffer).getBigUint64(0);
      message = utf8(`cosignature/v1\ntime ${seconds}\n${of.body}`);
      signature = signature.slice(8);
    } else if (kind !== LOG) continue;
    if (await crypto.subtle.verify({ name: "Ed25519" }, key, signature, message)) return true;
  }
  return false;
}

/** Checks one entry of a proof. The caller compares `leaf` with what it was shown. */
export async function check(proof: Proof, seq: number): Promise<Checked> {
  const of = head(proof.checkpoint);
  const proven = proof.entries.find((one) => one.seq === seq);
  if (!proven) throw new Error("the proof is for another entry");
  const leaf = await leafHash(utf8(canonical(proven.entry)));
  const root = await rootOf(leaf, seq, of.size, proven.path.map(fromBase64));
  const witnesses = await Promise.all(
    proof.witnesses.map(async (one) => ({ name: one.split("+")[0]!, signed: await signedBy(of, one) })),
  );
  return { included: root !== null && equal(root, of.root), leaf, head: of, signed: await signedBy(of, proof.key), witnesses };
}
