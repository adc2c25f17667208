// Attacks from inside a real sandbox. Each is red when its defence is taken away.
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { MORE_PROBES, PROBES, type Outside, type Probe } from "./escapes-probes.ts";
import {
  eventually,
  makeHostBench,
  makeSandbox,
  type HostBench,
  type RunningHost,
  type TestSandbox,
} from "./host-bench.ts";

interface Case {
  readonly cat: string;
  readonly how: string;
}
const { cases } = JSON.parse(
  readFileSync(join(import.meta.dirname, "sandbox-escapes.json"), "utf8"),
) as { readonly cases: readonly Case[] };

const CANARY = "CANARY-5b1f0c";
let bench: HostBench;
let host: RunningHost;
let box: TestSandbox;
let outside: Outside;
const [tcp, path, abstract] = [createServer(), createServer(), createServer()];

beforeAll(async () => {
  bench = await makeHostBench();
  const canary = join(bench.folder, "canary");
  writeFileSync(canary, CANARY, { mode: 0o644 });
  const socket = join(bench.folder, "host.sock");
  await new Promise<void>((done) => tcp.listen(0, "127.0.0.1", () => done()));
  await new Promise<void>((done) => path.listen(socket, () => done()));
  await new Promise<void>((done) => abstract.listen("\0acos-test", () => done()));
  host = await bench.start({}, { CANARY_OF_HOST: CANARY });
  const pids = [process.pid, host.child.pid ?? 0];
  const { port } = tcp.address() as AddressInfo;
  outside = { canary, folder: bench.folder, port, pids, socket };
  box = makeSandbox(bench, host, await bench.makeGroup());
  await box.open();
});
afterAll(async () => {
  for (const server of [tcp, path, abstract]) server.close();
  await bench.end();
});

async function requireHeld(probe: Extract<Probe, { command: unknown }>): Promise<void> {
  const { out, err, ended } = await box.run(probe.command(outside));
  expect(`${out}${err}`.split("\n").filter((line) => /^OUT|CANARY-/.test(line))).toEqual([]);
  expect([ended, out.endsWith("TRIED\n")]).toEqual([true, true]);
}

describe("the list of attacks", () => {
  it("[S20] every case of the list has a probe", () => {
    expect(cases.length).toBeGreaterThan(40);
    expect(cases.map(({ how }) => how).filter((how) => PROBES[how] === undefined)).toEqual([]);
    const named = Object.values(PROBES).flatMap((probe) => ("test" in probe ? [probe] : []));
    for (const { test, in: file } of named.filter((each) => each.in !== "egress"))
      expect(readFileSync(join(import.meta.dirname, file), "utf8")).toContain(test);
  });

  const ours = cases.flatMap(({ cat, how }) => {
    const probe = PROBES[how];
    return probe !== undefined && "command" in probe ? [{ cat, how, probe }] : [];
  });
  it.each(ours)("[S20][S21][S22] $cat: $how", ({ probe }) => requireHeld(probe));

  const more = Object.entries(MORE_PROBES).map(([how, probe]) => ({ how, probe }));
  it.each(more)("[S20][S21][S22][S23] $how", ({ probe }) =>
    requireHeld(probe as Extract<Probe, { command: unknown }>),
  );
});

describe("neighbours", () => {
  it("[S21] what a sandbox listens on is reached neither from the host nor from another sandbox", async () => {
    const two = makeSandbox(bench, host, await bench.makeGroup());
    await two.open();
    const serve = (word: string) =>
      `node -e 'require("net").createServer((s) => s.on("error", () => {}).end("${word}")).listen(45173, "0.0.0.0")' > /dev/null 2>&1 &
       for i in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/45173) 2>/dev/null && break; sleep 0.05; done; cat < /dev/tcp/127.0.0.1/45173`;
    expect((await box.run(serve("one"))).out).toBe("one");
    expect(() =>
      execFileSync("bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/45173"], { stdio: "ignore" }),
    ).toThrow();
    const { out } = await two.run("(exec 3<>/dev/tcp/127.0.0.1/45173) 2>/dev/null && echo reached");
    expect(out).toBe("");
    expect((await two.run(serve("two"))).out).toBe("two");
    await two.ask({ method: "DELETE" });
  });

  it("[S22] signals to everybody end the sandbox's own processes and nobody else's", async () => {
    const two = makeSandbox(bench, host, await bench.makeGroup());
    await two.open();
    const bystander = spawn("sleep", ["1000"]);
    await two.run("kill -9 -1; kill -9 0").catch(() => undefined);
    await eventually(async () => (await two.status()).state === "kept");
    expect((await box.run("echo here")).out).toBe("here\n");
    expect(bystander.exitCode).toBe(null);
    expect(bystander.kill("SIGKILL")).toBe(true);
    await two.ask({ method: "DELETE" });
  });

  it("[S22] one sandbox neither sees nor signals the processes of another", async () => {
    const two = makeSandbox(bench, host, await bench.makeGroup());
    await two.open();
    const { out } = await two.run("ls /proc | grep -c '^[0-9]'");
    expect(Number(out)).toBeLessThan(10);
    await two.ask({ method: "DELETE" });
  });

  it("[S28] an open file that the host was started with is not inherited", async () => {
    const { out } = await box.run("ls /proc/1/fd");
    expect(
      out
        .trim()
        .split("\n")
        .map(Number)
        .filter((fd) => fd > 2 && fd < 255),
    ).toEqual([]);
  });
});
