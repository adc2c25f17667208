// The sandbox half of evolve: facts about sandboxes, their workspaces and their checkpoints.
import type { EventOf, GroupEventKind, SandboxId } from "@acos/protocol";

import { withEntry, withoutEntry, type GroupState } from "../state.ts";
import { SNAPSHOTS_KEPT, type GroupSandbox } from "./sandbox.ts";

const SANDBOX_KINDS = [
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
] as const satisfies readonly GroupEventKind[];
export type SandboxEventKind = (typeof SANDBOX_KINDS)[number];

type Change = Partial<GroupState>;
type Fold<K extends SandboxEventKind> = (
  state: GroupState,
  placed: { readonly at: number; readonly event: EventOf<K> },
) => Change;

/** Folds of facts about sandboxes. One about a sandbox that is not there changes nothing. */
export const SANDBOX_FOLDS: { readonly [K in SandboxEventKind]: Fold<K> } = {
  "sandbox-created": ({ sandboxes }, { at, event }) => {
    const { sandbox, name, limits, by } = event;
    const made: GroupSandbox = { ...NEW, sandbox, name, limits, createdAt: at, by: by ?? null };
    return { sandboxes: withEntry(sandboxes, sandbox, made) };
  },
  "sandbox-started": (state, { event: { sandbox, epoch, workspace } }) =>
    change(state, sandbox, ({ checkpoint }) => ({
      state: "ready",
      epoch,
      stopped: null,
      problem: null,
      // Checkpoints stay with the workspace that they were made of.
      checkpoint: workspace === "kept" ? checkpoint : null,
    })),
  "sandbox-stopped": (state, { event: { sandbox, reason } }) =>
    change(state, sandbox, () => ({ state: "cold", epoch: null, stopped: reason })),
  "sandbox-failed": (state, { event: { sandbox, problem } }) =>
    change(state, sandbox, () => ({ state: "failed", epoch: null, problem })),
  "sandbox-destroyed": ({ sandboxes }, { event }) => ({
    sandboxes: withoutEntry(sandboxes, event.sandbox),
  }),
  "sandbox-snapshotted": (state, { event: { sandbox, snapshot } }) =>
    change(state, sandbox, ({ snapshots }) => ({
      snapshots: [
        snapshot,
        ...snapshots.filter((each) => each.snapshot !== snapshot.snapshot),
      ].slice(0, SNAPSHOTS_KEPT),
    })),
  "sandbox-restored": () => ({}),
  "sandbox-described": (state, { event: { sandbox, text } }) =>
    change(state, sandbox, () => ({ description: text })),
  "checkpoint-made": (state, { event: { sandbox, checkpoint, run, turn, by } }) =>
    change(state, sandbox, () => ({
      checkpoint: { checkpoint, run: run ?? null, turn: turn ?? null, by: by ?? null },
    })),
  "changes-undone": () => ({}),
  "preview-offered": () => ({}),
};

const NEW: Omit<GroupSandbox, "sandbox" | "name" | "limits" | "createdAt" | "by"> = {
  state: "cold",
  epoch: null,
  snapshots: [],
  checkpoint: null,
  stopped: null,
  problem: null,
  description: "",
};

function change(
  { sandboxes }: GroupState,
  id: SandboxId,
  changed: (sandbox: GroupSandbox) => Partial<GroupSandbox>,
): Change {
  const sandbox = sandboxes.get(id);
  if (!sandbox) return {};
  return { sandboxes: withEntry(sandboxes, id, { ...sandbox, ...changed(sandbox) }) };
}

/** The sandboxes of a copy: those of the origin that it has the snapshot of, under their ids here and cold. */
export function copiedSandboxes(
  { sandboxes }: GroupState,
  { at, event }: { readonly at: number; readonly event: EventOf<"group-copied"> },
): GroupState["sandboxes"] {
  const copies = (event.sandboxes ?? []).flatMap(({ from, sandbox }) => {
    const origin = sandboxes.get(from);
    if (!origin) return [];
    const { name, limits, description } = origin;
    const snapshots = origin.snapshots.slice(0, 1);
    return { ...NEW, sandbox, name, limits, description, snapshots, createdAt: at, by: null };
  });
  return new Map(copies.map((copy) => [copy.sandbox, copy]));
}
