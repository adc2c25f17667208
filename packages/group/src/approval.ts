// Approvals: a member's yes or no to one tool call, bound to the digest of its arguments, used once.
import type { CommandOf, MemberId } from "@acos/protocol";

import { refuse, type Decision, type DecisionDraft } from "./decision.ts";
import { goOn } from "./run-start.ts";
import { dispatchApproved } from "./sandboxes/journal-sandbox.ts";

/**
 * Decides an open approval. `digest` is the digest of the edited arguments, computed by the caller; null where the
 * arguments stay as they were asked for. A second decision, or one after the run ended, is refused: it changes nothing.
 */
export function decideApproval(
  draft: DecisionDraft,
  by: MemberId,
  { command, digest }: { command: CommandOf<"approval-decide">; digest: string | null },
): Decision {
  const approval = draft.state.approvals.get(command.approval);
  if (!approval)
    return refuse(
      "approval_closed",
      "That approval is closed: somebody decided it already, or its run has ended.",
    );
  const { decision } = command;
  if (decision === "deny" && command.arguments)
    return refuse("invalid_request", "Edited arguments go with an approval, not with a denial.");
  const edited = command.arguments && digest ? { arguments: command.arguments, digest } : null;
  const { run, call } = approval;
  draft.fact({
    kind: "approval-decided",
    approval: approval.approval,
    run,
    call,
    decision,
    by,
    arguments: edited?.arguments ?? approval.arguments,
    digest: edited?.digest ?? approval.digest,
  });
  if (decision === "approve") dispatchApproved(draft, by, { run, call });
  else {
    const turn = draft.state.runs.get(run)?.open?.turn ?? 1;
    const result = { isError: true, text: "A member denied this call. Do not try it again." };
    draft.fact({ kind: "tool-result-received", run, turn, call, result });
    goOn(draft, run);
  }
  return draft.accept();
}
