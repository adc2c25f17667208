// The closing words of a briefing: who is asked, what is open in the group and with whom, and what to answer.
import type { AgentMember } from "@acos/protocol";

import type { GroupState, Run } from "../state.ts";
import { groupName } from "./charter.ts";
import { plainName } from "./label.ts";

/** Rows of what is open; a group with more of it says how many more. */
const ROWS_MAX = 20;

export interface Closing {
  readonly agent: AgentMember;
  readonly run: Run;
  readonly at: number;
  /** Turns of the run that are too old to be told. */
  readonly turnsLeftOut: number;
}

/** The words at the end; obligations stand here and not in the head, because they change with every run. */
export function closingOf(state: GroupState, { agent, run, at, turnsLeftOut }: Closing): string {
  // oxlint-disable-next-line no-restricted-globals -- formats a given time, reads no clock
  const time = new Date(at).toISOString();
  const name = groupName(state.group?.name ?? "");
  return [
    `You are ${plainName(agent.name)} (@${agent.handle}) in "${name}". It is ${time}.`,
    ...obligations(state, run),
    ...(turnsLeftOut > 0
      ? [`The first ${turnsLeftOut} turns of this run are not told any more.`]
      : []),
    `Answer the message of ${plainName(run.trigger.author)} that follows. Write your answer only, without a label.`,
  ].join("\n");
}

function obligations(state: GroupState, own: Run): readonly string[] {
  const rows = [...approvalRows(state), ...runRows(state, own)];
  if (rows.length === 0) return [];
  const more = rows.length - ROWS_MAX;
  return [
    "Open in the group:",
    ...rows.slice(0, ROWS_MAX),
    ...(more > 0 ? [`- and ${more} more`] : []),
  ];
}

function approvalRows(state: GroupState): readonly string[] {
  return Array.from(state.approvals.values(), (approval) => {
    const run = state.runs.get(approval.run);
    return `- a member's yes or no to ${approval.tool}, which ${ownerOf(state, run)} wants to use for ${askedIn(run)}`;
  });
}

const STANDS: Readonly<Record<Run["state"], string>> = {
  queued: "is to answer",
  running: "is answering",
  waiting: "waits for a yes or no before it goes on with",
  paused: "waits for a member to let it go on with",
};

function runRows(state: GroupState, own: Run): readonly string[] {
  return Array.from(state.runs.values())
    .filter((run) => run.run !== own.run)
    .map((run) => `- ${ownerOf(state, run)} ${STANDS[run.state]} ${askedIn(run)}`);
}

function ownerOf(state: GroupState, run: Run | undefined): string {
  const member = run && state.members.get(run.member);
  return member ? `@${member.handle}` : "an agent";
}

function askedIn(run: Run | undefined): string {
  if (!run) return "a message";
  const number = run.triggerSeq === null ? "" : ` #${run.triggerSeq}`;
  return `the message${number} of ${plainName(run.trigger.author)}`;
}
