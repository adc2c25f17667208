// The sandboxes of this host and what may be done with them: start, stop, destroy, find. One thing at a time for each.
import {
  problem,
  ProblemError,
  type SandboxEgress,
  type SandboxId,
  type SandboxOpen,
  type SandboxOpened,
  type SandboxStatus,
} from "@acos/protocol";

import { endBox } from "../driver/box.ts";
import type { Machine } from "../driver/machine.ts";
import type { Audit } from "./audit.ts";
import type { EgressRim, OpenEgress } from "../egress/egress-door.ts";
import { notFound } from "./gate.ts";
import { launch, type Launched } from "./launch.ts";
import type { Log } from "./log.ts";
import type { DayMeter } from "./day-meter.ts";
import type { Records, SandboxRecord } from "./records.ts";
import { openDoor, startedRunning, type DoorAsk, type Owner, type Running } from "./running.ts";
import { stateAfter, type HostState, type Step } from "./sandbox-steps.ts";
import type { WarmPool } from "./warm-pool.ts";

/** When a place may be free again: a sandbox that is not used stops after minutes. */
const QUOTA_RETRY_MS = 15_000;

type Ended = NonNullable<SandboxStatus["ended"]>;

interface Entry {
  readonly sandbox: SandboxId;
  readonly owner: Owner;
  record: SandboxRecord | undefined;
  state: HostState;
  running: Running | undefined;
  opening: Promise<SandboxOpened> | undefined;
  ending: Promise<void> | undefined;
  ended: Ended | undefined;
}

export interface SandboxesParts {
  readonly machine: Machine;
  readonly records: Records;
  readonly audit: Audit;
  readonly log: Log;
  readonly pool: WarmPool;
  readonly day: DayMeter;
  readonly openEgress: OpenEgress;
  readonly rimOf: (owner: Owner, sandbox: SandboxId) => EgressRim;
  readonly maxRunning: number;
  readonly now: () => number;
}

export class Sandboxes {
  readonly #parts: SandboxesParts;
  readonly #entries = new Map<SandboxId, Entry>();
  #isClosed = false;

  constructor(parts: SandboxesParts) {
    this.#parts = parts;
    for (const record of parts.records.list())
      if (record.owner !== null) {
        const sandbox = record.key as SandboxId;
        this.#entries.set(sandbox, freshEntry(sandbox, record.owner, record));
      }
  }

  /** Sandboxes with processes, warm ones left out. */
  get runningCount(): number {
    return [...this.#entries.values()].filter(isOccupied).length;
  }

  all(): Running[] {
    return [...this.#entries.values()].flatMap(({ running }) => running ?? []);
  }

  /**
   * Starts a sandbox or finds it running. `max` is how many of the group's may run. Throws ProblemError: `not_found` where it
   * is another group's, `quota_exceeded`, or `sandbox_failed`.
   */
  async open(
    owner: Owner,
    sandbox: SandboxId,
    ask: SandboxOpen,
    max: number | undefined,
  ): Promise<SandboxOpened> {
    const known = this.#entries.get(sandbox);
    if (known !== undefined && !isSame(known.owner, owner)) throw notFound();
    if (known?.opening !== undefined) return known.opening;
    if (known?.running !== undefined && known.state === "ready") {
      known.running.door.setPolicy(ask.egress);
      return { epoch: known.running.epoch, workspace: "running", startMs: 0 };
    }
    this.#requireRoom(owner, max);
    const entry = known ?? freshEntry(sandbox, owner, undefined);
    this.#entries.set(sandbox, entry);
    entry.opening = this.#open(entry, ask).finally(() => {
      entry.opening = undefined;
    });
    return entry.opening;
  }

  /** The running start of an epoch. Throws ProblemError `not_found` or `sandbox_replaced`. */
  find(owner: Owner, sandbox: SandboxId, epoch: string | null): Running {
    const { running, state } = this.#owned(owner, sandbox);
    if (running !== undefined && state === "ready" && running.epoch === epoch) return running;
    throw new ProblemError(
      problem(
        "sandbox_replaced",
        "This start of the sandbox is over. Open the sandbox again; what ran in it has ended.",
      ),
    );
  }

  /** Where it stands, once what is on its way is there; usage is the caller's to add. */
  async status(
    owner: Owner,
    sandbox: SandboxId,
  ): Promise<{ readonly running: Running | undefined; readonly ended: Ended | undefined }> {
    await this.#owned(owner, sandbox).ending;
    const { running, state, ended } = this.#owned(owner, sandbox);
    return { running: state === "ready" ? running : undefined, ended };
  }

  setEgress(owner: Owner, sandbox: SandboxId, policy: SandboxEgress): void {
    this.#owned(owner, sandbox).running?.door.setPolicy(policy);
  }

  /** Ends its processes; the workspace stays. Resolves when all are gone, at once where none ran. */
  async stop(owner: Owner, sandbox: SandboxId): Promise<void> {
    await this.#stop(this.#owned(owner, sandbox), { reason: "asked", words: "It was stopped." });
  }

  /** Ends it and gives its files up; they are deleted in the background. */
  async destroy(owner: Owner, sandbox: SandboxId): Promise<void> {
    const entry = this.#owned(owner, sandbox);
    await this.#stop(entry, { reason: "asked", words: "It was destroyed." });
    // Another call may have opened or destroyed it while it stopped.
    if (entry.state === "starting" || this.#entries.get(sandbox) !== entry) return;
    this.#entries.delete(sandbox);
    if (entry.record !== undefined) this.#parts.records.discard(entry.record);
  }

  /** Ends a start that is over a limit, or was forgotten. Does nothing where it has ended meanwhile. */
  async endRunning({ sandbox, epoch }: Running, ended: Ended): Promise<void> {
    const entry = this.#entries.get(sandbox);
    if (entry?.running?.epoch === epoch) await this.#end(entry, ended);
  }

  /** Ends everything; nothing can be opened any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const asked: Ended = { reason: "asked", words: "The host was stopped." };
    await Promise.all([...this.#entries.values()].map((entry) => this.#stop(entry, asked)));
  }

  #owned(owner: Owner, sandbox: SandboxId): Entry {
    const entry = this.#entries.get(sandbox);
    if (entry === undefined || !isSame(entry.owner, owner)) throw notFound();
    return entry;
  }

  #requireRoom(owner: Owner, max: number | undefined): void {
    this.#parts.day.requireLeft(owner.group);
    const occupied = [...this.#entries.values()].filter(isOccupied);
    const ofGroup = occupied.filter((entry) => isSame(entry.owner, owner)).length;
    const full = (words: string) =>
      new ProblemError(problem("quota_exceeded", words, { retryAfterMs: QUOTA_RETRY_MS }));
    if (max !== undefined && ofGroup >= max)
      throw full(
        `The group has ${ofGroup} sandboxes running and may have ${max}. Stop one, or wait until one stops.`,
      );
    if (this.#isClosed || occupied.length >= this.#parts.maxRunning)
      throw full("The host runs as many sandboxes as it may. Try again when one has stopped.");
  }

  async #open(entry: Entry, ask: SandboxOpen): Promise<SandboxOpened> {
    const begin = performance.now();
    await entry.ending;
    if (entry.state === "failed") await this.#end(entry, { reason: "lost", words: "" });
    step(entry, "start");
    const isNew = entry.record === undefined;
    try {
      entry.running = await this.#start(entry, ask);
      step(entry, "answered");
    } catch (error) {
      step(entry, "refused");
      if (isNew) this.#forget(entry);
      throw error;
    }
    const { running } = entry;
    void running.box.ended.then(() =>
      this.endRunning(running, {
        reason: "lost",
        words: "The sandbox's own processes ended. Open it again; its files are kept.",
      }),
    );
    const startMs = Math.round(performance.now() - begin);
    const workspace = isNew ? "new" : "kept";
    this.#write(entry, { op: "start", why: workspace });
    this.#parts.log.info("a sandbox started", { sandbox: entry.sandbox, workspace, startMs });
    this.#parts.pool.fill();
    return { epoch: running.epoch, workspace, startMs };
  }

  async #start(entry: Entry, { limits, egress }: SandboxOpen): Promise<Running> {
    const { machine, records, pool, now, openEgress, rimOf, maxRunning } = this.#parts;
    const { sandbox, owner } = entry;
    const rim = rimOf(owner, sandbox);
    const ask: DoorAsk = { open: openEgress, rim, policy: egress, sandbox, owner };
    const warm = entry.record === undefined ? pool.take(limits) : undefined;
    if (warm !== undefined) return this.#adopt(entry, warm, ask);
    while (this.runningCount + pool.running > maxRunning && (await pool.giveWay())) continue;
    const record = { ...(entry.record ?? records.make(sandbox, { owner, limits })), limits };
    entry.record = record;
    records.clearRun(record);
    const door = await openDoor(records.folders(sandbox).egressRun, ask);
    try {
      const launched = await launch(machine, records, record);
      entry.record = launched.record;
      return startedRunning(launched, ask, door, now());
    } catch (error) {
      await door.close();
      throw error;
    }
  }

  async #adopt(entry: Entry, warm: Launched, ask: DoorAsk): Promise<Running> {
    const { records, now } = this.#parts;
    const record = records.adopt(warm.record, entry.sandbox, entry.owner);
    entry.record = record;
    try {
      const door = await openDoor(records.folders(entry.sandbox).egressRun, ask);
      return startedRunning({ ...warm, record }, ask, door, now());
    } catch (error) {
      await endBox(record, warm.box);
      throw error;
    }
  }

  /** A start that is under way is waited for: it cannot be ended before it is known what has started. */
  async #stop(entry: Entry, ended: Ended): Promise<void> {
    await entry.opening?.catch(() => undefined);
    if (entry.ending !== undefined) return entry.ending;
    if (entry.state === "ready" || entry.state === "failed") await this.#end(entry, ended);
  }

  async #end(entry: Entry, ended: Ended): Promise<void> {
    entry.ending ??= this.#endNow(entry, ended).finally(() => {
      entry.ending = undefined;
    });
    return entry.ending;
  }

  async #endNow(entry: Entry, ended: Ended): Promise<void> {
    const { running, record } = entry;
    step(entry, "end");
    entry.ended = ended;
    this.#write(entry, { op: "end", why: `${ended.reason}: ${ended.words}` });
    running?.connections.destroy();
    const isGone = record === undefined || (await endBox(record, running?.box));
    await running?.door.close();
    running?.socket.close();
    entry.running = undefined;
    step(entry, isGone ? "gone" : "stuck");
    const { sandbox } = entry;
    this.#parts.log.info("a sandbox ended", { sandbox, reason: ended.reason, isGone });
    if (!this.#isClosed) this.#parts.pool.fill();
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.sandbox);
    if (entry.record !== undefined) this.#parts.records.discard(entry.record);
  }

  #write({ owner, sandbox, running }: Entry, line: { op: string; why: string }): void {
    this.#parts.audit.write(owner.group, { ...line, sandbox, epoch: running?.epoch });
  }
}

function freshEntry(sandbox: SandboxId, owner: Owner, record: SandboxRecord | undefined): Entry {
  const none = { running: undefined, opening: undefined, ending: undefined, ended: undefined };
  return { sandbox, owner, record, state: "cold", ...none };
}

function step(entry: Entry, name: Step): void {
  entry.state = stateAfter(entry.state, name);
}

const isSame = (one: Owner, other: Owner): boolean =>
  one.org === other.org && one.group === other.group;

const isOccupied = ({ state, opening }: Entry): boolean =>
  state === "ready" || opening !== undefined;
