/** Where the phone is, and which centre answers there. */
import { keep } from "./vault";
import { mapping, position, reached } from "./state";
import { position as fixOf } from "./following";
import type { Mapping, Position } from "./wire";

export const permission = async (): Promise<PermissionState> => {
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state;
  } catch {
    return "prompt";
  }
};

/** One fix, as good as can be had soon. Null when the phone gives none. */
export function locate(timeoutMs = 8_000): Promise<Position | null> {
  if (!("geolocation" in navigator)) return Promise.resolve(null);
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      (fix) => {
        position.value = fixOf(fix);
        resolve(position.value);
      },
      () => resolve(null),
      { enableHighAccuracy: true, maximumAge: 5_000, timeout: timeoutMs },
    );
  });
}

/** Asks who answers here. The answer is kept: it is what an SOS uses when the asking place is down. */
export async function route(at: Position): Promise<void> {
  const { latitude, longitude, accuracy_m } = at;
  try {
    const answer = await fetch("/api/mapping", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ latitude, longitude, accuracy_m }),
      credentials: "omit",
      signal: AbortSignal.timeout(8_000),
    });
    reached.value = answer.ok;
    if (!answer.ok) return;
    mapping.value = (await answer.json()) as Mapping;
    await keep("mapping", mapping.value);
  } catch {
    reached.value = false;
  }
}

/** Opens the connection before it is needed, and tells whether anybody is there. */
export async function reach(): Promise<void> {
  try {
    reached.value = (await fetch("/healthz", { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    reached.value = false;
  }
}

export async function refresh(): Promise<void> {
  if ((await permission()) !== "granted") return reach();
  const at = await locate();
  return at ? route(at) : reach();
}
