// A group's settings after a change: what the change names is new, everything else is as it was.
import type { Command, MemberId, Policy, PolicyChange } from "@acos/protocol";

import type { Decision, DecisionDraft } from "./decision.ts";

type SettingsChange = Extract<Command, { kind: "settings-change" }>;

/** The log gets the whole policy that follows. */
export function decideSettings(
  draft: DecisionDraft,
  by: MemberId,
  { name, policy: change }: SettingsChange,
): Decision {
  const { group } = draft.state;
  const policy = change && group ? changedPolicy(group.policy, change) : undefined;
  if (name !== undefined) draft.effect({ kind: "announce-name", name });
  const changed = { ...(name !== undefined && { name }), ...(policy && { policy }) };
  return draft.fact({ kind: "settings-changed", ...changed, by }).accept();
}

/** Both are valid, and so is what comes of them: no field of a policy depends on another. */
export function changedPolicy(policy: Policy, change: PolicyChange): Policy {
  return merged(policy, change) as Policy;
}

function merged(before: object, change: object): object {
  const next: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) continue;
    const known = next[name];
    next[name] = isRecord(known) && isRecord(value) ? merged(known, value) : value;
  }
  return next;
}

const isRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
