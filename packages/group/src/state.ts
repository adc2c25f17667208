// The state of a group: what deciding needs, as the fold of its log. Everything in it is bounded by limits, not by age.
import type {
  AgentPin,
  ApprovalId,
  GroupId,
  Member,
  MemberId,
  MessageId,
  OrgId,
  Policy,
  RunId,
  RunStep,
  SandboxId,
  SummaryId,
  SummarySections,
  ToolArguments,
  ToolCallId,
  Usage,
  BriefingId,
} from "@acos/protocol";

import type { OpenRunState } from "./run-table.ts";
import type { GroupSandbox } from "./sandboxes/sandbox.ts";

export interface GroupFacts {
  readonly id: GroupId;
  readonly org: OrgId;
  readonly name: string;
  readonly policy: Policy;
  readonly createdAt: number;
  /** Rises when a member is removed or loses rights: certificates of an earlier epoch are no longer the group's. */
  readonly epoch: number;
}

/** A message of the window: what agents are told of the recent past. `text` is clipped, the log keeps all of it. */
export interface WindowEntry {
  readonly seq: number;
  readonly at: number;
  readonly message: MessageId;
  readonly by: MemberId;
  readonly label: string;
  readonly text: string;
  readonly tokens: number;
  /** Characters that the clipping of `text` left out; 0 where it is whole. */
  readonly left: number;
}

/** What members said of a message's place in briefings. A pinned one has its label and text here, wherever the log is. */
export interface PlacedRule {
  readonly rule: "pinned" | "excluded";
  readonly seq: number;
  readonly label: string;
  readonly text: string;
  readonly tokens: number;
  readonly left: number;
}

/** What briefings tell in place of the messages up to `upTo`. `text` is what is told of `sections`. */
export interface Summary {
  readonly summary: SummaryId;
  readonly version: number;
  readonly upTo: number;
  readonly sections: SummarySections;
  /** The seq of every message that a line rests on, by its id, so that agents can read it. */
  readonly seqs: Readonly<Record<string, number>>;
  readonly text: string;
  readonly tokens: number;
}

/** A summary that is being made. */
export interface Compaction {
  readonly summary: SummaryId;
  readonly upTo: number;
  readonly pin: AgentPin;
  /** The member who asked for it; null where the window did. */
  readonly by: MemberId | null;
  /** How often it was asked for; more than once after crashes only. */
  readonly attempt: number;
  readonly askedAt: number;
  readonly askedAtSeq: number;
  /** Why its outcome cannot be used any more: what it was made from has changed. Null while it can. */
  readonly spoiled: string | null;
}

/** Messages that left the window unsummarised, from one seq to another. */
export interface Gap {
  readonly count: number;
  readonly from: number;
  readonly to: number;
}

/** One tool call of the run's current turn, from the journal. */
export interface OpenCall {
  readonly call: ToolCallId;
  readonly tool: string;
  readonly arguments: ToolArguments;
  readonly digest: string;
  readonly effect: boolean;
  /** How often it was handed out; more than once only for calls without an effect. */
  readonly dispatches: number;
  readonly result: { readonly isError: boolean; readonly text: string } | null;
}

export interface OpenTurn {
  readonly turn: number;
  readonly attempt: number;
  readonly startedAt: number;
  readonly message: MessageId;
  readonly briefing: BriefingId;
  /** False while the model's response is awaited, true once it is journalled. */
  readonly answered: boolean;
  readonly text: string;
  readonly calls: readonly OpenCall[];
}

/** A run that has not ended. */
export interface Run {
  readonly run: RunId;
  readonly member: MemberId;
  readonly state: OpenRunState;
  readonly trigger: { readonly message: MessageId; readonly author: string; readonly text: string };
  /** Null where the trigger had left the window when the run was queued. */
  readonly triggerSeq: number | null;
  readonly root: MessageId;
  readonly depth: number;
  readonly queuedSeq: number;
  readonly version: number;
  /** Null until it starts: the version is pinned then. */
  readonly pin: AgentPin | null;
  /** The window of its briefings ends here, so that chatter cannot fall between a call and its result. */
  readonly startedSeq: number;
  readonly turnsAllowed: number;
  readonly open: OpenTurn | null;
  readonly steps: readonly RunStep[];
  /** Which message a turn's words were posted as: a withdrawn one is withdrawn from the steps too. */
  readonly said: readonly { readonly turn: number; readonly message: MessageId }[];
  readonly usage: Usage;
  readonly cost: number;
}

export interface Approval {
  readonly approval: ApprovalId;
  readonly run: RunId;
  readonly call: ToolCallId;
  readonly tool: string;
  readonly arguments: ToolArguments;
  readonly digest: string;
}

/** An agent woken by an agent, kept as long as a limit looks back. */
export interface Wake {
  readonly from: MemberId;
  readonly to: MemberId;
  readonly root: MessageId;
  readonly at: number;
}

export interface GroupState {
  readonly head: number;
  readonly group: GroupFacts | null;
  readonly members: ReadonlyMap<MemberId, Member>;
  /** Who left: their names stay on their messages, and who comes back is the same member again. */
  readonly former: ReadonlyMap<MemberId, Member>;
  readonly window: readonly WindowEntry[];
  readonly windowTokens: number;
  readonly summary: Summary | null;
  readonly compaction: Compaction | null;
  /** Tokens of the window when a summary was last asked for or made; null since a cut without one. */
  readonly triedTokens: number | null;
  readonly gap: Gap | null;
  readonly briefingRules: ReadonlyMap<MessageId, PlacedRule>;
  /** By provider: tokens that it counted per estimated one. */
  readonly calibration: ReadonlyMap<string, number>;
  /** The agent that ran last: its model makes summaries. */
  readonly lastRan: MemberId | null;
  readonly runs: ReadonlyMap<RunId, Run>;
  readonly approvals: ReadonlyMap<ApprovalId, Approval>;
  readonly wakes: readonly Wake[];
  /** In the order in which they were made: the first is the one that is meant where none is named. */
  readonly sandboxes: ReadonlyMap<SandboxId, GroupSandbox>;
}

/** A group of which nothing is known yet: the fold of no events. */
export const EMPTY_STATE: GroupState = {
  head: 0,
  group: null,
  members: new Map(),
  former: new Map(),
  window: [],
  windowTokens: 0,
  summary: null,
  compaction: null,
  triedTokens: null,
  gap: null,
  briefingRules: new Map(),
  calibration: new Map(),
  lastRan: null,
  runs: new Map(),
  approvals: new Map(),
  wakes: [],
  sandboxes: new Map(),
};

export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
};

/** Sum of two usages. */
export function addUsage(one: Usage, other: Usage): Usage {
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    cacheReadTokens: one.cacheReadTokens + other.cacheReadTokens,
    cacheWriteTokens: one.cacheWriteTokens + other.cacheWriteTokens,
  };
}

/** A copy of a map with one entry set. */
export function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

/** A copy of a map without one entry; the same map when it is not there. */
export function withoutEntry<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  if (!map.has(key)) return map;
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}

/** A member by id, whether still in the group or not. */
export function memberOf(state: GroupState, id: MemberId): Member | undefined {
  return state.members.get(id) ?? state.former.get(id);
}
