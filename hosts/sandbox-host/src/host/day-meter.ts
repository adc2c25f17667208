// What the sandboxes of each group used today, held to the operator's shares: CPU time, memory over time, bytes in and out.
import { readFileSync, renameSync, writeFileSync } from "node:fs";

import { problem, ProblemError, type GroupId } from "@acos/protocol";

/** What a group's sandboxes may use together from one midnight (UTC) to the next; null is as much as they like. */
export interface DayShares {
  readonly cpuSeconds: number | null;
  readonly memoryGibHours: number | null;
  readonly egressMib: number | null;
}

export interface Use {
  readonly cpuMs: number;
  /** MiB × milliseconds. */
  readonly memoryMibMs: number;
  readonly egressBytes: number;
}

interface CountedDay {
  /** As `2026-11-27`. */
  readonly date: string;
  readonly groups: Map<GroupId, Use>;
}

const NOTHING: Use = { cpuMs: 0, memoryMibMs: 0, egressBytes: 0 };
/** What a host that is killed may forget. */
const SAVE_EVERY_MS = 5_000;
const DAY_MS = 24 * 60 * 60_000;
const MIB = 1024 * 1024;

const SHARES = [
  { name: "cpuSeconds", unit: 1_000, of: ({ cpuMs }: Use) => cpuMs, words: "seconds of CPU time" },
  {
    name: "memoryGibHours",
    unit: 1_024 * 60 * 60_000,
    of: ({ memoryMibMs }: Use) => memoryMibMs,
    words: "GiB-hours of memory",
  },
  {
    name: "egressMib",
    unit: MIB,
    of: ({ egressBytes }: Use) => egressBytes,
    words: "MiB of connections",
  },
] as const;

export interface DayMeterParts {
  readonly shares: DayShares;
  /** File that outlasts the host. */
  readonly path: string;
  readonly now: () => number;
  /** Contract: told when the file could not be written; it is tried again. */
  readonly failed: (error: Error) => void;
}

export class DayMeter {
  readonly #parts: DayMeterParts;
  readonly #isLimited: boolean;
  #counted: CountedDay;
  #savedAt = 0;
  #isDirty = false;

  /** Goes on with what the file says of today; one that cannot be read says nothing. */
  constructor(parts: DayMeterParts) {
    this.#parts = parts;
    this.#isLimited = Object.values(parts.shares).some((share) => share !== null);
    this.#counted = (this.#isLimited && readDay(parts.path)) || { date: "", groups: new Map() };
  }

  /** Counts what was used since the last time. */
  add(group: GroupId, use: Use): void {
    if (!this.#isLimited) return;
    const { groups } = this.#today();
    const before = groups.get(group) ?? NOTHING;
    groups.set(group, {
      cpuMs: before.cpuMs + use.cpuMs,
      memoryMibMs: before.memoryMibMs + use.memoryMibMs,
      egressBytes: before.egressBytes + use.egressBytes,
    });
    this.#isDirty = true;
  }

  /** Which share the group has used up, in words; null while it may go on. */
  usedUp(group: GroupId): string | null {
    const used = this.#today().groups.get(group) ?? NOTHING;
    const share = SHARES.find(({ name, unit, of }) => {
      const most = this.#parts.shares[name];
      return most !== null && of(used) >= most * unit;
    });
    if (!share) return null;
    const most = this.#parts.shares[share.name];
    return `The group's sandboxes have used their ${most} ${share.words} of today. They have new ones at midnight UTC; files are kept.`;
  }

  /** Throws ProblemError `quota_exceeded` until the day is over. */
  requireLeft(group: GroupId): void {
    const words = this.usedUp(group);
    if (words === null) return;
    const retryAfterMs = DAY_MS - (this.#parts.now() % DAY_MS);
    throw new ProblemError(problem("quota_exceeded", words, { retryAfterMs }));
  }

  /** Writes down what was counted, where the last time was a while ago or `isLast`. Never throws. */
  save(isLast = false): void {
    const { path, now, failed } = this.#parts;
    if (!this.#isDirty || (!isLast && now() - this.#savedAt < SAVE_EVERY_MS)) return;
    const { date, groups } = this.#today();
    this.#savedAt = now();
    try {
      writeFileSync(`${path}.new`, JSON.stringify({ date, groups: [...groups] }), { mode: 0o600 });
      renameSync(`${path}.new`, path);
      this.#isDirty = false;
    } catch (error) {
      failed(error as Error);
    }
  }

  #today(): CountedDay {
    const date = new Date(this.#parts.now()).toISOString().slice(0, 10);
    if (this.#counted.date !== date) this.#counted = { date, groups: new Map() };
    return this.#counted;
  }
}

function readDay(path: string): CountedDay | null {
  try {
    const { date, groups } = JSON.parse(readFileSync(path, "utf8")) as {
      date: string;
      groups: [GroupId, Use][];
    };
    return { date, groups: new Map(groups) };
  } catch {
    return null;
  }
}
