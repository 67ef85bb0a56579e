/** A scout's page, and that of somebody who asked for an escort by telephone. */
import type { JSX } from "preact";
import { post } from "../shared/api";
import { Escort as Shared } from "../shared/escort";
import type { EscortLink } from "./wire";

export function Escort({ state, base, show }: { state: EscortLink; base: string; show: (state: EscortLink) => void }): JSX.Element | null {
  if (state.escort === null) return null;
  return <Shared view={state.escort} centre={state.centre_phone} say={async (say, more) => show(await post<EscortLink>(`${base}/escort`, { say, ...more }))} />;
}
