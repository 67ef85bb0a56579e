/** Keeping a closed case as evidence, and letting it go: for the leader. The reason goes into the case, the ground into the record. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem, post } from "../shared/api";
import { reason as groundWords, t } from "./words";

const GROUNDS = ["investigation", "trial", "complaint", "inspection"] as const;
const DAYS = [30, 90, 180, 366] as const;

interface HoldProps {
  incident: string;
  /** Whether it is kept longer than the rule wants already. */
  held: boolean;
  /** When it will be destroyed as things stand: a hold only adds time. */
  due_at: string;
  done: () => void;
}

export function Hold({ incident, held, due_at, done }: HoldProps): JSX.Element {
  const [open, setOpen] = useState<"hold" | "end" | null>(null);
  const [trouble, setTrouble] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), [open]);
  const left_d = (Date.parse(due_at) - Date.now()) / 86_400_000;
  const send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const said = new FormData(event.currentTarget as HTMLFormElement);
    const path = `/api/incidents/${encodeURIComponent(incident)}/hold`;
    const why = String(said.get("reason")).trim();
    setTrouble("");
    try {
      if (open === "hold") await post(path, { days: Number(said.get("days")), ground: said.get("ground"), reason: why });
      else await post(`${path}/end`, { reason: why });
      setOpen(null);
      done();
    } catch (error) {
      setTrouble(error instanceof Problem && error.status > 0 ? error.title : t("failed.first"));
    }
  };
  if (open === null) {
    return (
      <div class="row hold">
        <button type="button" class="btn" onClick={() => setOpen("hold")}>{t(held ? "hold.longer" : "hold")}</button>
        {held && <button type="button" class="btn" onClick={() => setOpen("end")}>{t("hold.end")}</button>}
      </div>
    );
  }
  return (
    <form class="hold" onSubmit={(event) => void send(event)} onKeyDown={(event) => event.code === "Escape" && setOpen(null)}>
      {open === "hold" && (
        <div class="row">
          <label class="f">
            <select name="ground" aria-label={t("col.ground")}>
              {GROUNDS.map((one) => <option key={one} value={one}>{groundWords(one)}</option>)}
            </select>
          </label>
          <label class="f">
            <select name="days" aria-label={t("hold.days.label")}>
              {DAYS.filter((days) => days > left_d).map((days) => <option key={days} value={days}>{t("hold.days", { n: days })}</option>)}
            </select>
          </label>
        </div>
      )}
      <label class="f">
        <input name="reason" required maxLength={400} aria-label={t("hold.reason")} placeholder={t("hold.reason")} ref={field} />
      </label>
      <p class="t2">{t(open === "hold" ? "hold.hint" : "hold.end.hint")}</p>
      {trouble && <p class="c1" role="alert">{trouble}</p>}
      <div class="row">
        <button type="submit" class="btn fill">{t(open === "hold" ? "hold" : "hold.end")}</button>
        <button type="button" class="btn" onClick={() => setOpen(null)}>{t("hold.leave")}</button>
      </div>
    </form>
  );
}
