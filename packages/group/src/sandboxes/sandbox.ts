// A group's sandboxes as its log has them: what there is, which one a tool call means, and what readers are shown.
import {
  LOOKING_TOOLS,
  SANDBOX_TOOLS,
  sandboxPolicySchema,
  type CheckpointId,
  type MemberId,
  type Problem,
  type RunId,
  type SandboxId,
  type SandboxLimits,
  type SandboxPolicy,
  type SandboxTool,
  type SandboxView,
  type SnapshotRef,
  type StopReason,
  type ToolArguments,
} from "@acos/protocol";

import { atTime } from "../at-time.ts";

/** Snapshots of one workspace that stay in cold storage. */
export const SNAPSHOTS_KEPT = 3;

/** The newest checkpoint, and whose changes come after it. */
export interface CheckpointOwner {
  readonly checkpoint: CheckpointId;
  readonly run: RunId | null;
  readonly turn: number | null;
  readonly by: MemberId | null;
}

/** A sandbox that was not destroyed. Its state is what the log knows of it; a host may know better. */
export interface GroupSandbox {
  readonly sandbox: SandboxId;
  readonly name: string;
  readonly limits: SandboxLimits;
  readonly state: "cold" | "ready" | "failed";
  /** Of the running start; null where none runs. */
  readonly epoch: string | null;
  /** Newest first, SNAPSHOTS_KEPT at most. */
  readonly snapshots: readonly SnapshotRef[];
  /** Null where the workspace has been replaced since, or there never was one. */
  readonly checkpoint: CheckpointOwner | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly by: MemberId | null;
  readonly stopped: StopReason | null;
  readonly problem: Problem | null;
  /** What its workspace says to agents. */
  readonly description: string;
}

/** What a group without rules of its own for sandboxes has. */
export const SANDBOX_POLICY: SandboxPolicy = sandboxPolicySchema.parse({});

export function isSandboxTool(tool: string): tool is SandboxTool {
  return (SANDBOX_TOOLS as readonly string[]).includes(tool);
}

/** Whether a sandbox tool may change something, whatever was said of the call. */
export function mayChange(tool: SandboxTool): boolean {
  return !(LOOKING_TOOLS as readonly SandboxTool[]).includes(tool);
}

type Sandboxes = ReadonlyMap<SandboxId, GroupSandbox>;

/** The sandbox that a call means: the one that its argument `sandbox` names by name or id, else the group's first. */
export function chosenSandbox(sandboxes: Sandboxes, args: ToolArguments): GroupSandbox | null {
  const all = [...sandboxes.values()];
  const wanted = args["sandbox"];
  if (wanted === undefined || wanted === null || wanted === "") return all[0] ?? null;
  return all.find(({ sandbox, name }) => sandbox === wanted || name === wanted) ?? null;
}

/** A name that no sandbox of the group has: the one that was wished for, or that with the lowest free number. */
export function freeName(sandboxes: Sandboxes, wish = "sandbox"): string {
  const taken = new Set(Array.from(sandboxes.values(), ({ name }) => name));
  if (!taken.has(wish)) return wish;
  for (let number = 2; ; number += 1)
    if (!taken.has(`${wish}-${number}`)) return `${wish}-${number}`;
}

/** A sandbox as readers are shown it. */
export function viewSandbox(given: GroupSandbox): SandboxView {
  const { sandbox, name, state, limits, epoch, createdAt, stopped, problem } = given;
  const [snapshot] = given.snapshots;
  return {
    sandbox,
    name,
    state,
    limits,
    ...(epoch !== null && { epoch }),
    createdAt: atTime(createdAt),
    ...(snapshot && { snapshot }),
    ...(stopped && { stopped }),
    ...(problem && { problem }),
  };
}
