/** The ledger's tree (RFC 6962 section 2.1), checked in the reader's own browser with WebCrypto. */
import { type Bytes, join } from "./bytes";

const sha256 = async (bytes: Bytes): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

export const leafHash = (entry: Bytes): Promise<Bytes> => sha256(join(Uint8Array.of(0), entry));

const nodeHash = (left: Bytes, right: Bytes): Promise<Bytes> => sha256(join(Uint8Array.of(1), left, right));

/**
 * Root of the tree of `size` entries in which `leaf` stands at `index` (from 0), or null when the
 * path has not the length that this place needs (RFC 9162 section 2.1.3.2).
 */
export async function rootOf(leaf: Bytes, index: number, size: number, path: Bytes[]): Promise<Bytes | null> {
  if (index < 0 || index >= size) return null;
  let place = index;
  let last = size - 1;
  let root = leaf;
  for (const sibling of path) {
    if (last === 0) return null;
    if (place % 2 === 1 || place === last) {
      root = await nodeHash(sibling, root);
      while (place % 2 === 0 && place !== 0) {
        place = Math.floor(place / 2);
        last = Math.floor(last / 2);
      }
    } else {
      root = await nodeHash(root, sibling);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : null;
}
