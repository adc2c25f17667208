// Messages: posting one and waking whom it concerns; editing, withdrawing and reacting.
import type { CommandOf, MemberId, MessageId, Part, Routing, RunId } from "@acos/protocol";

import {
  refuse,
  type Decision,
  type DecisionDraft,
  type MessageFacts,
  type Refused,
} from "./decision.ts";
import { findMentions } from "./mention.ts";
import { startNextRun } from "./run-start.ts";
import { route } from "./turn-policy.ts";

/** A message to post, from a person's command or from an agent's turn. */
export interface Posting {
  readonly message: MessageId;
  readonly by: MemberId;
  readonly parts: readonly Part[];
  readonly replyTo?: { readonly message: MessageId; readonly by: MemberId };
  readonly run?: RunId;
  readonly turn?: number;
  readonly incomplete?: true;
}

/** Posts a message: the fact with its routing receipt first, then the runs it wakes. An incomplete one wakes nobody. */
export function postMessage(draft: DecisionDraft, posting: Posting): void {
  const { state } = draft;
  const { mentions, unresolved } = findMentions(posting.parts, state.members.values());
  const run = (posting.run && state.runs.get(posting.run)) || null;
  const routes = posting.incomplete
    ? []
    : route(state, {
        message: posting.message,
        by: posting.by,
        mentions,
        replyToAuthor: posting.replyTo?.by ?? null,
        run,
        at: draft.given.at,
      });
  const woken = routes.map((each) => ({ ...each, run: draft.newId("run") }));
  const routing = woken.map((each): Routing =>
    each.woken
      ? { member: each.agent.member, woken: true, rule: each.rule, run: each.run }
      : { member: each.agent.member, woken: false, reason: each.reason },
  );
  const { message, by, replyTo, parts, ...origin } = posting;
  draft.fact({
    kind: "message-posted",
    message,
    by,
    parts: [...parts],
    mentions: [...mentions],
    ...(replyTo && { replyTo: replyTo.message }),
    ...origin,
    ...(routing.length > 0 && { routing }),
    ...(unresolved.length > 0 && { unresolved: [...unresolved] }),
  });
  for (const each of woken) {
    if (!each.woken) continue;
    draft.fact({
      kind: "run-queued",
      run: each.run,
      member: each.agent.member,
      agent: each.agent.agent,
      version: each.agent.version,
      trigger: posting.message,
      depth: run ? run.depth + 1 : 0,
      root: run ? run.root : posting.message,
    });
    startNextRun(draft, each.agent.member);
  }
}

export function decidePost(
  draft: DecisionDraft,
  by: MemberId,
  command: CommandOf<"message-post">,
  facts: MessageFacts | null,
): Decision {
  if (command.replyTo && !facts)
    return refuse("not_found", "The message you reply to is not in this group.");
  postMessage(draft, {
    message: draft.newId("message"),
    by,
    parts: command.parts,
    ...(facts && { replyTo: facts }),
  });
  return draft.accept();
}

export function decideEdit(
  draft: DecisionDraft,
  by: MemberId,
  command: CommandOf<"message-edit">,
  facts: MessageFacts | null,
): Decision {
  const refusal = missing(facts);
  if (refusal) return refusal;
  if (facts?.by !== by) return refuse("forbidden", "Only its author can edit a message.");
  const { mentions } = findMentions(command.parts, draft.state.members.values());
  const { message, parts } = command;
  draft.fact({
    kind: "message-edited",
    message,
    by,
    parts: [...parts],
    mentions: [...mentions],
  });
  return draft.accept();
}

export function decideRedact(
  draft: DecisionDraft,
  by: MemberId,
  facts: MessageFacts | null,
): Decision {
  if (!facts) return refuse("not_found", "That message is not in this group.");
  if (facts.redacted) return draft.accept();
  if (facts.by !== by && draft.state.members.get(by)?.role !== "admin")
    return refuse("forbidden", "Only its author or an admin can withdraw a message.");
  return draft.fact({ kind: "message-redacted", message: facts.message, by }).accept();
}

export function decideReaction(
  draft: DecisionDraft,
  by: MemberId,
  command: CommandOf<"reaction-set">,
  facts: MessageFacts | null,
): Decision {
  const refusal = missing(facts);
  return refusal ?? draft.fact({ ...command, by }).accept();
}

function missing(facts: MessageFacts | null): Refused | null {
  if (!facts) return refuse("not_found", "That message is not in this group.");
  return facts.redacted ? refuse("gone", "That message was withdrawn.") : null;
}
