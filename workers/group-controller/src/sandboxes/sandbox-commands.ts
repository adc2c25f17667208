// What people ask of a group's sandboxes by remote call: make, stop, delete, keep, go back. Who may is looked at here.
import { roleAllows, viewSandbox, type Access, type GroupCommand } from "@acos/group";
import {
  problem,
  ProblemError,
  type CheckpointId,
  type CheckpointView,
  type GroupControl,
  type Hunk,
  type OrgId,
  type Role,
  type SandboxId,
  type SandboxView,
  type SnapshotRef,
  type Undone,
  type UserMember,
} from "@acos/protocol";

import type { WriteOutcome } from "../append.ts";
import { isAtRest, type ChangedLines } from "./changed-lines.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { SandboxFacts } from "./sandbox-facts.ts";
import type { SandboxKeeper } from "./sandbox-keeper.ts";
import type { SandboxPort } from "./sandbox-port.ts";
import type { SandboxStarts } from "./sandbox-starts.ts";
import type { WorkspaceSnapshots } from "./workspace-snapshots.ts";

export interface CommandsRim {
  readonly port: SandboxPort;
  readonly facts: SandboxFacts;
  readonly starts: SandboxStarts;
  readonly checkpoints: Checkpoints;
  readonly snapshots: WorkspaceSnapshots;
  readonly keeper: SandboxKeeper;
  readonly lines: ChangedLines;
  readonly write: (command: GroupCommand) => WriteOutcome;
}

type Wanted = Parameters<GroupControl["createSandbox"]>[1];

/** Every method throws ProblemError with words for whoever asks. */
export class SandboxCommands {
  readonly #rim: CommandsRim;

  constructor(rim: CommandsRim) {
    this.#rim = rim;
  }

  /** As they stand: one that its host has lost since is told as stopped. */
  async list(): Promise<readonly SandboxView[]> {
    await this.#rim.keeper.noticeLost();
    return this.#rim.facts.all().map(({ sandbox }) => this.#view(sandbox));
  }

  create(access: Access, { sandbox, name, limits }: Wanted): SandboxView {
    const { member: by } = memberOf(access, "member");
    const written = this.#rim.write({ kind: "sandbox-create", by, sandbox, name, limits });
    if (!written.ok) throw new ProblemError(written.problem);
    return this.#view(sandbox);
  }

  async stop(access: Access, sandbox: SandboxId, how: { snapshot: boolean }): Promise<SandboxView> {
    const { member: by } = memberOf(access, "member");
    await this.#rim.keeper.stop(sandbox, { ...how, reason: "asked", by });
    return this.#view(sandbox);
  }

  async destroy(access: Access, sandbox: SandboxId): Promise<{ seq: number }> {
    const { member: by } = memberOf(access, "admin");
    return { seq: await this.#rim.keeper.destroy(sandbox, by) };
  }

  snapshot(access: Access, sandbox: SandboxId): Promise<SnapshotRef> {
    const { member: by } = memberOf(access, "member");
    return this.#rim.starts.within(sandbox, (start) => this.#rim.snapshots.take(start, by));
  }

  async restore(
    access: Access,
    sandbox: SandboxId,
    to: { snapshot?: string; checkpoint?: CheckpointId },
  ): Promise<SandboxView> {
    const { member: by } = memberOf(access, "member");
    const { starts, checkpoints, facts, lines, port } = this.#rim;
    const { checkpoint } = to;
    const snapshot = checkpoint ? null : this.#kept(sandbox, to.snapshot);
    if (checkpoint) lines.requireOne(sandbox, checkpoint);
    await starts.within(sandbox, async (start) => {
      // What is given up by it can be gone back to, whoever's the newest checkpoint is. A workspace that is too broken for
      // one is what snapshots are for.
      if (!checkpoint) return checkpoints.makeIfPossible(start, { by });
      await checkpoints.make(start, { by });
      await port.restoreCheckpoint(start, checkpoint, by);
    });
    if (snapshot) await starts.replaceWith(sandbox, snapshot, by);
    else if (checkpoint) facts.note({ kind: "sandbox-restored", sandbox, to: { checkpoint }, by });
    return this.#view(sandbox);
  }

  async checkpoint(access: Access, sandbox: SandboxId): Promise<CheckpointView> {
    const { member: by } = memberOf(access, "member");
    const { starts, checkpoints, lines } = this.#rim;
    const made = await starts.within(sandbox, (start) => checkpoints.make(start, { by }));
    return lines.list(sandbox).find(({ checkpoint }) => checkpoint === made)!;
  }

  checkpoints(sandbox: SandboxId): readonly CheckpointView[] {
    this.#rim.facts.get(sandbox);
    return this.#rim.lines.list(sandbox);
  }

  /** Of a sandbox that does not run nothing is listed: looking starts none. */
  async changes(
    sandbox: SandboxId,
    between: { from?: CheckpointId; to?: CheckpointId },
  ): Promise<readonly Hunk[]> {
    if (isAtRest(this.#rim.facts.get(sandbox))) return [];
    return this.#rim.starts.within(sandbox, (start) => this.#rim.lines.between(start, between));
  }

  async undo(access: Access, sandbox: SandboxId, hunks: readonly string[]): Promise<Undone> {
    const { member: by } = memberOf(access, "member");
    const { starts, checkpoints, lines, facts } = this.#rim;
    const { paths, ...answer } = await starts.within(sandbox, async (start) => {
      await checkpoints.before(start, { by });
      // The member's own lines since may be in no checkpoint yet.
      if (await lines.hasUnkept(start, hunks)) await checkpoints.make(start, { by });
      return lines.undo(start, hunks, by);
    });
    const count = answer.undone.length;
    if (count > 0) facts.note({ kind: "changes-undone", sandbox, hunks: count, paths, by });
    return answer;
  }

  admitPreview(access: Access, sandbox: SandboxId): { org: OrgId } {
    memberOf(access, "viewer");
    this.#rim.facts.get(sandbox);
    return { org: this.#rim.facts.state.group!.org };
  }

  #kept(sandbox: SandboxId, wanted: string | undefined): SnapshotRef {
    const { snapshots } = this.#rim.facts.get(sandbox);
    const found = wanted ? snapshots.find(({ snapshot }) => snapshot === wanted) : snapshots[0];
    if (!found) throw new ProblemError(wanted ? NOT_KEPT : NONE_YET);
    return found;
  }

  #view(sandbox: SandboxId): SandboxView {
    const found = this.#rim.facts.get(sandbox);
    return { ...viewSandbox(found), state: this.#rim.keeper.stateOf(found) };
  }
}

const NOT_KEPT = problem(
  "not_found",
  "That snapshot is not kept any more. The newest three of a sandbox are.",
);
const NONE_YET = problem("not_found", "This sandbox has no snapshot yet. Take one first.");

/** The member who asks, with the role that it needs at least. Managers of the org who are not in the group do nothing here. */
function memberOf({ member, role }: Access, least: Role): UserMember {
  if (member?.type !== "user")
    throw new ProblemError(
      problem("forbidden", "Join the group first: only its members use its sandboxes."),
    );
  if (roleAllows(role, least)) return member;
  throw new ProblemError(problem("forbidden", `Your role here is ${role}; this needs ${least}.`));
}
