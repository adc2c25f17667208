// Tool calls that work in a sandbox: when one asks first, when it is handed out at once, and when it makes the sandbox.
import type { MemberId, RunId, ToolArguments, ToolCallId } from "@acos/protocol";

import type { DecisionDraft } from "../decision.ts";
import { dispatchCall, goOn } from "../run-start.ts";
import type { GroupState } from "../state.ts";
import { NONE_ALLOWED } from "./decide-sandbox.ts";
import { chosenSandbox, freeName, isSandboxTool, mayChange } from "./sandbox.ts";

/** What is due for a call: ask a member, hand it out, or answer with an error in these words. */
export type CallDue = "ask" | "dispatch" | { readonly error: string };

interface Wanted {
  readonly tool: string;
  readonly arguments: ToolArguments;
  readonly effect: boolean;
}

/** Whether a call may change something: of sandbox tools that is known here, of others the call says it. */
export function hasEffect({ tool, effect }: Wanted): boolean {
  return isSandboxTool(tool) ? effect || mayChange(tool) : effect;
}

export function dueOf({ sandboxes, group }: GroupState, wanted: Wanted): CallDue {
  const effect = hasEffect(wanted);
  if (!isSandboxTool(wanted.tool)) return effect ? "ask" : "dispatch";
  const rules = group!.policy.sandboxes;
  if (chosenSandbox(sandboxes, wanted.arguments))
    return effect && rules.approve === "each" ? "ask" : "dispatch";
  if (sandboxes.size > 0) return { error: noneCalled({ sandboxes }, wanted.arguments) };
  if (!effect) return { error: NONE_YET };
  return rules.max === 0 ? { error: NONE_ALLOWED } : "ask";
}

const NONE_YET =
  "This group has no sandbox yet, so there is nothing to look at. Call a tool that changes something, such as run_command or write_file: a sandbox is made for it when a member agrees.";

function noneCalled({ sandboxes }: Pick<GroupState, "sandboxes">, args: ToolArguments): string {
  const names = Array.from(sandboxes.values(), ({ name }) => `"${name}"`);
  return `This group has no sandbox called ${JSON.stringify(args["sandbox"])}. There are: ${names.join(", ")}.`;
}

/**
 * Hands an approved call out. The first one that needs a sandbox makes it; one whose sandbox is gone since gets an error for
 * its result.
 */
export function dispatchApproved(
  draft: DecisionDraft,
  by: MemberId,
  { run, call: id }: { readonly run: RunId; readonly call: ToolCallId },
): void {
  const open = draft.state.runs.get(run)?.open;
  const call = open?.calls.find((each) => each.call === id);
  if (!open || !call) return;
  const due = dueOf(draft.state, call);
  if (typeof due === "object") {
    const result = { isError: true, text: due.error };
    draft.fact({ kind: "tool-result-received", run, turn: open.turn, call: id, result });
    return goOn(draft, run);
  }
  const { sandboxes, group } = draft.state;
  if (isSandboxTool(call.tool) && sandboxes.size === 0)
    draft.fact({
      kind: "sandbox-created",
      sandbox: draft.newId("sandbox"),
      name: freeName(sandboxes),
      limits: group!.policy.sandboxes.limits,
      by,
      run,
    });
  dispatchCall(draft, run, id);
}
