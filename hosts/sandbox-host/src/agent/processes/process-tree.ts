// Finding and ending everything that a process of ours started, also what left its group: by a mark in the environment, by
// session and group, and by descent.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Environment variable that marks what belongs to a process of ours. */
export const PROCESS_MARK = "ACOS_PROCESS";

/** Time between asking processes to end and making them. */
const GRACE_MS = 2_000;
/** A tree that forks while it is being ended is looked for again, so many times. */
const ROUNDS_MAX = 20;
const ROUND_MS = 50;

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly zombie: boolean;
}

/** What is known of a tree: the id in its mark, and the pid of its first process, which leads a session. */
export interface Tree {
  readonly mark: string;
  readonly root: number;
}

/** Pids of the tree that still run. What dropped its mark, left the session and lost its parents is not found. */
export function pidsOf({ mark, root }: Tree): number[] {
  const rows = processRows();
  const own = new Set(
    rows
      .filter(
        ({ pid, group, session }) =>
          pid === root || group === root || session === root || markOf(pid) === mark,
      )
      .map(({ pid }) => pid),
  );
  let grew = own.size > 0;
  while (grew) {
    const children = rows.filter(({ pid, parent }) => own.has(parent) && !own.has(pid));
    for (const { pid } of children) own.add(pid);
    grew = children.length > 0;
  }
  return rows.filter(({ pid, zombie }) => own.has(pid) && !zombie).map(({ pid }) => pid);
}

/** The mark of a process; undefined where it has none or may not be looked at. */
export function markOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/environ`, "latin1");
    const entry = text.split("\0").find((line) => line.startsWith(`${PROCESS_MARK}=`));
    return entry?.slice(PROCESS_MARK.length + 1);
  } catch {
    return undefined; // Gone, or another user's.
  }
}

/** Asks the whole tree to end, and after a grace makes it. Resolves when nothing of it was found any more. */
export async function endTree(tree: Tree, graceMs = GRACE_MS): Promise<void> {
  const known = new Set(pidsOf(tree));
  for (const pid of known) signal(pid, "SIGTERM");
  const deadline = Date.now() + graceMs;
  while (Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
    if (pidsOf(tree).length === 0 && ![...known].some(runs)) return;
  }
  // Children of those that ended meanwhile have other parents now: what was found once is ended with the rest.
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const pids = new Set([...pidsOf(tree), ...[...known].filter(runs)]);
    if (pids.size === 0) return;
    for (const pid of pids) signal(pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
  }
}

/** When memory is short the kernel ends this process and what it starts, not the agent (proc(5), oom_score_adj). */
export function endBeforeAgent(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, "500");
  } catch {
    // Ended already, or a kernel that does not let us: then the kernel chooses by itself.
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone meanwhile, or another user's: nothing that we could do.
  }
}

function runs(pid: number): boolean {
  const row = rowOf(pid);
  return row !== undefined && !row.zombie;
}

/** Pids of everything that runs in the sandbox. */
export function allPids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function processRows(): Row[] {
  return allPids().flatMap((pid) => rowOf(pid) ?? []);
}

function rowOf(pid: number): Row | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in parentheses may hold anything, a parenthesis too: the fields begin after the last one.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [state, parent, group, session] = fields;
    return {
      pid,
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      zombie: state === "Z" || state === "X",
    };
  } catch {
    return undefined; // Gone between the listing and the look.
  }
}
