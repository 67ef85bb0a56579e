/** The wall screen: a saved wall of cameras outside incidents, blurred; one of them large, and sharp where a case of one's own gives the right. */
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import loader from "lucide-static/icons/loader-circle.svg?raw";
import lock from "lucide-static/icons/lock.svg?raw";
import alert from "lucide-static/icons/triangle-alert.svg?raw";
import off from "lucide-static/icons/video-off.svg?raw";
import { type IncidentDetail, Problem } from "../shared/api";
import { now } from "../shared/clock";
import { Kbd } from "../shared/components";
import { Icon } from "../shared/icons";
import { age, timer } from "../shared/words";
import * as act from "./actions";
import { cap } from "./bindings";
import { Fresh, Message, Single } from "./captions";
import * as glimpses from "./glimpses";
import { Looks, oversees } from "./looks";
import type { Glimpse } from "./glimpses";
import { states as streams } from "./pictures";
import * as store from "./store";
import { useStream } from "./tiles";
import { named, t } from "./words";

const nameOf = (id: string): string => store.cameras.value.find((one) => one.id === id)?.name ?? id;

/** A picture and what is known of it; the same in the grid and large. */
function Seen({ glimpse }: { glimpse: Glimpse | undefined }): JSX.Element {
  if (!glimpse) return <Message icon={lock} head={t("walls.closed")} />;
  return (
    <>
      {glimpse.url && <img src={glimpse.url} alt="" draggable={false} />}
      {glimpse.state === "opening" && <div class="late-words"><Message icon={loader} head={t("wall.opening")} /></div>}
      {glimpse.state === "stale" && <Message icon={alert} head={t("walls.stale")} />}
      {glimpse.state === "frozen" && <Message icon={alert} head={t("walls.stale")} text={t("wall.frozen.why")} />}
      {glimpse.state === "lost" && <Message icon={off} head={t("wall.lost")} text={glimpse.why ? named("trouble", glimpse.why) : t("health.silent")} />}
    </>
  );
}

function Age({ glimpse }: { glimpse: Glimpse | undefined }): JSX.Element | null {
  if (!glimpse || glimpse.age_s === null || glimpse.state === "lost") return null;
  const old = glimpse.state === "stale" || glimpse.state === "frozen";
  return (
    <span class={old ? "age c2" : "age"}>
      {old && <Icon of={alert} class="c2" />}
      {age(glimpse.state === "frozen" ? (glimpse.frozen_s ?? 0) : glimpse.age_s)}
    </span>
  );
}

/** The class by which a tile looks as old as it is. */
const look = (glimpse: Glimpse | undefined): string => (!glimpse ? "locked" : glimpse.state === "fresh" ? "" : glimpse.state === "frozen" ? "stale" : glimpse.state);

function Tile({ id }: { id: string }): JSX.Element {
  const glimpse = glimpses.states.value.get(id);
  const here = (glimpses.focused.value ?? glimpses.chosen.value?.cameras[0]) === id;
  return (
    <figure class={`tile ${look(glimpse)}${here ? " best" : ""}`} data-glimpse={id} data-state={glimpse?.state ?? "closed"} onClick={() => (glimpses.focused.value = id)}>
      <div class="v">
        <Seen glimpse={glimpse} />
      </div>
      <figcaption class="cap">
        <span class="name ell" title={nameOf(id)}>{nameOf(id)}</span>
        <Age glimpse={glimpse} />
      </figcaption>
    </figure>
  );
}

/** A case of one's own whose right covers this camera: the only way to see it sharp. */
function caseFor(camera: string): IncidentDetail | null {
  for (const incident of store.incidents.value.values()) {
    if (store.isDetail(incident) && incident.mine && incident.state !== "closed" && store.ownRight(incident)?.cameras.includes(camera)) return incident;
  }
  return null;
}

function Live({ id, incident }: { id: string; incident: IncidentDetail }): JSX.Element {
  const video = useStream({ id }, store.camera.peek(), incident);
  const stream = streams.value.get(id);
  const state = stream?.state ?? "opening";
  const classes = state === "live" || state === "late" ? "" : state === "frozen" ? "stale" : state === "ended" ? "locked" : state;
  return (
    <figure class={`tile ${classes}`} data-part="focus-live" data-state={state}>
      <div class="v">
        {/* Sound is never taken from a camera. */}
        <video ref={video} muted playsInline autoplay disablePictureInPicture aria-hidden="true" />
        {stream && <Single picture={stream} />}
        {state === "opening" && <div class="late-words"><Message icon={loader} head={t("wall.opening")} /></div>}
        {(state === "stale" || state === "frozen") && stream && <Message icon={alert} head={t("wall.stale", { age: age(stream.age_s) })} />}
        {state === "lost" && <Message icon={off} head={t("wall.lost")} />}
        {state === "ended" && <Message icon={lock} head={t("wall.ended")} />}
      </div>
      <figcaption class="cap">
        <span class="name ell">{nameOf(id)}</span>
        {stream && <Fresh picture={stream} />}
      </figcaption>
    </figure>
  );
}

function Focus({ id }: { id: string }): JSX.Element {
  const glimpse = glimpses.states.value.get(id);
  const incident = caseFor(id);
  return (
    <div class="focus" data-part="focus" data-camera={id}>
      {incident ? (
        <Live key={id} id={id} incident={incident} />
      ) : (
        <figure class={`tile ${look(glimpse)}`}>
          <div class="v">
            <Seen glimpse={glimpse} />
          </div>
          <figcaption class="cap">
            <span class="name ell">{nameOf(id)}</span>
            <Age glimpse={glimpse} />
          </figcaption>
        </figure>
      )}
      <p class={incident ? "m" : "t2"} data-part="why">
        {incident ? t("walls.sharp", { number: incident.number }) : t("walls.blurred")}
      </p>
    </div>
  );
}

/** What the look is, how long it lasts, or how to begin it. */
function Right(): JSX.Element {
  const right = glimpses.right.value;
  const ended = glimpses.ended.value;
  const left_s = right ? Math.max(0, (Date.parse(right.until_at) - now.value) / 1000) : 0;
  return (
    <div class="look row" data-part="look">
      {right ? (
        <>
          <span class={left_s < 120 ? "c2 m" : "t2"}>{t("walls.left", { t: timer(left_s) })}</span>
          <button type="button" class="btn" onClick={() => void glimpses.look()}>
            {t("walls.again")} <Kbd>{cap("extend")}</Kbd>
          </button>
          <button type="button" class="btn" onClick={() => glimpses.stop()}>{t("walls.stop")}</button>
        </>
      ) : (
        <>
          {ended && <b class="c2" role="status">{named("walls.ended", ended)}</b>}
          <button type="button" class="btn fill" onClick={() => void glimpses.look()}>
            {t("walls.look")} <Kbd>{store.top.value ? cap("extend") : "Enter"}</Kbd>
          </button>
          <span class="t2">{t("walls.look.how")}</span>
        </>
      )}
    </div>
  );
}

function Editor({ draft }: { draft: glimpses.Draft }): JSX.Element {
  const [text, setText] = useState("");
  const [trouble, setTrouble] = useState<Problem | null>(null);
  const [sure, setSure] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => first.current?.focus(), []);
  const change = (more: Partial<glimpses.Draft>): void => {
    glimpses.draft.value = { ...draft, ...more };
  };
  const shift = (at: number, by: number): void => {
    const cameras = [...draft.cameras];
    const [one] = cameras.splice(at, 1);
    cameras.splice(at + by, 0, one!);
    change({ cameras });
  };
  const add = (id: string | undefined): void => {
    if (id === undefined) return;
    change({ cameras: [...draft.cameras, id] });
    setText("");
  };
  const attempt = (work: Promise<void>): void => void work.catch((error: unknown) => setTrouble(error instanceof Problem ? error : new Problem(0, "", String(error), "")));
  const found = glimpses.matching(store.cameras.value, text, draft.cameras);
  const field = String(trouble?.body["field"] ?? "");
  // What the form does not take is said by its field; the server's own words for it are for programs.
  const refused = trouble?.type === "request.form" ? `form.${field.split(/[.[]/, 1)[0]}` : (trouble?.type ?? "");
  return (
    <form
      class="editor"
      data-part="wall-editor"
      aria-label={t(draft.id ? "walls.change" : "walls.new")}
      onSubmit={(event) => {
        event.preventDefault();
        attempt(glimpses.save(draft));
      }}
    >
      <div class="row">
        <label>
          {t("walls.name")}
          <input name="name" maxLength={60} value={draft.name} aria-invalid={field === "name"} ref={first} onInput={(event) => change({ name: event.currentTarget.value })} />
        </label>
        <label class="narrow">
          {t("walls.columns")}
          <input name="columns" type="number" min={1} max={10} value={draft.columns} aria-invalid={field === "columns"} onInput={(event) => change({ columns: event.currentTarget.valueAsNumber || 0 })} />
        </label>
      </div>
      <label>
        {t("walls.add")}
        <input
          name="add"
          value={text}
          placeholder={t("walls.add.how")}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.code !== "Enter" || event.isComposing || !text.trim()) return;
            add(found[0]?.id);
            event.preventDefault();
          }}
        />
      </label>
      {text.trim() && (
        <ul class="found-cameras">
          {found.map((camera) => (
            <li key={camera.id}>
              <button type="button" class="btn" onClick={() => add(camera.id)}>{camera.name}</button>
            </li>
          ))}
          {found.length === 0 && <li class="t2">{t("search.none")}</li>}
        </ul>
      )}
      <ol class="cameras" aria-label={t("walls.cameras", { n: draft.cameras.length })}>
        {draft.cameras.map((id, at) => (
          <li key={id} class={field === `cameras[${at}]` ? "row bad" : "row"} data-camera={id}>
            <span class="ell">{at + 1}. {nameOf(id)}</span>
            <button type="button" class="btn end" disabled={at === 0} aria-label={t("walls.up", { name: nameOf(id) })} onClick={() => shift(at, -1)}>↑</button>
            <button type="button" class="btn" disabled={at === draft.cameras.length - 1} aria-label={t("walls.down", { name: nameOf(id) })} onClick={() => shift(at, 1)}>↓</button>
            <button type="button" class="btn" aria-label={t("walls.take", { name: nameOf(id) })} onClick={() => change({ cameras: draft.cameras.filter((one) => one !== id) })}>×</button>
          </li>
        ))}
      </ol>
      {trouble && <p class="c2 m" role="alert">{named("walls.refused", refused) === refused ? `${trouble.title}. ${trouble.detail}` : named("walls.refused", refused)}</p>}
      <div class="row">
        <button type="submit" class="btn fill">{t("walls.save")}</button>
        <button type="button" class="btn" onClick={() => (glimpses.draft.value = null)}>{t("walls.leave")} <Kbd>Esc</Kbd></button>
        {draft.id && (
          <button type="button" class="btn end" onClick={() => (sure ? attempt(glimpses.remove(draft.id!)) : setSure(true))}>
            {t(sure ? "walls.delete.sure" : "walls.delete")}
          </button>
        )}
      </div>
    </form>
  );
}

export function Walls(): JSX.Element {
  useEffect(() => {
    void glimpses.read();
    return () => {
      glimpses.stop();
      glimpses.draft.value = null;
      glimpses.ended.value = null;
    };
  }, []);
  const all = glimpses.walls.value;
  const wall = glimpses.chosen.value;
  const draft = glimpses.draft.value;
  const shown = draft ?? wall;
  const focus = glimpses.focused.value ?? shown?.cameras[0];
  return (
    <section class="walls" aria-label={t("walls.title")} data-part="walls">
      <header class="row">
        <h2>{t("walls.title")}</h2>
        <div class="names row" role="group" aria-label={t("walls.saved")}>
          {(all ?? []).map((one, at) => (
            <button key={one.id} type="button" class="btn" aria-pressed={one.id === wall?.id} disabled={draft !== null} onClick={() => glimpses.choose(one)}>
              {at < 9 && <Kbd>{String(at + 1)}</Kbd>}
              {one.name}
            </button>
          ))}
        </div>
        <span class="row end">
          {wall && <button type="button" class="btn" disabled={draft !== null} onClick={() => (glimpses.draft.value = { ...wall })}>{t("walls.change")}</button>}
          <button type="button" class="btn" disabled={draft !== null} onClick={() => (glimpses.draft.value = { id: null, name: "", columns: 3, cameras: [] })}>{t("walls.new")}</button>
          <button type="button" class="btn" onClick={() => (act.screen.value = "desk")}>{t("walls.back")} <Kbd>{cap("walls")}</Kbd></button>
        </span>
      </header>
      {wall && !draft && <Right />}
      {all?.length === 0 && !draft && <p class="t2">{t("walls.none")}</p>}
      {shown && (
        <div class="both">
          <div class="grid" style={{ gridTemplateColumns: `repeat(${Math.min(10, Math.max(1, shown.columns || 1))}, minmax(0, 1fr))` }} data-wide={shown.columns > 5}>
            {shown.cameras.map((id) => <Tile key={id} id={id} />)}
          </div>
          {draft ? (
            <Editor key={draft.id} draft={draft} />
          ) : (
            <div class="side">
              {focus && <Focus key={focus} id={focus} />}
              {oversees.value && <Looks />}
            </div>
          )}
        </div>
      )}
    </section>
  );
}
