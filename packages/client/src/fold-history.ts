// Folding what keeps a long talk short and whole: summaries, messages pinned or kept out, archive and copies.
import type { EventOf, GroupView } from "@acos/protocol";

import { interruptRuns } from "./fold-run.ts";
import { copySandboxes } from "./fold-sandbox.ts";
import { own, type LocalSummary, type Work } from "./local-view.ts";

type HistoryEvent = EventOf<
  | "summary-asked"
  | "summary-made"
  | "summary-refused"
  | "briefing-rule-set"
  | "group-archived"
  | "group-restored"
  | "group-copied"
>;

const NO_SUMMARY: LocalSummary = { version: 0, upTo: 0, making: false };

/** Takes over what the first welcome says of summary and rules. */
export function greetHistory(work: Work, group: GroupView): void {
  if (group.summary) work.view.summary = { ...group.summary };
  for (const { message, rule } of group.briefingRules)
    own(work, "briefingRules").set(message, rule);
}

export function foldHistory(work: Work, at: number, event: HistoryEvent): void {
  switch (event.kind) {
    case "summary-asked":
    case "summary-made":
    case "summary-refused":
      work.view.summary = nextSummary(work.view.summary ?? NO_SUMMARY, event);
      return;
    case "briefing-rule-set":
      if (event.rule === "normal") own(work, "briefingRules").delete(event.message);
      else own(work, "briefingRules").set(event.message, event.rule);
      return;
    case "group-copied":
      copySandboxes(work, event);
      return foldCopy(work, at, event);
    case "group-archived":
    case "group-restored":
      return; // said in the transcript; nothing else of the view changes
    default:
      event satisfies never;
  }
}

function nextSummary(
  before: LocalSummary,
  event: EventOf<"summary-asked" | "summary-made" | "summary-refused">,
): LocalSummary {
  const { version, upTo } = before;
  switch (event.kind) {
    case "summary-asked":
      return { version, upTo, making: true, asked: event.summary };
    case "summary-made": {
      const made = { version: event.version, upTo: event.upTo };
      // A member's own words change nothing about one that is being made.
      return event.by === undefined ? { ...made, making: false } : { ...before, ...made };
    }
    case "summary-refused":
      return { version, upTo, making: false, refused: event.reason };
    default:
      return event satisfies never;
  }
}

/** All before was another group's: who was there is gone, and what was going on there has ended. */
function foldCopy(
  work: Work,
  at: number,
  { name, creator, agents }: EventOf<"group-copied">,
): void {
  const { group } = work.view;
  if (group) work.view.group = { ...group, name, state: "active" };
  interruptRuns(work, at);
  const members = own(work, "members");
  for (const [id, member] of members) members.set(id, { ...member, present: false });
  for (const info of [creator, ...agents]) members.set(info.member, { info, present: true });
}
