/** What a link's page hears. An ended link's state carries nothing personal. */
import type { Position, RankedCamera } from "../shared/api";

export interface LinkDispatch {
  agency: string;
  state: string;
  unit?: string | null;
  eta_s: number | null;
  at?: string | null;
}

export interface LinkState {
  kind: "officer" | "guardian";
  grant: string;
  closed: boolean;
  until_at: string | null;
  state: string | null;
  number: string | null;
  centre: string | null;
  received_at: string | null;
  claimed_at?: string | null;
  silent: boolean;
  person: { name: string; note: string } | null;
  place: { ko: string; en: string } | null;
  position: Position | null;
  track: Position[];
  cameras: RankedCamera[];
  /** Keys of sentences: what to do and what not. */
  instructions: string[];
  unit: string | null;
  dispatches: LinkDispatch[];
  arrived_at: string | null;
  battery?: number | null;
  /** The centre's telephone, where it has one for this. */
  centre_phone?: string | null;
}
