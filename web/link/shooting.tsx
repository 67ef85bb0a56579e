/** Her camera: it comes after the one sentence and the one button are on the screen, and films after that was pressed. */
import type { JSX } from "preact";
import { Film } from "../shared/film";
import { Filming } from "../shared/filming";

const token = location.pathname.split("/").filter(Boolean).at(-1) ?? "";

export const film = new Film(location.origin, () => ({ token }));
export const Shooting = (): JSX.Element => <Filming film={film} />;
