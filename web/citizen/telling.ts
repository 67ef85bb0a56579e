/** What she says on the way, told to the centre that watches: by the open page, or by the service worker once it is closed. */
import { type Act, type KeptTrip, isOver, keepTrip, keptTrips } from "./kept-trips";
import { Unanswered } from "./sending";
import type { TripState } from "./wire";

export const TELL_TAG = "trips";
export const RETRY_MS = 4_000;
const GIVE_UP_MS = 10_000;

/** Whether the centre has it now: with what it says, with a wish for her number, refused, of a trip that it no longer has, or not at all. */
export type Told = { is: "heard"; state: TripState } | { is: "code" } | { is: "refused" } | { is: "gone" } | { is: "unreached" };
type Listen = (answer: Response) => void;

/** Throws `Unanswered` when nobody is there. */
export async function say(url: URL, body: object, listen: Listen = () => undefined): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      signal: AbortSignal.timeout(GIVE_UP_MS),
    });
  } catch {
    throw new Unanswered(0);
  }
  listen(answer);
  return answer;
}

export async function tell({ trip, secret, server }: NonNullable<KeptTrip["started"]>, act: Act, listen?: Listen): Promise<Told> {
  const ask = (verb: string, body: object): Promise<Response> => say(new URL(`/api/trips/${trip}/${verb}`, server), { secret, ...body }, listen);
  try {
    const { said_at, verb, ...rest } = act;
    if (act.verb === "extend" && Date.now() - Date.parse(said_at) > RETRY_MS) {
      // It may have been heard although no answer came back, and twice would be twice the time.
      const now = await ask("state", {});
      const state = now.ok ? ((await now.json()) as TripState) : null;
      if (state !== null && Date.parse(state.promised_at) > Date.parse(act.promised_at)) return { is: "heard", state };
    }
    const answer = await ask(verb, act.verb === "extend" ? { minutes: act.minutes } : rest);
    if (answer.ok) return { is: "heard", state: (await answer.json()) as TripState };
    if (answer.status === 403) return { is: "code" };
    if (answer.status === 404 || answer.status === 410) return { is: "gone" };
    return { is: answer.status === 429 || answer.status >= 500 ? "unreached" : "refused" };
  } catch {
    return { is: "unreached" };
  }
}

/** The service worker's turn, when the network is back and the page is gone. Throws while something is untold. */
export async function tellWaiting(): Promise<void> {
  for (let one of await keptTrips()) {
    while (one.started !== null && one.unsent.length > 0 && !isOver(one.state)) {
      const [act, ...rest] = one.unsent;
      const told = await tell(one.started, act!);
      // Without the page nobody can enter a number; it is asked for when she opens it.
      if (told.is === "unreached" || told.is === "code") throw new Unanswered(0);
      one = { ...one, unsent: rest, state: told.is === "heard" ? told.state : one.state };
      await keepTrip(one);
    }
  }
}
