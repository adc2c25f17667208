// Looks at every running sandbox once a second: what it uses, whether it works, and whether it is over a limit.
import type { SandboxStatus } from "@acos/protocol";

import { readCgroup, type CgroupUsage } from "../driver/cgroups.ts";
import { measureDisk } from "../driver/measure-disk.ts";
import { childrenOf, cpuMsOf, pidsOfUid, usageOf } from "../driver/processes.ts";
import type { Audit } from "./audit.ts";
import type { DayMeter, Use } from "./day-meter.ts";
import type { Records } from "./records.ts";
import type { Running } from "./running.ts";
import type { Sandboxes } from "./sandboxes.ts";

const LOOK_EVERY_MS = 1_000;
/** Nothing runs for longer in one start; the workspace stays. */
const LIFETIME_MAX_MS = 7 * 24 * 60 * 60_000;
/** A group that has not asked for so long has forgotten it: its own idle limit is a day at most. */
const FORGOTTEN_MS = 24 * 60 * 60_000;
/** Files are counted again when this much CPU was used: writing costs some. */
const DISK_WORK_MS = 3;
/** Counting may take this part of the time. */
const DISK_SHARE = 0.1;
const MIB = 1024 * 1024;

type Usage = NonNullable<SandboxStatus["usage"]>;
type Counted = CgroupUsage;

interface Meter {
  disk: { bytes: number; nextMs: number; cpuMs: number; isCounting: boolean };
  outOfMemory: number;
  before: { atMs: number; cpuMs: number; egressBytes: number };
  agentPid: number | undefined;
}

export interface WatchParts {
  readonly sandboxes: Sandboxes;
  readonly records: Records;
  readonly audit: Audit;
  readonly day: DayMeter;
  readonly now: () => number;
}

export class Watch {
  readonly #parts: WatchParts;
  readonly #meters = new WeakMap<Running, Meter>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => {
      for (const running of this.#parts.sandboxes.all()) this.look(running);
      this.#parts.day.save();
    }, LOOK_EVERY_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#parts.day.save(true);
  }

  /** What a sandbox uses now; the disk as it was counted last. */
  usage(running: Running): Usage {
    const { cpuMs, memoryMiB, pids } = counted(running);
    const diskMiB = round(this.#meter(running).disk.bytes / MIB);
    const egressBytes = running.door.bytes();
    return { cpuMs: Math.round(cpuMs), memoryMiB: round(memoryMiB), pids, diskMiB, egressBytes };
  }

  look(running: Running): void {
    const nowMs = this.#parts.now();
    const meter = this.#meter(running);
    const used = counted(running);
    running.activity.look(used.cpuMs - cpuMsOf(agentPid(running, meter)), nowMs);
    this.#noteMemory(running, meter, used);
    const { day } = this.#parts;
    day.add(running.owner.group, spentSince(meter, { running, used, nowMs }));
    const over = overLimit(running, used, nowMs) ?? day.usedUp(running.owner.group);
    if (over !== null) {
      this.#end(running, over);
      return;
    }
    const isForgotten = running.activity.idleMs(nowMs) > FORGOTTEN_MS;
    if (isForgotten)
      void this.#parts.sandboxes.endRunning(running, {
        reason: "idle",
        words: "Nobody used it for a day.",
      });
    else this.#lookAtDisk(running, meter, { nowMs, cpuMs: used.cpuMs });
  }

  #lookAtDisk(
    running: Running,
    { disk }: Meter,
    { nowMs, cpuMs }: { readonly nowMs: number; readonly cpuMs: number },
  ): void {
    const isDue = nowMs >= disk.nextMs && Math.abs(cpuMs - disk.cpuMs) >= DISK_WORK_MS;
    if (disk.isCounting || !isDue) return;
    disk.isCounting = true;
    disk.cpuMs = cpuMs;
    void this.#countDisk(running, disk, nowMs);
  }

  async #countDisk(running: Running, disk: Meter["disk"], beganMs: number): Promise<void> {
    const { workspace, state, agentRun } = this.#parts.records.folders(running.record.key);
    const { diskMiB } = running.record.limits;
    const { bytes, files, over } = await measureDisk([workspace, state, agentRun], diskMiB);
    const tookMs = this.#parts.now() - beganMs;
    Object.assign(disk, { bytes, isCounting: false, nextMs: beganMs + tookMs / DISK_SHARE });
    if (over === "bytes")
      this.#end(running, `Its files are larger than ${diskMiB} MiB together. Raise diskMiB.`);
    if (over === "files")
      this.#end(running, `It has more than ${files - 1} files, too many for ${diskMiB} MiB.`);
  }

  #noteMemory({ owner, sandbox, epoch }: Running, meter: Meter, { outOfMemory }: Counted): void {
    if (outOfMemory === meter.outOfMemory) return;
    meter.outOfMemory = outOfMemory;
    const why = "memory: the kernel ended a process";
    this.#parts.audit.write(owner.group, { op: "limit", sandbox, epoch, why });
  }

  #end(running: Running, words: string): void {
    const { owner, sandbox, epoch } = running;
    this.#parts.audit.write(owner.group, { op: "limit", sandbox, epoch, why: words });
    void this.#parts.sandboxes.endRunning(running, { reason: "limit", words });
  }

  #meter(running: Running): Meter {
    const known = this.#meters.get(running);
    if (known !== undefined) return known;
    const disk = { bytes: 0, nextMs: 0, cpuMs: -Infinity, isCounting: false };
    const before = { atMs: running.startedMs, cpuMs: 0, egressBytes: 0 };
    const meter: Meter = { disk, outOfMemory: 0, before, agentPid: undefined };
    this.#meters.set(running, meter);
    return meter;
  }
}

function counted({ record, box }: Running): Counted {
  const { cgroup, uid } = record;
  if (cgroup.length > 0) return readCgroup(cgroup);
  const pids = uid === null ? [box.pid, ...childrenOf(box.pid)] : pidsOfUid(uid);
  return { ...usageOf(pids), outOfMemory: 0 };
}

/** What was used since the last look. Where no control group counts, what ended processes used is not in it. */
function spentSince(
  meter: Meter,
  { running, used, nowMs }: { running: Running; used: Counted; nowMs: number },
): Use {
  const { atMs, cpuMs, egressBytes } = meter.before;
  meter.before = { atMs: nowMs, cpuMs: used.cpuMs, egressBytes: running.door.bytes() };
  return {
    cpuMs: Math.max(0, used.cpuMs - cpuMs),
    memoryMibMs: used.memoryMiB * Math.max(0, nowMs - atMs),
    egressBytes: Math.max(0, meter.before.egressBytes - egressBytes),
  };
}

/** Process 1 starts the agent first, and nothing else. */
function agentPid({ box }: Running, meter: Meter): number {
  const inner = box.innerPid();
  meter.agentPid ??= inner === null ? undefined : childrenOf(inner)[0];
  return meter.agentPid ?? 0;
}

/** In words, for limits that the kernel does not hold; null where it is within all. */
function overLimit({ record, startedMs }: Running, used: Counted, nowMs: number): string | null {
  const { memoryMiB, pids } = record.limits;
  if (nowMs - startedMs > LIFETIME_MAX_MS) return "It ran for a week. Open it again to go on.";
  if (record.cgroup.length > 0) return null;
  if (used.memoryMiB > memoryMiB) return `It used more than ${memoryMiB} MiB of memory.`;
  return used.pids > pids ? `It had more than ${pids} processes and threads.` : null;
}

const round = (value: number): number => Math.round(value * 10) / 10;
