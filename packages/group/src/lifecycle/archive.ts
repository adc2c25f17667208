// Archiving and restoring: facts about where the group lies. What is moved, and how, is the controller's.
import type { Member } from "@acos/protocol";

import { refuse, type Decision, type DecisionDraft } from "../decision.ts";
import type { GroupState } from "../state.ts";

/** The group is to be put away; by nobody where it has been idle for long. */
export interface Archive {
  readonly kind: "archive";
  readonly by: Member | null;
}

/** The group is back from a snapshot, without `lost` events where a newer one was damaged. */
export interface Restore {
  readonly kind: "restore";
  readonly generation: number;
  readonly by: Member | null;
  readonly lost: number;
}

/** Runs that a refusal names. */
const NAMED_MAX = 5;

/** Puts the group away. Refused to a member while agents are at work; an idle group that is not idle is left alone. */
export function decideArchive(draft: DecisionDraft, { by }: Archive): Decision {
  const { runs, compaction } = draft.state;
  if (by === null && (runs.size > 0 || compaction)) return draft.accept();
  if (runs.size > 0)
    return refuse(
      "conflict",
      `Agents are still at work here: ${namesOf(draft.state)}. Wait for them or stop their runs, then archive the group.`,
    );
  if (compaction) {
    const reason = "The group was archived while it was made.";
    draft.fact({ kind: "summary-refused", summary: compaction.summary, reason });
  }
  return draft.fact({ kind: "group-archived", ...(by && { by: by.member }) }).accept();
}

export function decideRestore(draft: DecisionDraft, { generation, by, lost }: Restore): Decision {
  return draft
    .fact({
      kind: "group-restored",
      generation,
      ...(by && { by: by.member }),
      ...(lost > 0 && { lost }),
    })
    .accept();
}

/** The runs under way in words: `@ada (running), @grace (waiting)`. */
function namesOf({ runs, members }: GroupState): string {
  const names = Array.from(runs.values(), ({ member, state }) => {
    const handle = members.get(member)?.handle;
    return `${handle ? `@${handle}` : "an agent"} (${state})`;
  });
  const more = names.length - NAMED_MAX;
  return `${names.slice(0, NAMED_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
