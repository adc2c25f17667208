// Which processes a launcher has started, so that a test can tell that none of them outlives it.
import { readdirSync, readFileSync } from "node:fs";

/** A process told apart from a later one with the same pid by its start time (clock ticks since boot). */
export interface ProcessMark {
  readonly pid: number;
  readonly startedAt: string;
}

interface ProcessRow extends ProcessMark {
  readonly parent: number;
  readonly state: string;
}

/** All descendants of a process and itself, as they are now. Reads /proc, so it needs Linux; empty elsewhere. */
export function processTree(pid: number): ProcessMark[] {
  const rows = processRows();
  const found = rows.filter((row) => row.pid === pid);
  for (const row of found) found.push(...rows.filter((child) => child.parent === row.pid));
  return found.map(({ pid: id, startedAt }) => ({ pid: id, startedAt }));
}

/** Those of the marked processes that still run; a zombie that only waits to be reaped does not. */
export function stillRunning(marks: readonly ProcessMark[]): ProcessMark[] {
  return marks.filter((mark) => {
    const row = processRow(mark.pid);
    return row !== undefined && row.startedAt === mark.startedAt && !"ZX".includes(row.state);
  });
}

/** Command line and environment of a process as one text; empty when it is gone or not ours to read. */
export function wordsOf({ pid }: ProcessMark): string {
  try {
    const read = (name: string) =>
      readFileSync(`/proc/${pid}/${name}`, "utf8").replaceAll("\0", " ");
    return `${read("cmdline")} ${read("environ")}`;
  } catch {
    return "";
  }
}

function processRows(): ProcessRow[] {
  try {
    const names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return names.map((name) => processRow(Number(name))).filter((row) => row !== undefined);
  } catch {
    // No /proc on this system: the caller then only knows of the process that it started itself.
    return [];
  }
}

function processRow(pid: number): ProcessRow | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command's name stands in parentheses and may hold spaces: fields are counted after the last one.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { pid, state: fields[0] ?? "", parent: Number(fields[1]), startedAt: fields[19] ?? "" };
  } catch {
    // It ended between the listing and the look.
    return undefined;
  }
}
