/** What must survive a reload of the page but not the end of the working day: this tab's storage, never the disk of another. */
const PREFIX = "ansim.console.";

export function remember(key: string, value: unknown): void {
  try {
    if (value === null || value === "") sessionStorage.removeItem(PREFIX + key);
    else sessionStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    /* storage refused: a reload then starts fresh */
  }
}

export function recall<T>(key: string): T | null {
  try {
    const text = sessionStorage.getItem(PREFIX + key);
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}

/** Forgets what belongs to cases that are no longer there: a draft about a person must not outlive her case. */
export function forgetExcept(known: (incident: string) => boolean): void {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (!key.startsWith(`${PREFIX}draft.`)) continue;
      const incident = key.slice(PREFIX.length + 6).split(".")[0] ?? "";
      if (!known(incident)) sessionStorage.removeItem(key);
    }
  } catch {
    /* nothing stored */
  }
}
