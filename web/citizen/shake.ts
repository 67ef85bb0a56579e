/**
 * Three hard shakes within a second and a half. Hard enough that running does not do it: gravity is
 * taken out, and the direction must turn each time.
 */
const SHAKE_MPS2 = 17;
const SHAKES = 3;
const WITHIN_MS = 1_500;
const APART_MS = 120;

class ShakeSense {
  private peaks: { at: number; x: number; y: number; z: number }[] = [];

  /** Takes one acceleration without gravity (m/s²); true when it completes a shake. */
  feel(at: number, x: number, y: number, z: number): boolean {
    if (Math.hypot(x, y, z) < SHAKE_MPS2) return false;
    const last = this.peaks.at(-1);
    if (last && at - last.at < APART_MS) return false;
    const turned = !last || last.x * x + last.y * y + last.z * z < 0;
    this.peaks = this.peaks.filter((peak) => at - peak.at < WITHIN_MS);
    if (!turned) return false;
    this.peaks.push({ at, x, y, z });
    if (this.peaks.length < SHAKES) return false;
    this.peaks = [];
    return true;
  }
}

export const canShake = (): boolean => "DeviceMotionEvent" in window && matchMedia("(pointer: coarse)").matches;

/** Some phones ask the person first, and only within a touch. */
export async function allowShake(): Promise<boolean> {
  const source = window.DeviceMotionEvent as unknown as { requestPermission?: () => Promise<string> };
  try {
    return source.requestPermission === undefined || (await source.requestPermission()) === "granted";
  } catch {
    return false;
  }
}

/** Calls `shaken`, and `strength` 0..1 for the meter; returns what stops it. */
export function listen(shaken: () => void, strength: (share: number) => void = () => undefined): () => void {
  const sense = new ShakeSense();
  const moved = (event: Event): void => {
    const { acceleration } = event as DeviceMotionEvent;
    if (!acceleration) return;
    const { x, y, z } = { x: acceleration.x ?? 0, y: acceleration.y ?? 0, z: acceleration.z ?? 0 };
    strength(Math.min(1, Math.hypot(x, y, z) / SHAKE_MPS2));
    if (sense.feel(event.timeStamp, x, y, z)) shaken();
  };
  addEventListener("devicemotion", moved);
  return () => removeEventListener("devicemotion", moved);
}
