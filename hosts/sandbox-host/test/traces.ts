// What a sandbox leaves on the machine, looked at from outside.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { HostBench } from "./host-bench.ts";

export interface Traces {
  readonly uid: number | null;
  readonly cgroup: readonly string[];
}

const lastSeen = new Map<string, Traces>();

/** The record of a sandbox, or what it was when it was looked at last. */
export function recordOf({ folder }: HostBench, sandbox: string): Traces | undefined {
  const path = join(folder, "sandboxes", sandbox, "record.json");
  if (existsSync(path)) lastSeen.set(sandbox, JSON.parse(readFileSync(path, "utf8")) as Traces);
  return lastSeen.get(sandbox);
}

/** Living processes of a sandbox's user. */
export function livingOf(bench: HostBench, sandbox: string): number[] {
  const uid = recordOf(bench, sandbox)?.uid;
  if (typeof uid !== "number") throw new Error("the sandbox has no user of its own");
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, "utf8");
        return new RegExp(`^Uid:\\s+${uid}\\b`, "m").test(status) && !/^State:\s+Z/m.test(status);
      } catch {
        return false; // It has ended meanwhile.
      }
    });
}

export const cgroupsOf = (bench: HostBench, sandbox: string): readonly string[] =>
  recordOf(bench, sandbox)?.cgroup ?? [];

/** Mounts of ours that this process sees: there must never be one. */
export function mountsOf(): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .filter((line) => line.includes("acos-sandbox"));
}
