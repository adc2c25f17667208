// Who answers a message: mentions and replies wake, a group may wake everyone, agents wake each other within limits.
import {
  RUN_QUEUE_MAX,
  type AgentMember,
  type MemberId,
  type Mention,
  type MessageId,
  type SleepReason,
  type WakeRule,
} from "@acos/protocol";

import type { GroupState, Run } from "./state.ts";

/** How far back mentions between two agents are counted. */
const PAIR_WINDOW_MS = 5 * 60_000;

/** A message as routing sees it. `run` is the run that said it, for an agent's message. */
export interface RoutedMessage {
  readonly message: MessageId;
  readonly by: MemberId;
  readonly mentions: readonly Mention[];
  readonly replyToAuthor: MemberId | null;
  readonly run: Run | null;
  readonly at: number;
}

export type Route = { readonly agent: AgentMember } & (
  | { readonly woken: true; readonly rule: WakeRule }
  | { readonly woken: false; readonly reason: SleepReason }
);

/** Decides for every agent that a message concerns whether it wakes, and why. Agents not concerned are not listed. */
export function route(state: GroupState, message: RoutedMessage): readonly Route[] {
  return concerned(state, message).map(({ agent, rule }): Route => {
    const reason = sleepReason(state, agent, message);
    return reason ? { agent, woken: false, reason } : { agent, woken: true, rule };
  });
}

interface Concern {
  readonly agent: AgentMember;
  readonly rule: WakeRule;
}

function concerned(state: GroupState, message: RoutedMessage): readonly Concern[] {
  const concerns = new Map<MemberId, Concern>();
  const add = (id: MemberId, rule: WakeRule): void => {
    const agent = state.members.get(id);
    if (agent?.type === "agent" && id !== message.by && !concerns.has(id))
      concerns.set(id, { agent, rule });
  };
  for (const mention of message.mentions) add(mention.member, "mention");
  if (message.replyToAuthor) add(message.replyToAuthor, "reply");
  const spoken = concerns.size > 0 || message.run !== null;
  if (!spoken && state.group?.policy.wake === "everyone")
    for (const id of state.members.keys()) add(id, "everyone");
  return [...concerns.values()];
}

function sleepReason(
  state: GroupState,
  agent: AgentMember,
  message: RoutedMessage,
): SleepReason | null {
  if (agent.role === "viewer") return "viewer";
  if (queuedRuns(state, agent.member) >= RUN_QUEUE_MAX) return "queue-full";
  return message.run ? betweenAgents(state, agent.member, { ...message, run: message.run }) : null;
}

/** The limits between agents, in the order a reader would ask: allowed at all, how deep, how often. */
function betweenAgents(
  state: GroupState,
  to: MemberId,
  message: RoutedMessage & { readonly run: Run },
): SleepReason | null {
  const limits = state.group?.policy.agents;
  if (!limits || limits.wake === "off") return "agents-off";
  if (message.run.depth + 1 > limits.chainDepth) return "chain-depth";
  const wakes = state.wakes.filter((wake) => wake.to === to);
  if (wakes.filter((wake) => wake.root === message.run.root).length >= limits.rounds)
    return "rounds";
  if (wakes.some((wake) => message.at - wake.at < limits.cooldownMs)) return "cooldown";
  const pair = wakes.filter(
    (wake) => wake.from === message.by && message.at - wake.at < PAIR_WINDOW_MS,
  );
  return pair.length >= limits.pairMentions ? "pair-limit" : null;
}

function queuedRuns(state: GroupState, member: MemberId): number {
  let queued = 0;
  for (const run of state.runs.values())
    if (run.member === member && run.state === "queued") queued += 1;
  return queued;
}
