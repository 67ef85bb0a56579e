/** The bell in the case panel: where it is, what is wrong with it, and the talk through it. */
import type { JSX } from "preact";
import alert from "lucide-static/icons/triangle-alert.svg?raw";
import bellIcon from "lucide-static/icons/bell-ring.svg?raw";
import mic from "lucide-static/icons/mic.svg?raw";
import type { CaseBell, IncidentDetail } from "../shared/api";
import { now } from "../shared/clock";
import { Kbd } from "../shared/components";
import { Icon } from "../shared/icons";
import { timer } from "../shared/words";
import { b, said } from "./bell-words";
import { cap } from "./bindings";
import { hangUp, outcome, speak, speaking } from "./speaking";
import * as store from "./store";

/** The call key of a case that a bell has opened: it speaks, and hangs up again. */
export function TalkButton({ incident, bell }: { incident: IncidentDetail; bell: CaseBell }): JSX.Element {
  const own = speaking.value?.incident === incident.id ? speaking.value : null;
  if (own) {
    return (
      <button type="button" class="btn fill" data-call data-talk={own.state} onClick={hangUp}>
        {b("talk.end")}
        <Kbd>{cap("call")}</Kbd>
      </button>
    );
  }
  return (
    <button type="button" class="btn" data-call data-talk="none" aria-label={b("talk.how")} disabled={!bell.two_way || bell.talk !== null} onClick={() => void speak(incident.id)}>
      {b("talk")}
      <Kbd>{cap("call")}</Kbd>
    </button>
  );
}

function Talk({ incident, bell }: { incident: IncidentDetail; bell: CaseBell }): JSX.Element | null {
  const own = speaking.value?.incident === incident.id ? speaking.value : null;
  const last = outcome.value?.incident === incident.id ? outcome.value : null;
  const leader = store.centre.value?.leader?.phone;
  if (own) {
    const words = own.state === "on" ? b("talk.on", { t: timer((now.value - own.since) / 1000) }) : b(`talk.${own.state}`);
    return (
      <div class="line" role="status" data-part="talk" data-state={own.state}>
        <Icon of={mic} class={own.state === "on" ? "cok" : "t3"} />
        <b>{words}</b>
        <span class="t3">{own.deaf ? b("talk.deaf") : b("talk.rule")}</span>
      </div>
    );
  }
  if (bell.talk) return <div class="line" role="status" data-part="talk" data-state="other"><Icon of={mic} />{b("talk.other")}</div>;
  if (!last) return null;
  return (
    <div class={last.failed ? "line c2" : "line t3"} role="status" data-part="talk" data-state={last.failed ? "failed" : "over"}>
      {last.failed && <Icon of={alert} />}
      {b(last.word)} {last.failed && <b>{leader ? b("phone", { phone: leader }) : b("phone.none")}</b>}
    </div>
  );
}

export function BellOfCase({ incident, bell }: { incident: IncidentDetail; bell: CaseBell }): JSX.Element {
  const open = incident.mine && incident.state !== "closed";
  return (
    <div class="sec" data-part="bell">
      <h3>{b("case")}</h3>
      <div class="line">
        <Icon of={bellIcon} />
        <b class="ell">{bell.name}</b>
        <span class="t3 nowrap">{[said("kind", bell.kind), bell.number].filter(Boolean).join(" · ")}</span>
      </div>
      {bell.address && bell.address !== bell.name && <div class="line t2 ell">{bell.address}</div>}
      {!bell.proven && <div class="line c2"><Icon of={alert} />{b("unproven")}</div>}
      {bell.faults.length > 0 && <div class="line c2"><Icon of={alert} />{bell.faults.map((one) => said("wrong", one)).join(" · ")}</div>}
      <div class="line t3 meta">{[bell.cameras.length ? b("cameras", { n: bell.cameras.length }) : b("cameras.none"), bell.two_way ? b(bell.there ? "there" : "away") : b("talk.one-way")].join(" · ")}</div>
      {open && <Talk incident={incident} bell={bell} />}
    </div>
  );
}
