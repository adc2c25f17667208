// Deciding about sandboxes: making one, and what a controller learns of one that is there.
import type { EventOf, MemberId, SandboxId, SandboxLimits } from "@acos/protocol";

import { refuse, type Decision, type DecisionDraft } from "../decision.ts";
import { freeName, type GroupSandbox } from "./sandbox.ts";
import type { SandboxEventKind } from "./fold-sandbox.ts";

/** A member wants a sandbox. It starts when it is used. */
export interface SandboxCreate {
  readonly kind: "sandbox-create";
  readonly by: MemberId;
  readonly sandbox: SandboxId;
  readonly name?: string | undefined;
  readonly limits?: SandboxLimits | undefined;
}

/** What happened to a sandbox, as its host or a member's request tells it. Contract: the facts of it hold. */
export interface SandboxNote {
  readonly kind: "sandbox-note";
  readonly note: EventOf<Exclude<SandboxEventKind, "sandbox-created">>;
}

/** Makes a sandbox. The same id again changes nothing. */
export function decideSandboxCreate(draft: DecisionDraft, wanted: SandboxCreate): Decision {
  const { by, sandbox, name, limits } = wanted;
  const { sandboxes, group } = draft.state;
  const policy = group!.policy.sandboxes;
  if (sandboxes.has(sandbox)) return draft.accept();
  if (policy.max === 0) return refuse("forbidden", NONE_ALLOWED);
  if (sandboxes.size >= policy.max)
    return refuse(
      "quota_exceeded",
      `This group may have ${policy.max} sandboxes, and has them: delete one, or let an admin raise the number in the group's settings.`,
    );
  const over = limits && overOf(limits, policy.limits);
  if (over)
    return refuse(
      "forbidden",
      `A sandbox of this group may have ${over} of ${policy.limits[over]} at most. An admin can raise it in the group's settings.`,
    );
  return draft
    .fact({
      kind: "sandbox-created",
      sandbox,
      name: freeName(sandboxes, name),
      limits: limits ?? policy.limits,
      by,
    })
    .accept();
}

/** A limit that is wished for above what the group allows. */
function overOf(wanted: SandboxLimits, most: SandboxLimits): keyof SandboxLimits | undefined {
  return LIMITS.find((limit) => wanted[limit] > most[limit]);
}

const LIMITS = ["memoryMiB", "cpu", "pids", "diskMiB"] as const satisfies (keyof SandboxLimits)[];

export const NONE_ALLOWED =
  "This group may have no sandboxes. An admin can allow them in the group's settings.";

/** Writes a fact down, unless it says nothing new, or is of a start that is over. Of a sandbox that is gone nothing is told. */
export function decideSandboxNote(draft: DecisionDraft, { note }: SandboxNote): Decision {
  const sandbox = draft.state.sandboxes.get(note.sandbox);
  if (!sandbox) return refuse("not_found", "There is no such sandbox in this group.");
  return isNews(sandbox, note) ? draft.fact(note).accept() : draft.accept();
}

function isNews(sandbox: GroupSandbox, note: SandboxNote["note"]): boolean {
  switch (note.kind) {
    case "sandbox-started":
      return sandbox.epoch !== note.epoch;
    case "sandbox-stopped":
      return sandbox.epoch === note.epoch;
    case "sandbox-described":
      return sandbox.description !== note.text;
    default:
      return true;
  }
}
