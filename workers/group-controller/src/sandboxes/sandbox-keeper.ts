// Keeping sandboxes: idle ones are put away, lost ones noticed, deleted ones deleted everywhere. An alarm looks now and then.
import {
  problem,
  ProblemError,
  type MemberId,
  type SandboxId,
  type SandboxState,
  type SandboxStatus,
  type StopReason,
} from "@acos/protocol";
import type { GroupSandbox } from "@acos/group";

import type { Watch } from "../alarms.ts";
import type { NoteStore } from "../archive/notes.ts";
import { pause } from "../runs/pause.ts";
import type { SandboxFacts } from "./sandbox-facts.ts";
import { isProblem, type SandboxPort, type Start } from "./sandbox-port.ts";
import type { SandboxStarts } from "./sandbox-starts.ts";
import type { WorkspaceSnapshots } from "./workspace-snapshots.ts";

export interface KeeperRim {
  readonly port: SandboxPort;
  readonly facts: SandboxFacts;
  readonly starts: SandboxStarts;
  readonly snapshots: WorkspaceSnapshots;
  readonly notes: NoteStore;
  readonly watch: Watch;
  readonly now: () => number;
}

export interface Stop {
  readonly snapshot: boolean;
  readonly reason: StopReason;
  readonly by?: MemberId | undefined;
  /** Leaves it running where it was used since. */
  readonly unlessUsed?: true;
}

/** How often running sandboxes are looked at: so late a lost one is noticed. */
const LOOK_MS = 60_000;
/** How long somebody who looks waits for the host's word. */
const NOTICE_MS = 1_000;
const MINUTE_MS = 60_000;

export class SandboxKeeper {
  readonly #rim: KeeperRim;
  readonly #steps = new Map<SandboxId, "snapshotting" | "draining">();
  readonly #stops = new Map<SandboxId, Promise<void>>();
  #caring: Promise<void> | null = null;
  #egress = "";

  constructor(rim: KeeperRim) {
    this.#rim = rim;
  }

  /** Whether one runs: an idle one would have been stopped. */
  get isWorking(): boolean {
    return this.#running().length > 0;
  }

  /** Where a sandbox stands right now, which the log does not tell of what is on its way. */
  stateOf({ sandbox, state }: GroupSandbox): SandboxState {
    const step = this.#steps.get(sandbox);
    if (step) return step;
    return this.#rim.starts.isStarting(sandbox) ? "starting" : state;
  }

  /** Sees to it that the object wakes to look, while there is something to look at. */
  watch(): void {
    const { watch, now } = this.#rim;
    if (this.#running().length > 0 || this.#destroying().length > 0) watch.wakeBy(now() + LOOK_MS);
  }

  /** What an alarm does; one at a time. What fails is tried again with the next. */
  care(): Promise<void> {
    this.#caring ??= this.#care().finally(() => {
      this.#caring = null;
      this.watch();
    });
    return this.#caring;
  }

  async #care(): Promise<void> {
    await this.finishDestroying().catch(() => undefined);
    for (const sandbox of this.#running()) await this.#look(sandbox).catch(() => undefined);
    await this.applyEgress().catch(() => undefined);
  }

  /** Writes down which of those that should run do not, as far as the host tells within a moment. It starts and stops none. */
  async noticeLost(): Promise<void> {
    const waiting = new AbortController();
    const noticed = this.#running().map((sandbox) => this.#compare(sandbox).catch(() => null));
    await Promise.race([Promise.all(noticed), pause(NOTICE_MS, waiting.signal)]);
    waiting.abort();
  }

  /** How one stands that the log says runs; null where it turns out that it does not, or that something is done about it. */
  async #compare({ sandbox, epoch }: GroupSandbox): Promise<SandboxStatus | null> {
    const { port, facts, starts } = this.#rim;
    const status = await port.status(sandbox);
    // Meanwhile it may have been started anew, or be on its way.
    const isBusy = starts.isStarting(sandbox) || this.#stops.has(sandbox);
    if (facts.find(sandbox)?.epoch !== epoch || isBusy) return null;
    if (status.state === "running" && status.epoch === epoch) return status;
    const { reason, words } = lossOf(status);
    facts.note({ kind: "sandbox-stopped", sandbox, epoch: epoch!, reason, words });
    return null;
  }

  async #look(sandbox: GroupSandbox): Promise<void> {
    const { facts, starts } = this.#rim;
    const { sandbox: id } = sandbox;
    const used = starts.usesOf(id);
    const status = await this.#compare(sandbox);
    const isIdle = (status?.idleMs ?? 0) >= facts.policy.idleMinutes * MINUTE_MS;
    if (isIdle && starts.usesOf(id) === used)
      await this.stop(id, { snapshot: true, reason: "idle", unlessUsed: true });
  }

  /** Ends a sandbox, its workspace in cold storage first where that is asked for. Throws ProblemError; it runs on then. */
  stop(sandbox: SandboxId, how: Stop): Promise<void> {
    const known = this.#stops.get(sandbox);
    if (known) return known;
    const stopping = this.#stop(sandbox, how).finally(() => {
      this.#stops.delete(sandbox);
      this.#steps.delete(sandbox);
    });
    this.#stops.set(sandbox, stopping);
    return stopping;
  }

  async #stop(sandbox: SandboxId, { snapshot, reason, by, unlessUsed }: Stop): Promise<void> {
    const { facts, starts, port } = this.#rim;
    const { epoch } = facts.get(sandbox);
    if (!epoch) return;
    const start: Start = { sandbox, epoch };
    const used = starts.usesOf(sandbox);
    if (snapshot) {
      this.#steps.set(sandbox, "snapshotting");
      if (!(await this.#keep(start, by ?? null))) return;
    }
    if (unlessUsed && starts.usesOf(sandbox) !== used) return;
    this.#steps.set(sandbox, "draining");
    await starts.whileStopping(sandbox, async () => {
      await port.stop(sandbox);
      facts.note({ kind: "sandbox-stopped", sandbox, epoch, reason, ...(by && { by }) });
    });
  }

  /** False where the start turns out to be over: then that is written down, and there is nothing to stop. */
  async #keep(start: Start, by: MemberId | null): Promise<boolean> {
    const { facts, snapshots, starts } = this.#rim;
    try {
      await snapshots.take(start, by);
      return true;
    } catch (error) {
      if (!isProblem(error, "sandbox_replaced")) throw error;
      starts.replaced(start);
      facts.note({ kind: "sandbox-stopped", ...start, reason: "lost" });
      return false;
    }
  }

  /**
   * Stops all that run and deletes what was to be deleted, for a group that is put away. Throws ProblemError where one cannot
   * be snapshotted, or its host does not answer: what is noted here is not noted in cold storage.
   */
  async putAway(): Promise<void> {
    await this.#caring;
    await this.finishDestroying();
    if (this.#destroying().length > 0) throw new ProblemError(STARTING);
    for (const { sandbox } of this.#running())
      await this.stop(sandbox, { snapshot: true, reason: "archived" });
  }

  /** Snapshots of all that run, for a copy of the group. One that cannot be taken now is left at the one before. */
  async snapshotRunning(): Promise<void> {
    const { starts, snapshots } = this.#rim;
    for (const { sandbox, epoch } of this.#running())
      await snapshots.take({ sandbox, epoch: epoch! }, null).catch((error: unknown) => {
        starts.doubt({ sandbox, epoch: epoch! }, error);
      });
  }

  /** Deletes a sandbox: the log says so at once, its host and cold storage as soon as they answer. Answers the seq. */
  async destroy(sandbox: SandboxId, by: MemberId): Promise<number> {
    const { facts, notes, watch } = this.#rim;
    facts.get(sandbox);
    notes.set("destroying", [...this.#destroying(), sandbox]);
    const seq = facts.note({ kind: "sandbox-destroyed", sandbox, by });
    await this.finishDestroying().catch(() => watch.arm());
    this.watch();
    return seq;
  }

  /**
   * Deletes what is left of deleted sandboxes. Throws where the host or cold storage does not answer. One that is starting stays
   * noted, so that it is deleted again: also where this process dies before it comes up.
   */
  async finishDestroying(): Promise<void> {
    const { notes, snapshots } = this.#rim;
    for (const sandbox of this.#destroying()) {
      const isGone = await this.#destroyAtHost(sandbox);
      await snapshots.dropAll(sandbox);
      if (!isGone) continue;
      notes.set(
        "destroying",
        this.#destroying().filter((each) => each !== sandbox),
      );
    }
  }

  /** Deletes all sandboxes at their host, for a group that is deleted. Throws where it does not answer, or one is starting. */
  async destroyAll(): Promise<void> {
    const all = this.#rim.facts.all().map(({ sandbox }) => sandbox);
    let areGone = true;
    for (const sandbox of new Set([...all, ...this.#destroying()]))
      areGone = (await this.#destroyAtHost(sandbox)) && areGone;
    if (!areGone) throw new ProblemError(STARTING);
  }

  /** Tells running sandboxes what is let out now, where that has changed. */
  async applyEgress(): Promise<void> {
    const { facts, port } = this.#rim;
    const { egress } = facts.policy;
    const wanted = JSON.stringify(egress);
    if (this.#egress === wanted) return;
    for (const { sandbox } of this.#running()) await port.setEgress(sandbox, egress);
    this.#egress = wanted;
  }

  /** False where a start was under way: its host may have heard of it too early, and it comes up afterwards. */
  async #destroyAtHost(sandbox: SandboxId): Promise<boolean> {
    const isStarting = this.#rim.starts.isStarting(sandbox);
    try {
      await this.#rim.port.destroy(sandbox);
    } catch (error) {
      // Where sandboxes are off, none is left.
      if (!isProblem(error, "sandboxes_off")) throw error;
    }
    return !isStarting;
  }

  #running(): readonly GroupSandbox[] {
    return this.#rim.facts.all().filter(({ epoch }) => epoch !== null);
  }

  #destroying(): readonly SandboxId[] {
    return this.#rim.notes.get("destroying") ?? [];
  }
}

function lossOf({ ended }: SandboxStatus): { reason: StopReason; words: string } {
  if (!ended) return { reason: "lost", words: NO_TRACE.message };
  return { reason: ended.reason === "limit" ? "limit" : "lost", words: ended.words };
}

const STARTING = problem(
  "unavailable",
  "A sandbox of the group is starting. It is deleted once it has come up.",
);

const NO_TRACE = problem(
  "sandbox_failed",
  "Its host does not run it any more. The next use starts it on the workspace that was kept.",
);
