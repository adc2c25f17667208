// The kernel's own limits for one sandbox: a control group of version 2 where it is delegated to us, else of version 1, else
// none. Which it is, is found out by making one.
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { SandboxLimits } from "@acos/protocol";

export type CgroupKind = "cgroup-v2" | "cgroup-v1" | "none";

/** Where sandboxes' groups are made: one folder with version 2, one for each controller with version 1. */
export interface CgroupRoots {
  readonly kind: CgroupKind;
  readonly folders: Readonly<Partial<Record<Controller, string>>>;
}

const CONTROLLERS = ["memory", "pids", "cpu", "cpuacct"] as const;
type Controller = (typeof CONTROLLERS)[number];

/** The kernel's period that `cpu` is a share of. */
const CPU_PERIOD_US = 100_000;
const MIB = 1024 * 1024;
const NO_CGROUPS: CgroupRoots = { kind: "none", folders: {} };

export interface CgroupPlace {
  /** Usually /sys/fs/cgroup. */
  readonly mount: string;
  /** Text of /proc/self/cgroup. */
  readonly own: string;
  /** Name of our folder in the hierarchies, unlike that of any other host. */
  readonly name: string;
}

/** Makes our folders and tries them; answers `none` where the kernel or our rights do not allow it. */
export function findCgroups(place: CgroupPlace): CgroupRoots {
  return tryVersion2(place) ?? tryVersion1(place) ?? NO_CGROUPS;
}

/** Below our own group first, as delegation means it, then at the top, which is ours where we are root. */
function tryVersion2({ mount, own, name }: CgroupPlace): CgroupRoots | undefined {
  const path = /^0::(\/.*)$/m.exec(own)?.[1];
  if (path === undefined) return undefined;
  for (const parent of new Set([join(mount, path), mount])) {
    const folder = join(parent, name);
    if (holds(() => delegate(parent, folder)))
      return { kind: "cgroup-v2", folders: { memory: folder, pids: folder, cpu: folder } };
  }
  return undefined;
}

function delegate(parent: string, folder: string): void {
  const wanted = "+memory +pids +cpu";
  // A folder of cgroup2 has this file; a plain one must not be filled with folders.
  readFileSync(join(parent, "cgroup.controllers"));
  writeFileSync(join(parent, "cgroup.subtree_control"), wanted);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "cgroup.subtree_control"), wanted);
  requireWritable(folder, "memory.max");
}

function tryVersion1({ mount, own, name }: CgroupPlace): CgroupRoots | undefined {
  const folders: Partial<Record<Controller, string>> = {};
  for (const controller of CONTROLLERS) {
    const path = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(/.*)$`, "m").exec(own)?.[1];
    if (path === undefined) continue;
    const folder = join(mount, controller, path, name);
    const made = holds(() => {
      mkdirSync(folder, { recursive: true });
      requireWritable(folder, "cgroup.procs");
    });
    if (made) folders[controller] = folder;
  }
  return folders.memory === undefined && folders.pids === undefined
    ? undefined
    : { kind: "cgroup-v1", folders };
}

/** Makes a group in `folder` and takes it away again; throws where it does not have `file`. */
function requireWritable(folder: string, file: string): void {
  const probe = join(folder, "probe");
  mkdirSync(probe, { recursive: true });
  try {
    readFileSync(join(probe, file));
  } finally {
    rmdirSync(probe);
  }
}

function holds(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    // Not mounted, read-only, not delegated: all mean that this one cannot be had.
    return false;
  }
}

/** Makes a sandbox's groups and sets its limits. Answers the folders; a process joins by writing to their `cgroup.procs`. */
export function makeCgroup(roots: CgroupRoots, key: string, limits: SandboxLimits): string[] {
  const folderOf = (controller: Controller) => {
    const root = roots.folders[controller];
    return root === undefined ? undefined : join(root, key);
  };
  const folders = new Set(CONTROLLERS.map(folderOf).filter((folder) => folder !== undefined));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  const set = (controller: Controller, file: string, value: string | number) => {
    const folder = folderOf(controller);
    if (folder !== undefined) holds(() => writeFileSync(join(folder, file), String(value)));
  };
  const quotaUs = Math.max(1_000, Math.round(limits.cpu * CPU_PERIOD_US));
  const bytes = limits.memoryMiB * MIB;
  if (roots.kind === "cgroup-v2") {
    set("memory", "memory.max", bytes);
    set("memory", "memory.swap.max", 0);
    set("pids", "pids.max", limits.pids);
    set("cpu", "cpu.max", `${quotaUs} ${CPU_PERIOD_US}`);
  } else {
    set("memory", "memory.limit_in_bytes", bytes);
    set("memory", "memory.memsw.limit_in_bytes", bytes);
    set("pids", "pids.max", limits.pids);
    set("cpu", "cpu.cfs_period_us", CPU_PERIOD_US);
    set("cpu", "cpu.cfs_quota_us", quotaUs);
  }
  return [...folders];
}

export interface CgroupUsage {
  readonly cpuMs: number;
  readonly memoryMiB: number;
  readonly pids: number;
  /** Times the kernel ended a process for want of memory. */
  readonly outOfMemory: number;
}

/** What a sandbox used, out of its groups; numbers that no controller tells are 0. */
export function readCgroup(folders: readonly string[]): CgroupUsage {
  const read = (file: string): string => {
    for (const folder of folders) {
      const text = readText(join(folder, file));
      if (text !== "") return text;
    }
    return "";
  };
  const counted = (file: string, name: string) =>
    Number(new RegExp(`^${name} (\\d+)$`, "m").exec(read(file))?.[1] ?? 0);
  const cpuMs =
    counted("cpu.stat", "usage_usec") / 1_000 || Number(read("cpuacct.usage")) / 1_000_000;
  return {
    cpuMs: Math.round(cpuMs),
    memoryMiB: Number(read("memory.current") || read("memory.usage_in_bytes")) / MIB,
    pids: Number(read("pids.current")),
    outOfMemory: counted("memory.events", "oom_kill") || counted("memory.oom_control", "oom_kill"),
  };
}

/** Processes of the groups; empty where they are gone. */
export function pidsOf(folders: readonly string[]): number[] {
  const lines = folders.flatMap((folder) => readText(join(folder, "cgroup.procs")).split("\n"));
  return [...new Set(lines.filter((line) => line !== "").map(Number))];
}

/** Takes emptied groups away; answers false where one is still in use. */
export function removeCgroup(folders: readonly string[]): boolean {
  return folders.map((folder) => holds(() => rmdirSync(folder)) || isGone(folder)).every(Boolean);
}

function isGone(folder: string): boolean {
  return !holds(() => readdirSync(folder));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return ""; // Another version has other files, and a group that is gone has none.
  }
}
