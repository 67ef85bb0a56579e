/** What the page of a bell finds out about itself, once a minute. It counts microphones and asks whether it may use one; it does not listen. */

export interface Tests {
  microphone?: boolean;
  button?: boolean;
  power?: "mains" | "battery";
}

/** A key that is held for so long is stuck. */
const STUCK_MS = 30_000;

let downSince: number | null = null;

export function watchButton(): void {
  addEventListener("keydown", () => (downSince ??= Date.now()));
  addEventListener("keyup", () => (downSince = null));
}

export type Allowed = "granted" | "prompt" | "denied";

export async function allowed(): Promise<Allowed> {
  try {
    return (await navigator.permissions.query({ name: "microphone" as PermissionName })).state;
  } catch {
    return "prompt";
  }
}

export async function test(): Promise<Tests> {
  const found: Tests = { button: downSince === null || Date.now() - downSince < STUCK_MS };
  const devices = await navigator.mediaDevices?.enumerateDevices().catch(() => []);
  found.microphone = (devices ?? []).some((one) => one.kind === "audioinput") && (await allowed()) === "granted";
  const battery = await (navigator as Navigator & { getBattery?: () => Promise<{ charging: boolean }> }).getBattery?.().catch(() => null);
  if (battery) found.power = battery.charging ? "mains" : "battery";
  return found;
}
