// What Linux says about processes: the tree below one, its CPU time and its memory. Everything is read from /proc.
import { readdirSync, readFileSync } from "node:fs";

/** Kernel clock ticks a second; 100 on every Linux that Node supports. */
const TICKS_PER_SECOND = 100;

export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly cpuSeconds: number;
  /** Seconds after the machine's boot. */
  readonly startedAt: number;
}

/** Reads one line of /proc/<pid>/stat. Throws RangeError on a line of another form; the name may hold spaces and brackets. */
export function parseStat(line: string): ProcessStat {
  const open = line.indexOf(" (");
  const close = line.lastIndexOf(") ");
  const fields = line.slice(close + 2).split(" ");
  const [parent, user, system, start] = [fields[1], fields[11], fields[12], fields[19]].map(Number);
  if (open < 0 || close < 0 || start === undefined || Number.isNaN(start))
    throw new RangeError(`not a line of /proc/<pid>/stat: ${line.slice(0, 80)}`);
  return {
    pid: Number(line.slice(0, open)),
    parent: parent ?? 0,
    cpuSeconds: ((user ?? 0) + (system ?? 0)) / TICKS_PER_SECOND,
    startedAt: start / TICKS_PER_SECOND,
  };
}

/** The processes with these ids and all their descendants, picked from a list of all processes. */
export function treeOf(all: readonly ProcessStat[], roots: readonly number[]): ProcessStat[] {
  const wanted = new Set(roots);
  for (let grown = true; grown;) {
    grown = false;
    for (const each of all)
      if (!wanted.has(each.pid) && wanted.has(each.parent)) {
        wanted.add(each.pid);
        grown = true;
      }
  }
  return all.filter((each) => wanted.has(each.pid));
}

/** Every process that can be seen now. One that ends while this reads is left out. */
export function listProcesses(): ProcessStat[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"))];
      } catch {
        return []; // it ended between the listing and the reading
      }
    });
}

/** CPU seconds that the processes and their descendants have used; what already ended is not in it. */
export function cpuSecondsOf(roots: readonly number[]): number {
  return treeOf(listProcesses(), roots).reduce((sum, each) => sum + each.cpuSeconds, 0);
}

/**
 * CPU milliseconds that all threads of one process have used, by the scheduler's own clock: for jobs far shorter than a
 * kernel tick. What its children used and what threads that ended had used is not in it. Throws where the kernel does
 * not tell.
 */
export function cpuMsOf(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.reduce((sum, thread) => sum + threadNanoseconds(pid, thread), 0);
  if (nanoseconds === 0) throw new Error("this kernel does not tell the CPU time of threads");
  return nanoseconds / 1e6;
}

function threadNanoseconds(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ", 1)[0]);
  } catch {
    return 0; // it ended between the listing and the reading
  }
}

/** CPU seconds that the whole machine has been busy since its start. */
export function machineBusySeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = readFileSync(
    "/proc/stat",
    "utf8",
  )
    .split("\n", 1)[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softIrq) / TICKS_PER_SECOND;
}

/**
 * Memory of the processes and their descendants in bytes: the proportional share (PSS), in which pages that several
 * processes map are counted once, or the resident size where the kernel does not tell the share.
 */
export function memoryOf(roots: readonly number[]): number {
  return treeOf(listProcesses(), roots).reduce((sum, each) => sum + memoryOfOne(each.pid), 0);
}

function memoryOfOne(pid: number): number {
  for (const [file, field] of [
    ["smaps_rollup", "Pss"],
    ["status", "VmRSS"],
  ] as const)
    try {
      const text = readFileSync(`/proc/${pid}/${file}`, "utf8");
      const found = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text);
      if (found) return Number(found[1]) * 1024;
    } catch {
      continue; // not allowed or gone: the next source, or nothing
    }
  return 0;
}
