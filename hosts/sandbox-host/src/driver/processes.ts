// Processes as /proc tells of them: whose they are, what they used.
import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks of /proc/PID/stat: 100 a second on every Linux that we run on. */
const TICK_MS = 10;

/** Living processes of a user, zombies left out. */
export function pidsOfUid(uid: number): number[] {
  return allPids().filter((pid) => {
    const status = textOf(`/proc/${pid}/status`);
    const isDead = /^State:\s+[ZX]/m.test(status);
    return !isDead && Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? -1) === uid;
  });
}

/** All below a process, in no order. */
export function childrenOf(pid: number): number[] {
  const tasks = entriesOf(`/proc/${pid}/task`);
  const children = tasks.flatMap((task) =>
    textOf(`/proc/${pid}/task/${task}/children`).split(" ").filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...childrenOf(child)]);
}

/** CPU time of one process with its threads; 0 where it is gone. */
export function cpuMsOf(pid: number): number {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name in parentheses may hold anything, spaces and parentheses too.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;
}

/** What processes use together, where no control group counts it; what ended ones used is not in it. */
export function usageOf(pids: readonly number[]): {
  cpuMs: number;
  memoryMiB: number;
  pids: number;
} {
  const usage = { cpuMs: 0, memoryMiB: 0, pids: 0 };
  for (const pid of pids) {
    const status = textOf(`/proc/${pid}/status`);
    usage.cpuMs += cpuMsOf(pid);
    usage.memoryMiB += Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
    usage.pids += Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 1);
  }
  return usage;
}

const allPids = (): number[] =>
  entriesOf("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // The process has ended.
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // The process has ended.
  }
}
