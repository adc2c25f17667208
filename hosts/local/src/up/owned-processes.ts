// The processes that belong to a data folder: found by what they wrote down at their start, proven by their environment.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

export type Role = "main" | "agents" | "migration" | "sandboxes";

/** Name of the variable that marks a process as belonging to a data folder. */
export const OWNER_VARIABLE = "ACOS_RUN_FOLDER";
/** A killed process is gone within milliseconds; only the kernel's own waits (a disk that hangs) take longer. */
const GONE_DEADLINE_MS = 5_000;
const GONE_POLL_MS = 10;

export interface OwnedProcess {
  readonly pid: number;
  readonly role: string;
}

/** Lists the living processes of a folder. A pid that meanwhile names another program is not in the list. */
export function listOwned(running: string): OwnedProcess[] {
  return recorded(running).filter(({ pid }) => isAlive(pid) && belongs(pid, running));
}

/**
 * Ends what a former owner left behind and waits until it is gone, so that there are never two writers.
 * Call it with the owner lock held. Throws when a process does not go.
 */
export async function endFormerProcesses(running: string): Promise<number> {
  const former = listOwned(running);
  for (const { pid } of former) signal(pid, "SIGKILL");
  await untilGone(
    former.map(({ pid }) => pid),
    GONE_DEADLINE_MS,
  );
  const left = former.filter(({ pid }) => isAlive(pid));
  if (left.length > 0) throw new Error(`process ${left[0]?.pid} of a former start does not end`);
  for (const { pid } of recorded(running)) rmSync(join(running, String(pid)), { force: true });
  return former.length;
}

/** Waits until none of the processes lives or the time is up; answers whether all are gone. */
export async function untilGone(pids: readonly number[], deadlineMs: number): Promise<boolean> {
  const until = performance.now() + deadlineMs;
  while (pids.some(isAlive)) {
    if (performance.now() > until) return false;
    const pause = Promise.withResolvers<void>();
    setTimeout(pause.resolve, GONE_POLL_MS);
    await pause.promise;
  }
  return true;
}

/** Sends a signal; a process that is gone already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself meanwhile, which is what the signal was for.
  }
}

function recorded(running: string): OwnedProcess[] {
  let names: string[];
  try {
    names = readdirSync(running);
  } catch {
    return []; // A folder that was never served holds no record.
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), role: readText(join(running, name)).trim() }));
}

function isAlive(pid: number): boolean {
  // A zombie has ended; it only waits for its parent to notice.
  const state = /^State:\s+(\w)/m.exec(readText(`/proc/${pid}/status`))?.[1];
  if (state !== undefined) return state !== "Z" && state !== "X";
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function belongs(pid: number, running: string): boolean {
  if (process.platform === "linux")
    return readText(`/proc/${pid}/environ`).split("\0").includes(`${OWNER_VARIABLE}=${running}`);
  const command = spawnSync("ps", ["-o", "command=", "-p", String(pid)], {
    encoding: "utf8",
  }).stdout;
  return /workerd|owned-runtime|migrate/.test(command);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // Gone, or somebody else's: nothing to read for us.
  }
}
