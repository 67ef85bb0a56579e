/** With its screen off a web page sends no position. Where the browser can, she may keep the screen on while she is on her way. */
import { useEffect } from "preact/hooks";

export const canStayAwake = (): boolean => "wakeLock" in navigator;

/** Holds the screen while `wanted`; a page that was out of sight has lost it and asks again. */
export function useAwake(wanted: boolean): void {
  useEffect(() => {
    if (!wanted || !canStayAwake()) return;
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const hold = (): void => {
      if (document.visibilityState !== "visible") return;
      navigator.wakeLock.request("screen").then(
        (got) => {
          if (over) void got.release();
          else lock = got;
        },
        // Refused on a low battery: the page has said that position goes out only while the screen is on.
        () => undefined,
      );
    };
    hold();
    document.addEventListener("visibilitychange", hold);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", hold);
      void lock?.release();
    };
  }, [wanted]);
}
