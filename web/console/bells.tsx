/** The city's bells: what is broken, for whoever sends somebody to mend it; and, for an administrator, what speaks for each. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Problem, ask, get, me, post } from "../shared/api";
import { Kbd } from "../shared/components";
import { clockTime, dayName } from "../shared/words";
import * as act from "./actions";
import { b, said } from "./bell-words";
import * as store from "./store";

interface Bell {
  id: string;
  number: string;
  kind: string;
  name: string;
  address: string;
  speaks: "page" | "device" | null;
  heard_at: string | null;
  cameras: string[];
  chosen: boolean;
}
interface Fault {
  id: string;
  bell: string;
  kind: string;
  source: string;
  state: "open" | "sent" | "mended";
  times: number;
  opened_at: string;
}

const EVERY_MS = 10_000;
const SHOWN = 20;
const when = (at: string): string => `${dayName(Date.parse(at))} ${clockTime(at, false)}`;
const why = (error: unknown): string => (error instanceof Problem ? b("refused", { why: error.detail || error.title }) : b("failed"));
const path = (bell: string, verb: string): string => `/api/bells/${encodeURIComponent(bell)}/${verb}`;

function Faults({ faults, bells, moved, told }: { faults: Fault[]; bells: Map<string, Bell>; moved: () => void; told: (trouble: string) => void }): JSX.Element {
  const mends = me.value?.role === "supervisor" || me.value?.role === "administrator";
  const move = (fault: Fault, state: "sent" | "mended"): void => void post(`/api/bell-faults/${fault.id}`, { state }).then(moved, (error: unknown) => told(why(error)));
  if (faults.length === 0) return <p class="t2">{b("faults.none")}</p>;
  return (
    <table class="healths">
      <thead>
        <tr>{(["bell", "wrong", "since", "state", "do"] as const).map((one) => <th key={one} scope="col">{b(`col.${one}`)}</th>)}</tr>
      </thead>
      <tbody>
        {faults.map((one) => {
          const bell = bells.get(one.bell);
          return (
            <tr key={one.id} data-fault={one.id} data-state={one.state}>
              <th scope="row">{bell ? [bell.name, bell.number].filter(Boolean).join(" · ") : one.bell}</th>
              <td class={one.state === "open" ? "c2 m" : ""}>{said("wrong", one.kind)} <span class="t3 meta">{[said("source", one.source), one.times > 1 && one.source === "citizen" ? b("times", { n: one.times }) : ""].filter(Boolean).join(" · ")}</span></td>
              <td>{when(one.opened_at)}</td>
              <td>{said("state", one.state)}</td>
              <td class="row">
                {mends && one.state === "open" && <button type="button" class="btn" aria-label={`${bell?.name ?? ""} ${b("do.sent")}`} onClick={() => move(one, "sent")}>{b("do.sent")}</button>}
                {mends && one.state !== "mended" && <button type="button" class="btn" aria-label={`${bell?.name ?? ""} ${b("do.mended")}`} onClick={() => move(one, "mended")}>{b("do.mended")}</button>}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** What an administrator does at one bell. What is shown once is gone when this is closed. */
function One({ bell, back, read }: { bell: Bell; back: () => void; read: () => void }): JSX.Element {
  const [code, setCode] = useState<{ url: string; picture: string } | null>(null);
  const [secret, setSecret] = useState("");
  const [sure, setSure] = useState(false);
  const [answer, setAnswer] = useState("");
  const [own, setOwn] = useState(bell.chosen ? bell.cameras.join(", ") : "");
  const work = async (run: () => Promise<string>): Promise<void> => {
    try {
      setAnswer(await run());
      read();
    } catch (error) {
      setAnswer(why(error));
    }
  };
  const commission = (): Promise<void> => work(async () => {
    setCode(await post<{ url: string; picture: string }>(path(bell.id, "code")));
    return "";
  });
  const equip = (): Promise<void> => work(async () => {
    setSecret((await post<{ secret: string }>(path(bell.id, "device"))).secret);
    return "";
  });
  const revoke = (): Promise<void> => work(async () => {
    await post(path(bell.id, "revoke"));
    setSure(false);
    return b("revoked");
  });
  const choose = (): Promise<void> => work(async () => {
    const cameras = own.split(",").map((one) => one.trim()).filter(Boolean);
    await ask("PUT", path(bell.id, "cameras"), { cameras: cameras.length ? cameras : null });
    return b("own.done");
  });
  return (
    <section data-part="one-bell">
      <div class="row">
        <button type="button" class="btn" onClick={back}>{b("back")}</button>
        <h3>{[bell.name, bell.number].filter(Boolean).join(" · ")}</h3>
        <span class="t2">{b(`speaks.${bell.speaks ?? "none"}`)}</span>
      </div>
      <div class="row bell-verbs">
        <button type="button" class="btn fill" onClick={() => void commission()}>{b("commission")}</button>
        <button type="button" class="btn" onClick={() => void equip()}>{b("device")}</button>
        {bell.speaks && <button type="button" class="btn" onClick={() => (sure ? void revoke() : setSure(true))}>{sure ? b("sure") : b("revoke")}</button>}
        <a class="btn" href={path(bell.id, "sign.svg")} target="_blank" rel="noreferrer">{b("sign")}</a>
      </div>
      {code && (
        <div class="once" data-part="code">
          <img src={code.picture} alt="" width="180" height="180" />
          <p>{b("commission.how")}<br /><a href={code.url} target="_blank" rel="noreferrer">{code.url}</a></p>
        </div>
      )}
      {secret && <div class="once"><p>{b("device.how")}<br /><code>{secret}</code></p></div>}
      <form class="desk-form" onSubmit={(event) => { event.preventDefault(); void choose(); }}>
        <label>
          {b("own")}
          <input class="field" name="cameras" placeholder={b("own.field")} value={own} onInput={(event) => setOwn(event.currentTarget.value)} autocomplete="off" />
        </label>
        <button type="submit" class="btn">{b("own.set")}</button>
      </form>
      <p class="t2">{bell.cameras.length ? bell.cameras.join(", ") : b("cameras.none")}</p>
      {answer && <p role="status">{answer}</p>}
    </section>
  );
}

function Register({ bells, open }: { bells: Bell[]; open: (bell: Bell) => void }): JSX.Element {
  const [wanted, setWanted] = useState("");
  const words = wanted.trim().toLowerCase();
  const found = bells.filter((one) => !words || [one.name, one.number, one.address, one.id].some((text) => text.toLowerCase().includes(words)));
  const administers = me.value?.role === "administrator";
  if (bells.length === 0) return <p class="t2">{b("none")}</p>;
  return (
    <>
      <h3>{b("list", { n: bells.length })}</h3>
      <input class="field" type="search" aria-label={b("find")} placeholder={b("find")} value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
      <ul class="pairs">
        {found.slice(0, SHOWN).map((one) => (
          <li key={one.id} class="row" data-bell={one.id}>
            <b>{one.name}</b>
            <span class="t2">{[said("kind", one.kind), one.number, one.cameras.length ? b("cameras", { n: one.cameras.length }) : b("cameras.none")].filter(Boolean).join(" · ")}</span>
            <span class="t3">{[b(`speaks.${one.speaks ?? "none"}`), one.heard_at ? b("heard", { at: when(one.heard_at) }) : ""].filter(Boolean).join(" · ")}</span>
            {administers && <button type="button" class="btn end" aria-label={`${one.name} ${b("open")}`} onClick={() => open(one)}>{b("open")}</button>}
          </li>
        ))}
      </ul>
      {found.length > SHOWN && <p class="t3">{b("more", { n: found.length - SHOWN })}</p>}
    </>
  );
}

export function Bells(): JSX.Element {
  const [bells, setBells] = useState<Bell[] | null>(null);
  const [faults, setFaults] = useState<Fault[]>([]);
  const [open, setOpen] = useState<string | null>(null);
  const [trouble, setTrouble] = useState("");
  const read = (): void =>
    void Promise.all([get<{ bells: Bell[] }>("/api/bells"), get<{ faults: Fault[] }>("/api/bell-faults")]).then(
      ([list, wrong]) => {
        setBells(list.bells);
        setFaults(wrong.faults);
        setTrouble("");
      },
      () => setTrouble(b("failed")),
    );
  useEffect(() => {
    read();
    const again = setInterval(read, EVERY_MS);
    return () => clearInterval(again);
  }, []);
  const known = new Map((bells ?? []).map((one) => [one.id, one]));
  const one = open === null ? undefined : known.get(open);
  const broken = new Set(faults.filter((fault) => fault.state !== "mended").map((fault) => fault.bell)).size;
  return (
    <div class="sheet" role="dialog" aria-label={b("title")} data-part="bells">
      <div class="sheet-head row">
        <h2>{b("title")}</h2>
        {bells && <span class="t2">{b("counts", { total: bells.length, speaking: bells.filter((each) => each.speaks).length, faulty: broken })}</span>}
        <button type="button" class="btn end" onClick={() => (act.sheet.value = null)}>
          {b("close")} <Kbd>Esc</Kbd>
        </button>
      </div>
      {trouble && <p class="c2 m" role="status">{trouble}</p>}
      {one ? (
        <One key={one.id} bell={one} back={() => setOpen(null)} read={read} />
      ) : (
        bells && (
          <>
            <h3>{b("faults")}</h3>
            <Faults faults={faults} bells={known} moved={read} told={setTrouble} />
            <Register bells={bells} open={(each) => setOpen(each.id)} />
          </>
        )
      )}
    </div>
  );
}

/** How many are broken, shown only where any is. */
export function BellCount(): JSX.Element | null {
  const faulty = store.centre.value?.bells?.faulty ?? 0;
  if (faulty === 0) return null;
  return (
    <button type="button" class="videos" data-part="bell-count" aria-expanded={act.sheet.value === "bells"} onClick={() => (act.sheet.value = act.sheet.value === "bells" ? null : "bells")}>
      <b class="c2">{b("top", { n: faulty })}</b>
    </button>
  );
}
