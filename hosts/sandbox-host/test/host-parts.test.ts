// Parts of the host that decide without a sandbox: the filter, control groups, states, activity, the configuration.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { findCgroups, makeCgroup, readCgroup } from "../src/driver/cgroups.ts";
import { ALLOW, KILL, seccompFilter } from "../src/driver/seccomp.ts";
import { CALL_TABLES, REFUSED_CALLS, type CallTable } from "../src/driver/seccomp-tables.ts";
import { Activity } from "../src/host/activity.ts";
import { parseConfig } from "../src/host/config.ts";
import { Records } from "../src/host/records.ts";
import { stateAfter, STEPS, type HostState, type Step } from "../src/host/sandbox-steps.ts";
import { LIMITS, newId } from "./host-bench.ts";

interface Call {
  readonly architecture: number;
  readonly number: number;
  readonly args?: readonly number[];
}

/** Runs a classic BPF program over one call's `struct seccomp_data`, as the kernel does. */
function verdictOf(program: Buffer, { architecture, number, args = [] }: Call): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number >>> 0, 0);
  data.writeUInt32LE(architecture >>> 0, 4);
  for (const [index, value] of args.entries()) data.writeUInt32LE(value >>> 0, 16 + 8 * index);
  let accumulator = 0;
  for (let at = 0; at * 8 < program.length; at += 1) {
    const code = program.readUInt16LE(at * 8);
    const [whenTrue, whenFalse] = [program[at * 8 + 2] ?? 0, program[at * 8 + 3] ?? 0];
    const operand = program.readUInt32LE(at * 8 + 4);
    const jump = (holds: boolean) => {
      at += holds ? whenTrue : whenFalse;
    };
    if (code === 0x06) return operand;
    if (code === 0x20) accumulator = data.readUInt32LE(operand);
    else if (code === 0x15) jump(accumulator === operand);
    else if (code === 0x35) jump(accumulator >= operand);
    else if (code === 0x45) jump((accumulator & operand) !== 0);
    else throw new Error(`an instruction that is not ours: ${code}`);
  }
  throw new Error("the program ran off its end");
}

const EPERM = 0x0005_0001;
const ENOSYS = 0x0005_0026;
const EAFNOSUPPORT = 0x0005_0061;

describe.each(Object.entries(CALL_TABLES))("the filter of %s", (_name, table: CallTable) => {
  const program = seccompFilter(table);
  const verdict = (number: number, args: readonly number[] = []) =>
    verdictOf(program, { architecture: table.audit, number, args });

  it("[S23] refuses every call of the list, and lets ordinary ones through", () => {
    const listed = REFUSED_CALLS.flatMap((name) => table.numbers[name] ?? []);
    expect(listed.length).toBeGreaterThan(45);
    for (const number of listed) expect(verdict(number)).toBe(EPERM);
    const special = ["clone", "clone3", "ioctl", "socket"] as const;
    const known = new Set([...listed, ...special.map((name) => table.numbers[name])]);
    for (let number = 0; number < 600; number += 1)
      if (!known.has(number)) expect(verdict(number)).toBe(ALLOW);
  });

  it("[S23] kills calls in another machine's numbering, and refuses x32's", () => {
    for (const architecture of [0x4000_0003, 0xc000_003e, 0xc000_00b7, 0])
      if (architecture !== table.audit >>> 0)
        expect(verdictOf(program, { architecture, number: 1 })).toBe(KILL >>> 0);
    if (table.x32From !== null) expect(verdict(0x4000_0000 + 165)).toBe(ENOSYS);
  });

  it("[S23] looks at the arguments of clone, ioctl and socket", () => {
    const { clone = 0, clone3 = 0, ioctl = 0, socket = 0 } = table.numbers;
    expect(verdict(clone3)).toBe(ENOSYS);
    expect(verdict(clone, [0x0100_0011])).toBe(ALLOW);
    for (const flag of [0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x4000_0000])
      expect(verdict(clone, [flag | 0x11])).toBe(EPERM);
    for (const what of [0x5412, 0x541c]) expect(verdict(ioctl, [0, what])).toBe(EPERM);
    expect(verdict(ioctl, [0, 0x5413])).toBe(ALLOW);
    for (const family of [1, 2, 10, 16]) expect(verdict(socket, [family])).toBe(ALLOW);
    for (const family of [0, 17, 31, 38, 40, 44])
      expect(verdict(socket, [family])).toBe(EAFNOSUPPORT);
  });
});

describe("control groups", () => {
  let mount: string;
  beforeEach(() => {
    mount = mkdtempSync(join(tmpdir(), "acos-cgroup-"));
  });
  afterEach(() => rmSync(mount, { recursive: true, force: true }));

  it("[S29] without a hierarchy that can be written there are none, and nothing is claimed", () => {
    const own = "0::/user.slice\n";
    expect(findCgroups({ mount, own, name: "acos" })).toEqual({ kind: "none", folders: {} });
    expect(makeCgroup({ kind: "none", folders: {} }, "x", LIMITS)).toEqual([]);
  });

  it("[S29] version 2 gets its limits in its own files", () => {
    const folder = join(mount, "acos");
    mkdirSync(join(folder, "x"), { recursive: true });
    const folders = { memory: folder, pids: folder, cpu: folder };
    const [made] = makeCgroup({ kind: "cgroup-v2", folders }, "x", { ...LIMITS, cpu: 0.5 });
    const read = (file: string) => readFileSync(join(made ?? "", file), "utf8");
    expect([read("memory.max"), read("memory.swap.max")]).toEqual([String(512 * 1024 * 1024), "0"]);
    expect([read("pids.max"), read("cpu.max")]).toEqual(["128", "50000 100000"]);
    writeFileSync(join(made ?? "", "cpu.stat"), "usage_usec 1500000\nuser_usec 1\n");
    writeFileSync(join(made ?? "", "memory.events"), "oom 2\noom_kill 3\n");
    writeFileSync(join(made ?? "", "memory.current"), "1048576\n");
    expect(readCgroup([made ?? ""])).toEqual({
      cpuMs: 1_500,
      memoryMiB: 1,
      pids: 0,
      outOfMemory: 3,
    });
  });
});

describe("states", () => {
  it("[S6] only the steps of the table can be taken", () => {
    const states = Object.keys(STEPS) as HostState[];
    const steps: Step[] = ["start", "answered", "refused", "end", "gone", "stuck"];
    for (const state of states)
      for (const step of steps) {
        const next = STEPS[state][step];
        if (next === undefined) expect(() => stateAfter(state, step)).toThrow("cannot");
        else expect(stateAfter(state, step)).toBe(next);
      }
    expect(new Set(states.flatMap((state) => Object.values(STEPS[state])))).toEqual(
      new Set(states),
    );
  });
});

describe("activity", () => {
  it("[S16] open streams are use; a process that waits is none, one that works is", () => {
    const activity = new Activity(0);
    const end = activity.begin(1_000);
    expect(activity.idleMs(50_000)).toBe(0);
    end(60_000);
    end(90_000);
    expect(activity.idleMs(100_000)).toBe(40_000);
    activity.look(0, 100_000);
    activity.look(5, 101_000);
    expect(activity.idleMs(101_000)).toBe(41_000);
    activity.look(25, 102_000);
    expect(activity.idleMs(102_000)).toBe(0);
  });
});

describe("records", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "acos-records-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const owner = { org: newId("org"), group: newId("group") };

  it("[S24] user ids go up, are remembered, and come from a range of the installation's own", () => {
    const records = new Records(folder, true);
    const [one, two] = [newId("sandbox"), newId("sandbox")].map((key) =>
      records.make(key, { owner, limits: LIMITS }),
    );
    expect(two?.uid).toBe((one?.uid ?? 0) + 1);
    const later = new Records(folder, true).make(newId("sandbox"), { owner, limits: LIMITS });
    expect(later.uid).toBe((one?.uid ?? 0) + 2);
  });

  it("[S6] a folder whose record was never finished is no sandbox", () => {
    const records = new Records(folder, true);
    mkdirSync(join(folder, newId("sandbox")));
    expect(records.list()).toEqual([]);
  });
});

describe("the configuration", () => {
  it("[S19] a field that is missing is named, and no value of another is told", () => {
    expect(() => parseConfig(undefined)).toThrow("ACOS_SANDBOX_HOST is not set");
    expect(() => parseConfig('{"port":1,"secret":"hidden"}')).toThrow(/"folder"/);
    expect(() => parseConfig('{"port":1,"secret":"hidden"}')).not.toThrow(/hidden/);
  });
});
