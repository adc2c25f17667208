// Children of the benchmark: started in a group of their own, waited for by a line they print, ended for certain.
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";

import { listProcesses, treeOf } from "./processes.ts";

/** Time for a child to say that it serves; a development server that bundles first takes tens of seconds. */
const READY_TIMEOUT_MS = 120_000;
/** Time for a child to end by itself after SIGTERM. */
const STOP_TIMEOUT_MS = 6_000;
/** Output kept for the error text. */
const TAIL_CHARS = 4_000;

export interface Child {
  readonly pid: number;
  /** What the pattern captured in the line that said it is ready. */
  readonly ready: string;
  stop(): Promise<void>;
}

export interface ChildPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Matches the output that says it serves; the first group is given back. */
  readonly readyPattern: RegExp;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts a child and resolves when its output matches. Throws, with the end of its output, when it ends or takes too long. */
export async function startChild(plan: ChildPlan): Promise<Child> {
  const options: SpawnOptions = {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...plan.env },
    ...(plan.cwd === undefined ? {} : { cwd: plan.cwd }),
  };
  const child = spawn(plan.command, plan.args, options);
  running.add(child);
  child.once("exit", () => running.delete(child));
  const ready = await waitForReady(child, plan);
  return { pid: child.pid ?? 0, ready, stop: () => endTree(child) };
}

function waitForReady(child: ChildProcess, plan: ChildPlan): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    let settled = false;
    const fail = (why: string) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      child.kill("SIGKILL");
      const name = [plan.command, ...plan.args].join(" ").slice(0, 200);
      reject(new Error(`${name} ${why}. The end of what it printed:\n${output}`));
    };
    const timer = setTimeout(
      () => fail(`was not ready in ${READY_TIMEOUT_MS / 1000} s`),
      READY_TIMEOUT_MS,
    );
    const read = (chunk: Buffer) => {
      if (settled) return; // read on all the same: a full pipe would hold the child up
      output = (output + chunk.toString("utf8")).slice(-TAIL_CHARS);
      const found = plan.readyPattern.exec(output);
      if (!found) return;
      settled = true;
      clearTimeout(timer);
      resolve(found[1] ?? "");
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", (error) => fail(`did not start: ${error.message}`));
    child.once("exit", (code, signal) => fail(`ended with ${code ?? signal}`));
  });
}

/** SIGTERM to the child, and SIGKILL to whatever of its tree is left when the time is up. */
async function endTree(child: ChildProcess): Promise<void> {
  const tree = treeOf(listProcesses(), [child.pid ?? 0]);
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }
  const now = new Map(listProcesses().map((each) => [each.pid, each.startedAt]));
  for (const each of tree) if (now.get(each.pid) === each.startedAt) killQuietly(each.pid);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it ended in between, which is what was wanted
  }
}
