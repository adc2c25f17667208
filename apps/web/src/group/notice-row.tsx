// Quiet rows between the messages: who came and went, what was changed, a new day.
import type { GroupEvent } from "@acos/protocol";
import type { LocalView } from "@acos/client";
import type { JSX } from "react";

import { words } from "../words.ts";
import { useGroupNavigation } from "./group-navigation.ts";
import { nameOf } from "./people.ts";
import { PreviewButton } from "./preview-button.tsx";
import { sandboxText } from "./sandbox-notice.ts";
import { dayOf } from "./times.ts";
import { useStillView } from "./use-group.ts";

export function NoticeRow({ events }: { events: readonly GroupEvent[] }): JSX.Element {
  const view = useStillView();
  const joined = events.flatMap((event) =>
    event.kind === "member-joined" ? [event.member.name] : [],
  );
  const others = events.filter((event) => event.kind !== "member-joined");
  const said = others.map((event) => noticeText(view, event));
  if (joined.length > 0) said.push(words.notice.joined(joined));
  const previews = events.filter((event) => event.kind === "preview-offered");
  const summarised = events.some((event) => event.kind === "summary-made");
  return (
    <p className="px-4 pt-2 pb-0.5 pl-15 text-tiny text-ink-soft md:px-6 md:pl-17">
      {said.filter((text) => text !== "").join(" · ")} {summarised && <ShowSummary />}
      {previews.map(({ sandbox, port }) => (
        <PreviewButton key={`${sandbox} ${port}`} sandbox={sandbox} port={port} />
      ))}
    </p>
  );
}

function ShowSummary(): JSX.Element {
  const { showSummary } = useGroupNavigation();
  return (
    <button
      type="button"
      className="rounded underline underline-offset-2 hover:text-ink"
      onClick={showSummary}
    >
      {words.notice.show}
    </button>
  );
}

function noticeText(view: LocalView, event: GroupEvent): string {
  const said = words.notice;
  switch (event.kind) {
    case "group-created":
      return said.created;
    case "member-left":
      return said.left(nameOf(view, event.member));
    case "member-changed":
      return said.role(nameOf(view, event.member), words.members.roles[event.role]);
    case "settings-changed":
      return event.name === undefined ? said.settings : said.renamed(event.name);
    case "agent-version-adopted":
      return said.version(event.name, event.version);
    default:
      return historyText(view, event);
  }
}

function historyText(view: LocalView, event: GroupEvent): string {
  const said = words.notice;
  switch (event.kind) {
    case "summary-made":
      return event.by === undefined
        ? said.made(event.version, event.upTo)
        : said.written(nameOf(view, event.by), event.version);
    case "summary-refused":
      return said.refused(event.reason);
    case "briefing-rule-set":
      return said[RULES[event.rule]](nameOf(view, event.by));
    case "group-archived":
      return said.archived(event.by && nameOf(view, event.by));
    case "group-restored":
      return event.lost === undefined ? said.restored : said.lost(event.lost);
    case "group-copied":
      return (event.how === "fork" ? said.forked : said.imported)(event.from.name, event.from.seq);
    default:
      return sandboxText(view, event);
  }
}

const RULES = { pinned: "pinned", excluded: "excluded", normal: "usual" } as const;

export function DayRow({ at }: { at: number }): JSX.Element {
  return (
    <div className="flex items-center gap-3 px-4 pt-5 pb-1 md:px-6">
      <span className="h-px flex-1 bg-line" />
      <span className="text-tiny text-ink-soft">{dayOf(at)}</span>
      <span className="h-px flex-1 bg-line" />
    </div>
  );
}
