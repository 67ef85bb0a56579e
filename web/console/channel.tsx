/** The second channel in the case panel: the link that was sent to her phone, and what has become of it. */
import type { JSX } from "preact";
import messageSquare from "lucide-static/icons/message-square-share.svg?raw";
import type { Channel, IncidentDetail } from "../shared/api";
import { since } from "../shared/clock";
import { Kbd, Receipt } from "../shared/components";
import { Icon } from "../shared/icons";
import { age, clockTime } from "../shared/words";
import { cap } from "./bindings";
import * as keys from "./keys";
import { filming } from "./phone";
import { named, t } from "./words";

/** The furthest it has come, in words; a text that was not delivered, and a stranger who tried, are said. */
function words(incident: IncidentDetail, channel: Channel): string {
  if (filming(incident)) return t("second.filming");
  const fix = incident.position;
  const moves = incident.timeline.some((entry) => entry.act === "channel.moved" && entry.at >= channel.sent_at);
  if (fix && moves) return t("second.moving", { age: age(since(fix.at)) });
  if (channel.opened_at) return t("second.opened", { at: clockTime(channel.opened_at, false) });
  return named("second.sms", channel.state, { at: clockTime(channel.at, false) });
}

export function SecondChannel({ incident, asking }: { incident: IncidentDetail; asking: JSX.Element | null }): JSX.Element {
  const channel = incident.channel;
  const live = channel && !channel.ended_at ? channel : null;
  return (
    <div class="sec" data-part="channel">
      <h3>
        {t("second.title")}
        <button type="button" class="reveal meta" onClick={() => keys.ask({ kind: "channel" })}>
          <Icon of={messageSquare} /> {t(live ? "second.again" : "second.send")} <Kbd>{cap("invite")}</Kbd>
        </button>
      </h3>
      {asking}
      {!channel && !asking && <div class="line t3">{t("second.none")}</div>}
      {channel && (
        <Receipt name={channel.number} words={live ? words(incident, channel) : t("second.ended")} receipt={{ channel: "sms", state: channel.opened_at ? "read" : channel.state, at: channel.opened_at ?? channel.at }} />
      )}
      {live && live.refused > 0 && <div class="line c2 meta">{t("grants.link.refused", { n: live.refused })}</div>}
    </div>
  );
}
