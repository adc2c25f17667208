// One started sandbox: a bubblewrap with the agent in it, from the first process to the last one's end.
//
//   sh (joins the control groups) → prlimit → setpriv (its own user) → bwrap → agent         all by exec: one process id
import { spawn, type ChildProcess } from "node:child_process";
import { constants, closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";

import type { SandboxLimits } from "@acos/protocol";

import { bubblewrapArguments, type BoxFolders } from "./bubblewrap-arguments.ts";
import { pidsOf, removeCgroup } from "./cgroups.ts";
import { childrenOf, pidsOfUid } from "./processes.ts";
import type { Place } from "./place.ts";

const JOIN_AND_EXEC =
  'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1/cgroup.procs" || exit 70; shift; n=$((n-1)); done; exec "$@"';
const MIB = 1024 * 1024;
/** Files of one process; servers with many connections and bundlers that watch need some thousands. */
const OPEN_FILES = 65_536;
/** Processes of the user besides those the sandbox may have: bubblewrap's own two, and threads of a start. */
const SPARE_PROCESSES = 16;
const SOCKET_POLL_MS = 3;
const GONE_POLL_MS = 10;
/** Killed processes are gone in milliseconds; giving back a lot of memory takes longer. */
const GONE_DEADLINE_MS = 10_000;
/** Of what the sandbox says on standard error: kept, and read in a second at most. */
const WORDS_KEPT_CHARS = 2_000;
const WORDS_PER_SECOND_BYTES = 64 * 1024;
/** `O_PATH`: names a file without opening it, so that it cannot be exchanged any more. Node has no name for it. */
const O_PATH = 0o10000000;

export interface BoxPlan {
  readonly place: Place;
  readonly folders: BoxFolders;
  readonly uid: number | null;
  readonly cgroup: readonly string[];
  readonly limits: SandboxLimits;
  /** The program of a filter; null where there is none for this machine. */
  readonly seccomp: Buffer | null;
  readonly command: readonly string[];
}

export interface Box {
  /** Of the outermost process, in the host's numbering. */
  readonly pid: number;
  readonly child: ChildProcess;
  /** Process 1 of the sandbox, in the host's numbering; null until bubblewrap has told it. */
  innerPid(): number | null;
  /** What the sandbox said last on standard error: for the operator's log only. */
  words(): string;
  isOver(): boolean;
  readonly ended: Promise<void>;
}

/** Starts the processes. It does not wait for an answer, and does not check the folders. */
export function startBox(plan: BoxPlan): Box {
  const { place, limits, cgroup, seccomp } = plan;
  const bubblewrap = bubblewrapArguments(place, {
    folders: plan.folders,
    memoryMiB: limits.memoryMiB,
    seccompFd: seccomp === null ? null : 4,
    infoFd: 3,
    command: plan.command,
  });
  const user =
    plan.uid === null
      ? ["setpriv", "--no-new-privs"]
      : [
          "setpriv",
          "--reuid",
          String(plan.uid),
          "--regid",
          String(plan.uid),
          "--clear-groups",
          "--no-new-privs",
          "--inh-caps=-all",
          "--bounding-set=-all",
        ];
  const command = [...cgroup, "prlimit", ...kernelLimits(plan), ...user, "bwrap", ...bubblewrap];
  const child = spawn("/bin/sh", ["-c", JOIN_AND_EXEC, "sh", String(cgroup.length), ...command], {
    cwd: "/",
    // Process 1 of the sandbox keeps this environment, where everybody in it can read it.
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
    stdio: ["ignore", "ignore", "pipe", "pipe", seccomp === null ? "ignore" : "pipe"],
  });
  const filter = child.stdio[4];
  if (seccomp !== null && filter && "end" in filter) {
    filter.on("error", ignoreEnd);
    filter.end(seccomp);
  }
  return watched(child);
}

/** Limits of the kernel for each process; none above what we have ourselves, which only more rights than ours could raise. */
function kernelLimits({ limits, uid }: BoxPlan): string[] {
  const ours = readFileSync("/proc/self/limits", "utf8");
  const hardest = (name: string) =>
    Number(new RegExp(`^Max ${name} +\\S+ +(\\d+)`, "m").exec(ours)?.[1] ?? Infinity);
  const processes = Math.min(limits.pids + SPARE_PROCESSES, hardest("processes"));
  return [
    "--core=0",
    `--nofile=${Math.min(OPEN_FILES, hardest("open files"))}`,
    `--fsize=${Math.min(limits.diskMiB * MIB, hardest("file size"))}`,
    "--memlock=0",
    "--msgqueue=0",
    "--nice=0",
    "--rtprio=0",
    ...(uid === null ? [] : [`--nproc=${processes}`]),
  ];
}

function watched(child: ChildProcess): Box {
  const ended = Promise.withResolvers<void>();
  let isOver = false;
  const end = () => {
    isOver = true;
    ended.resolve();
  };
  child.once("error", end).once("exit", end);
  let inner: number | null = null;
  const info = child.stdio[3] as Readable;
  let text = "";
  info.on("error", ignoreEnd);
  info.on("data", (bytes: Buffer) => {
    text = `${text}${bytes.toString()}`.slice(0, 1_000);
    inner = Number(/"child-pid":\s*(\d+)/.exec(text)?.[1] ?? 0) || null;
  });
  const words = child.stderr === null ? () => "" : keepWords(child.stderr, ended.promise);
  return {
    pid: child.pid ?? 0,
    child,
    innerPid: () => inner,
    words,
    isOver: () => isOver,
    ended: ended.promise,
  };
}

/** Keeps the end of what is said. A flood fills the pipe and waits there: it costs the sandbox time, not us. */
function keepWords(stream: Readable, ended: Promise<void>): () => string {
  let kept = "";
  let left = WORDS_PER_SECOND_BYTES;
  stream.on("error", ignoreEnd);
  stream.on("data", (bytes: Buffer) => {
    kept = `${kept}${bytes.subarray(-WORDS_KEPT_CHARS).toString("utf8")}`.slice(-WORDS_KEPT_CHARS);
    left -= bytes.length;
    if (left < 0) stream.pause();
  });
  const refill = setInterval(() => {
    left = WORDS_PER_SECOND_BYTES;
    stream.resume();
  }, 1_000);
  refill.unref();
  void ended.then(() => clearInterval(refill));
  return () => kept;
}

function ignoreEnd(): void {
  // The other side of the pipe went away with its process, which is noticed as its exit.
}

/** A socket of a sandbox, held so that what its path names later does not matter. */
export interface HeldSocket {
  /** Leads to this very socket, for `connect`. */
  readonly path: string;
  close(): void;
}

/**
 * Waits for the agent's socket and takes hold of it; undefined when the box ended or the time is up. A path that is a link,
 * or belongs to another user, is never taken.
 */
export async function holdSocket(
  box: Box,
  path: string,
  { uid, deadlineMs }: { readonly uid: number | null; readonly deadlineMs: number },
): Promise<HeldSocket | undefined> {
  const until = performance.now() + deadlineMs;
  while (!box.isOver() && performance.now() < until) {
    const held = tryHold(path, uid);
    if (held !== undefined) return held;
    await pause(SOCKET_POLL_MS);
  }
  return undefined;
}

function tryHold(path: string, uid: number | null): HeldSocket | undefined {
  let fd: number;
  try {
    fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  } catch {
    return undefined; // Not there yet.
  }
  const found = fstatSync(fd);
  if (!found.isSocket() || (uid !== null && found.uid !== uid)) {
    closeSync(fd);
    return undefined;
  }
  return { path: `/proc/self/fd/${fd}`, close: () => closeSync(fd) };
}

/** How a box is found when its first process is gone: its control groups, else its user. */
export interface BoxTraces {
  readonly cgroup: readonly string[];
  readonly uid: number | null;
}

/** Ends every process of a box and takes its control groups away; answers false when something is left after ten seconds. */
export async function endBox(traces: BoxTraces, box?: Box): Promise<boolean> {
  const { cgroup, uid } = traces;
  // A process leaves its group a little before it is gone; its user stays with it.
  const left = (): number[] => {
    const grouped = pidsOf(cgroup);
    if (grouped.length > 0) return grouped;
    return uid === null ? treeOf(box) : pidsOfUid(uid);
  };
  const until = performance.now() + GONE_DEADLINE_MS;
  if (box !== undefined && isAlive(box.child)) {
    const inner = box.innerPid();
    if (inner !== null) killAll([inner]);
    box.child.kill("SIGKILL");
  }
  for (;;) {
    const pids = left();
    killAll(pids);
    if (pids.length === 0 && removeCgroup(cgroup)) return true;
    if (performance.now() > until) return false;
    await pause(GONE_POLL_MS);
  }
}

/** Not yet waited for: its number is its own. */
const isAlive = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null;

function treeOf(box: Box | undefined): number[] {
  if (box === undefined || !isAlive(box.child)) return [];
  return [box.pid, ...childrenOf(box.pid)];
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }
}
