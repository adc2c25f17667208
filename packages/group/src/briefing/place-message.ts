// A member's word on a message's place in briefings: always told, never told, or as it comes.
import { estimateTokens, PINS_MAX, textOf, type CommandOf, type MemberId } from "@acos/protocol";

import { refuse, type Decision, type DecisionDraft, type MessageFacts } from "../decision.ts";
import { memberOf, type GroupState } from "../state.ts";
import { budgetOf } from "./budget.ts";
import { clipMessage } from "./clip.ts";
import { labelOf } from "./label.ts";

/** Sets the rule of a message. Saying again what is so already changes nothing. */
export function decideBriefingRule(
  draft: DecisionDraft,
  by: MemberId,
  { message, rule }: CommandOf<"briefing-rule-set">,
  facts: MessageFacts | null,
): Decision {
  if (!facts) return refuse("not_found", "That message is not in this group.");
  const { briefingRules } = draft.state;
  const before = briefingRules.get(message);
  if ((before?.rule ?? "normal") === rule) return draft.accept();
  if (rule === "normal")
    return draft
      .fact({ kind: "briefing-rule-set", message, rule, label: "", text: "", by })
      .accept();
  if (facts.redacted) return refuse("gone", "That message was withdrawn.");
  if (!before && briefingRules.size >= PINS_MAX)
    return refuse(
      "conflict",
      `At most ${PINS_MAX} messages can be pinned or kept out: let another one go first.`,
    );
  const label = labelOf(memberOf(draft.state, facts.by), facts);
  const text = rule === "pinned" ? pinText(draft.state, facts) : "";
  if (rule === "pinned" && !hasRoom(draft.state, label, text))
    return refuse(
      "conflict",
      `Pinned messages take at most ${budgetOf(draft.state).pins} tokens of a briefing here, and this one no longer fits: unpin another one, or raise the group's budget.`,
    );
  return draft.fact({ kind: "briefing-rule-set", message, rule, label, text, by }).accept();
}

function pinText(state: GroupState, { parts, seq }: MessageFacts): string {
  return clipMessage(textOf(parts), seq, budgetOf(state).message).text;
}

function hasRoom(state: GroupState, label: string, text: string): boolean {
  let tokens = estimateTokens(label) + estimateTokens(text) + 1;
  for (const pin of state.briefingRules.values()) tokens += pin.tokens;
  return tokens <= budgetOf(state).pins;
}
