// Folding sandboxes into the local view: which there are and where each stands, and what the transcript tells of them.
import type { EventOf, GroupEvent, GroupView, LogEvent, SandboxId } from "@acos/protocol";

import { addEntry, own, type LocalSandbox, type Work } from "./local-view.ts";

export type SandboxEvent = EventOf<
  | "sandbox-created"
  | "sandbox-started"
  | "sandbox-stopped"
  | "sandbox-failed"
  | "sandbox-destroyed"
  | "sandbox-snapshotted"
  | "sandbox-restored"
  | "sandbox-described"
  | "checkpoint-made"
  | "changes-undone"
  | "preview-offered"
>;

/** Takes over what the first welcome says. */
export function greetSandboxes(work: Work, { sandboxes }: Pick<GroupView, "sandboxes">): void {
  for (const sandbox of sandboxes) own(work, "sandboxes").set(sandbox.sandbox, sandbox);
}

export function foldSandbox(work: Work, { seq, at }: LogEvent, event: SandboxEvent): void {
  changeSandboxes(work, at, event);
  if (isTold(event)) addEntry(work, { kind: "notice", seq, at, event });
}

/** What members hear of: what somebody did or has to know; not what is kept by itself. */
function isTold(event: SandboxEvent): boolean {
  if (event.kind === "sandbox-snapshotted" || event.kind === "checkpoint-made")
    return event.by !== undefined;
  return event.kind !== "sandbox-described";
}

function changeSandboxes(work: Work, at: number, event: SandboxEvent): void {
  const { sandbox } = event;
  switch (event.kind) {
    case "sandbox-created": {
      const { name, limits } = event;
      const made: LocalSandbox = {
        sandbox,
        name,
        limits,
        state: "cold",
        createdAt: new Date(at).toISOString(),
      };
      own(work, "sandboxes").set(sandbox, made);
      return;
    }
    case "sandbox-started":
      return setSandbox(work, sandbox, (kept) => ({
        ...lastingOf(kept),
        state: "ready",
        epoch: event.epoch,
      }));
    case "sandbox-stopped":
      return setSandbox(work, sandbox, (kept) => ({
        ...lastingOf(kept),
        state: "cold",
        stopped: event.reason,
      }));
    case "sandbox-failed":
      return setSandbox(work, sandbox, (kept) => ({
        ...lastingOf(kept),
        state: "failed",
        problem: event.problem,
      }));
    case "sandbox-snapshotted":
      return setSandbox(work, sandbox, (kept) => ({ ...kept, snapshot: event.snapshot }));
    case "sandbox-destroyed":
      own(work, "sandboxes").delete(sandbox);
      return;
    case "sandbox-restored":
    case "sandbox-described":
    case "checkpoint-made":
    case "changes-undone":
    case "preview-offered":
      return; // where the sandbox stands is as before
    default:
      event satisfies never;
  }
}

/** A copy has those of its origin that had a snapshot, under new ids, and none of them runs. */
export function copySandboxes(work: Work, { sandboxes = [] }: EventOf<"group-copied">): void {
  const before = new Map(work.view.sandboxes);
  const after = own(work, "sandboxes");
  after.clear();
  for (const { from, sandbox } of sandboxes) {
    const origin = before.get(from);
    if (origin) after.set(sandbox, { ...lastingOf(origin), sandbox, state: "cold" });
  }
}

/** What of a sandbox outlasts each of its starts. */
function lastingOf({ sandbox, name, limits, createdAt, snapshot }: LocalSandbox) {
  return { sandbox, name, limits, createdAt, ...(snapshot && { snapshot }) };
}

function setSandbox(
  work: Work,
  id: SandboxId,
  change: (before: LocalSandbox) => LocalSandbox,
): void {
  const before = work.view.sandboxes.get(id);
  if (before) own(work, "sandboxes").set(id, change(before));
}

const SANDBOX_KINDS: ReadonlySet<string> = new Set<SandboxEvent["kind"]>([
  "sandbox-created",
  "sandbox-started",
  "sandbox-stopped",
  "sandbox-failed",
  "sandbox-destroyed",
  "sandbox-snapshotted",
  "sandbox-restored",
  "sandbox-described",
  "checkpoint-made",
  "changes-undone",
  "preview-offered",
]);

export function isSandboxEvent(event: GroupEvent): event is SandboxEvent {
  return SANDBOX_KINDS.has(event.kind);
}
