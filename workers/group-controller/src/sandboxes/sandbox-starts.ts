// Starting sandboxes: once for all who want one, with the workspace that it should have, written down before it is used.
//
//   cold ──use──▶ open ──▶ (new, and there is a snapshot: restore) ──▶ sandbox-started ──▶ used under its epoch
//                           └── cut short: owed, and done before the next use
import {
  problem,
  ProblemError,
  type MemberId,
  type SandboxId,
  type SandboxOpened,
  type SnapshotRef,
} from "@acos/protocol";

import type { NoteStore } from "../archive/notes.ts";
import { NO_SUCH_SANDBOX, type SandboxFacts } from "./sandbox-facts.ts";
import { isProblem, type SandboxPort, type Start } from "./sandbox-port.ts";
import type { WorkspaceSnapshots } from "./workspace-snapshots.ts";

export interface StartsRim {
  readonly port: SandboxPort;
  readonly facts: SandboxFacts;
  readonly snapshots: WorkspaceSnapshots;
  readonly notes: NoteStore;
}

export class SandboxStarts {
  readonly #rim: StartsRim;
  readonly #starting = new Map<SandboxId, Promise<Start>>();
  readonly #stopping = new Map<SandboxId, Promise<unknown>>();
  /** Epochs that the host says are over, of which the log does not know it yet. */
  readonly #over = new Set<string>();
  readonly #uses = new Map<SandboxId, number>();

  constructor(rim: StartsRim) {
    this.#rim = rim;
  }

  /** The start to use, begun where none runs. Throws ProblemError with words for whoever wanted it. */
  async use(sandbox: SandboxId): Promise<Start> {
    this.#uses.set(sandbox, this.usesOf(sandbox) + 1);
    await this.#stopping.get(sandbox);
    const { epoch } = this.#rim.facts.get(sandbox);
    const isSound = epoch !== null && !this.#over.has(epoch) && !this.#owed(sandbox);
    return isSound ? { sandbox, epoch } : this.#start(sandbox);
  }

  /** Does something in a sandbox; once more in a new start where the host says that this one is over. */
  async within<T>(sandbox: SandboxId, act: (start: Start) => Promise<T>): Promise<T> {
    const start = await this.use(sandbox);
    try {
      return await act(start);
    } catch (error) {
      if (!this.doubt(start, error)) throw error;
      return act(await this.use(sandbox));
    }
  }

  /** The host says that a start is over: the next use begins another. */
  replaced({ epoch }: Start): void {
    this.#over.add(epoch);
  }

  /** The same, where an error says so; tells whether it did. */
  doubt(start: Start, error: unknown): boolean {
    const isOver = isProblem(error, "sandbox_replaced");
    if (isOver) this.replaced(start);
    return isOver;
  }

  /** How often it was used in this process: who looks twice sees whether somebody came between. */
  usesOf(sandbox: SandboxId): number {
    return this.#uses.get(sandbox) ?? 0;
  }

  isStarting(sandbox: SandboxId): boolean {
    return this.#starting.has(sandbox);
  }

  /** Holds uses back while something ends the sandbox. */
  async whileStopping(sandbox: SandboxId, stop: () => Promise<void>): Promise<void> {
    const done = stop();
    const settled = done.catch(() => {
      // Whoever stops it hears of it; whoever uses it next finds out how it stands.
    });
    this.#stopping.set(sandbox, settled);
    await done.finally(() => this.#stopping.delete(sandbox));
  }

  /** Makes the workspace what a snapshot says, on behalf of a member. Nobody uses it half. */
  async replaceWith(sandbox: SandboxId, snapshot: SnapshotRef, by: MemberId): Promise<void> {
    await this.use(sandbox);
    this.#owe(sandbox, snapshot.snapshot);
    await this.use(sandbox);
    this.#rim.facts.note({ kind: "sandbox-restored", sandbox, to: { snapshot }, by });
  }

  #start(sandbox: SandboxId): Promise<Start> {
    const known = this.#starting.get(sandbox);
    if (known) return known;
    const starting = this.#begin(sandbox).finally(() => this.#starting.delete(sandbox));
    this.#starting.set(sandbox, starting);
    return starting;
  }

  async #begin(sandbox: SandboxId): Promise<Start> {
    const { port, facts } = this.#rim;
    const { limits, snapshots } = facts.get(sandbox);
    try {
      await this.#foresee(sandbox, snapshots[0]?.snapshot ?? null);
      const { egress } = facts.policy;
      const opened = await port.open(sandbox, { limits, egress });
      const start = { sandbox, epoch: opened.epoch };
      if (!facts.find(sandbox)) return await this.#abandon(sandbox);
      if (opened.workspace === "new" && snapshots[0] && !this.#owed(sandbox))
        this.#owe(sandbox, snapshots[0].snapshot);
      const manifest = this.#owed(sandbox);
      if (manifest) await this.#restore(start, manifest);
      this.#settle(opened, sandbox, manifest !== null);
      return start;
    } catch (error) {
      if (isProblem(error, "sandbox_failed", "storage_damaged"))
        facts.note({ kind: "sandbox-failed", sandbox, problem: error.problem });
      if (error instanceof ProblemError) throw error;
      throw new ProblemError(problem("sandbox_failed", "The sandbox could not be started."));
    }
  }

  /** One that was deleted while it came up does not run on. The keeper has it noted still, and asks its host again. */
  async #abandon(sandbox: SandboxId): Promise<never> {
    await this.#rim.port.destroy(sandbox).catch(() => {
      // The host does not answer: that is when it is needed.
    });
    throw new ProblemError(NO_SUCH_SANDBOX);
  }

  /** What could not be made whole does not run on: nobody would look after it. */
  async #restore(start: Start, manifest: string): Promise<void> {
    try {
      await this.#rim.snapshots.restore(start, manifest);
    } catch (error) {
      await this.#rim.port.stop(start.sandbox).catch(() => {
        // The host does not answer: the next start finds it running, and restores it then.
      });
      throw error;
    }
  }

  /**
   * Where the host has no workspace, opening makes an empty one: that the snapshot is owed is on disk before, since a crash in
   * between would make the empty one look like the group's.
   */
  async #foresee(sandbox: SandboxId, snapshot: string | null): Promise<void> {
    if (!snapshot || this.#owed(sandbox)) return;
    const { state } = await this.#rim.port.status(sandbox);
    if (state === "absent") this.#owe(sandbox, snapshot);
  }

  /** Writes the start down and that nothing is owed any more, in one commit. */
  #settle(
    { epoch, workspace, startMs }: SandboxOpened,
    sandbox: SandboxId,
    restored: boolean,
  ): void {
    const { facts, notes } = this.#rim;
    const before = facts.find(sandbox)?.epoch;
    this.#over.delete(epoch);
    if (restored)
      notes.set(
        "restoring",
        (notes.get("restoring") ?? []).filter((each) => each.sandbox !== sandbox),
      );
    if (before === epoch) return;
    if (before) facts.note({ kind: "sandbox-stopped", sandbox, epoch: before, reason: "lost" });
    const found = restored ? "snapshot" : workspace === "new" ? "new" : "kept";
    facts.note({ kind: "sandbox-started", sandbox, epoch, workspace: found, startMs });
  }

  #owed(sandbox: SandboxId): string | null {
    const owed = this.#rim.notes.get("restoring") ?? [];
    return owed.find((each) => each.sandbox === sandbox)?.snapshot ?? null;
  }

  #owe(sandbox: SandboxId, snapshot: string): void {
    const { notes } = this.#rim;
    const others = (notes.get("restoring") ?? []).filter((each) => each.sandbox !== sandbox);
    notes.set("restoring", [...others, { sandbox, snapshot }]);
  }
}
