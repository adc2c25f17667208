// What this machine gives sandboxes, found out once at the start: users, control groups, the system call filter.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { findCgroups, type CgroupRoots } from "./cgroups.ts";
import { preparePlace, type Place } from "./place.ts";
import { CALL_TABLES } from "./seccomp-tables.ts";
import { seccompFilter } from "./seccomp.ts";

const CGROUP_MOUNT = "/sys/fs/cgroup";

export interface Machine {
  readonly place: Place;
  readonly cgroups: CgroupRoots;
  /** Null on a machine that no table of system calls is for. */
  readonly seccomp: Buffer | null;
}

/** Prepares the machine for a data folder; null makes a temporary one. Throws with words where a mount is refused. */
export function prepareMachine(folder: string | null, agent: string | null): Machine {
  const path = folder ?? mkdtempSync(join(tmpdir(), "acos-sandboxes-"));
  if (folder === null) process.once("exit", () => rmSync(path, { recursive: true, force: true }));
  const place = preparePlace(resolve(path), agent);
  // Unlike the name of a former start: what watches over that one must not take this one's groups away.
  const name = `acos-${createHash("sha256").update(resolve(path)).digest("hex").slice(0, 8)}-${process.pid}`;
  const own = readFileSync("/proc/self/cgroup", "utf8");
  const cgroups = findCgroups({ mount: CGROUP_MOUNT, own, name });
  const table = CALL_TABLES[process.arch];
  return { place, cgroups, seccomp: table === undefined ? null : seccompFilter(table) };
}

/** Waits for its input to end, then for ten seconds at most ends what is in the groups and takes them away. */
const AFTERWARDS = `cat >/dev/null
tries=0
while [ "$tries" -lt 100 ]; do
  for root in "$@"; do
    for group in "$root"/*/; do
      [ -f "$group/cgroup.procs" ] || continue
      for pid in $(cat "$group/cgroup.procs"); do kill -9 "$pid"; done
      rmdir "$group"
    done
    rmdir "$root"
  done
  left=0
  for root in "$@"; do [ -d "$root" ] && left=1; done
  [ "$left" = 0 ] && exit 0
  tries=$((tries+1))
  sleep 0.1
done`;

/** Starts the process that cleans the control groups when this one is gone, in whatever way it goes. */
export function leaveGuardian({ kind, folders }: CgroupRoots): void {
  if (kind === "none") return;
  const roots = [...new Set(Object.values(folders))];
  const guardian = spawn("/bin/sh", ["-c", AFTERWARDS, "sh", ...roots], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: "/usr/bin:/bin" },
  });
  guardian.once("error", () => undefined);
  guardian.stdin.on("error", () => undefined);
  guardian.unref();
  if ("unref" in guardian.stdin && typeof guardian.stdin.unref === "function")
    guardian.stdin.unref();
}
