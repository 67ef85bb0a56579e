/** Escorts as this phone keeps them: the one that is asked for opens by itself, those that are put away are lines of her record. */
import { forget, keep, keptUnder } from "./vault";

export interface KeptEscort {
  escort: string;
  /** Opens it, and after its end the record of who saw it. */
  secret: string;
  server: string;
  meet_at: string;
  /** What she calls her destination. */
  home: string;
  /** She has put it away: it no longer opens by itself. */
  left: boolean;
}

const KEY = "escort:";

export const keptEscorts = async (): Promise<KeptEscort[]> =>
  (await keptUnder<KeptEscort>(KEY)).sort((a, b) => b.meet_at.localeCompare(a.meet_at));
export const keepEscort = (one: KeptEscort): Promise<void> => keep(KEY + one.escort, one);
export const forgetEscort = (id: string): Promise<void> => forget(KEY + id);
