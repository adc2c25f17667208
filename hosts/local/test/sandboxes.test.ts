// Sandboxes as the launcher has them: a process of its own that comes, goes and comes back, and words where there is none.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";

import { makeBench, processesOf, until } from "./launcher.ts";

const SLOW_MS = 40_000;
let bench: Awaited<ReturnType<typeof makeBench>>;
/** A folder with programs that stand for bubblewrap, in front of PATH. */
let path: string;
beforeAll(async () => {
  bench = await makeBench();
  path = join(bench.folder, "bin");
  mkdirSync(path);
  writeFileSync(join(path, "bwrap"), "#!/bin/sh\n", { mode: 0o755 });
});
afterAll(() => bench.end(), SLOW_MS);

interface Seen {
  readonly url: string;
  readonly host: string;
  readonly body: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly environment: readonly string[];
}

const withSandboxes = (environment: Record<string, string> = {}) => ({
  ACOS_SANDBOXES: "auto",
  PATH: `${path}:${process.env["PATH"] ?? ""}`,
  ...environment,
});
const call = (url: string, init?: RequestInit) => fetch(`${url}/sandbox/v1/x?q=1`, init);
const seenBy = async (url: string, init?: RequestInit) =>
  (await (await call(url, init)).json()) as Seen;
const hostsOf = (data: string) => processesOf(data).filter(({ role }) => role === "sandboxes");
const told = (data: string, ...names: string[]) => {
  mkdirSync(join(data, "sandboxes"), { recursive: true, mode: 0o700 });
  for (const name of names) writeFileSync(join(data, "sandboxes", name), "");
};
/** A process group is what a terminal sends its Ctrl+C to. */
const groupOf = (pid: number) =>
  readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[2];
const wordsOf = async (url: string) => {
  const response = await call(url);
  return { status: response.status, ...((await response.json()) as object) };
};

describe("a machine that has sandboxes", { timeout: SLOW_MS }, () => {
  it("[H1] a call reaches the host as it was signed, and a call before the host is there waits for it", async () => {
    const data = bench.newData();
    const environment = withSandboxes({ ACOS_SANDBOX_POOL: "0", ACOS_EGRESS_ALLOW: "10.0.0.0/8" });
    const launcher = await bench.up({ data, environment });
    const seen = await seenBy(launcher.url, { method: "POST", body: "whole" });
    expect(seen).toMatchObject({ url: "/v1/x?q=1", host: "sandbox.internal", body: "whole" });
    expect(seen.settings).toMatchObject({
      folder: join(data, "sandboxes"),
      agent: join(bench.bundles, "sandbox-agent/agent.js"),
      jwks: `${launcher.url}/.well-known/jwks.json`,
      allow: "10.0.0.0/8",
      pool: 0,
      maxRunning: 20,
    });
    expect(await answerOfReveal(seen)).not.toBe(403);
    await until(() => launcher.stderr().includes("sandboxes are there driver=bubblewrap"));
  });

  it("[H1] a terminal's socket reaches the host", async () => {
    const launcher = await bench.up({ data: bench.newData(), environment: withSandboxes() });
    const socket = new WebSocket(`${launcher.url.replace("http", "ws")}/sandbox/terminal`);
    const heard = Promise.withResolvers<string>();
    socket.on("open", () => socket.send("typed"));
    socket.on("message", (data) => heard.resolve(String(data)));
    socket.on("error", heard.reject);
    expect(await heard.promise).toBe("/terminal: typed");
    socket.close();
  });

  it("[H2] the host is told nothing but what it needs: no key of a provider is in its environment", async () => {
    const environment = withSandboxes({ OPENAI_API_KEY: "sk-canary", ACOS_SECRET_OF_OURS: "x" });
    const launcher = await bench.up({ data: bench.newData(), environment });
    const { environment: names } = await seenBy(launcher.url);
    expect(names.filter((name) => /KEY|SECRET/.test(name))).toEqual([]);
    expect(names).toContain("PATH");
  });

  it("[H3] a host that dies is back within a second, at the same place, and what comes meanwhile is told to try again", async () => {
    const data = bench.newData();
    const launcher = await bench.up({ data, environment: withSandboxes() });
    const { settings } = await seenBy(launcher.url);
    const lost = await fetch(`${launcher.url}/sandbox/die`);
    expect(lost.status).toBe(503);
    expect(await lost.json()).toMatchObject({ code: "unavailable", retryAfterMs: 1_000 });
    const others = await statusesUntilServed(launcher.url);
    expect((await seenBy(launcher.url)).settings).toEqual(settings);
    expect(launcher.stderr()).toContain("the sandboxes process ended and is started again");
    const [{ pid } = { pid: 0 }] = hostsOf(data).filter(({ name }) => name !== "sh");
    process.kill(pid, "SIGKILL");
    others.push(...(await statusesUntilServed(launcher.url)));
    expect(others.filter((status) => status !== 503)).toEqual([]);
    expect((await seenBy(launcher.url)).settings).toEqual(settings);
  });

  it("[H3] one that dies while it starts is started again", async () => {
    const data = bench.newData();
    told(data, "dies-once");
    const launcher = await bench.up({ data, environment: withSandboxes() });
    expect((await call(launcher.url)).status).toBe(200);
    expect(launcher.stderr()).toContain("code=1");
  });
});

describe("the end of the host", { timeout: SLOW_MS }, () => {
  it("[H4] a stop asks the host to end, and leaves nothing; Ctrl+C reaches the launcher alone", async () => {
    const data = bench.newData();
    const launcher = await bench.up({ data, environment: withSandboxes() });
    await seenBy(launcher.url);
    const group = groupOf(launcher.pid);
    expect(hostsOf(data).filter(({ pid }) => groupOf(pid) === group)).toEqual([]);
    launcher.kill("SIGTERM");
    expect(await launcher.exit).toBe(0);
    expect(readFileSync(join(data, "sandboxes/ended"), "utf8")).toBe("asked");
    expect(processesOf(data)).toEqual([]);
  });

  it("[H4] one that does not hear is killed, by a stop as by the launcher's death", async () => {
    const data = bench.newData();
    told(data, "deaf");
    const stopped = await bench.up({ data, environment: withSandboxes() });
    await seenBy(stopped.url);
    stopped.kill("SIGTERM");
    expect(await stopped.exit).toBe(0);
    expect(stopped.stderr()).toContain("did not end in time and is killed");
    expect(processesOf(data)).toEqual([]);
    const killed = await bench.up({ data, environment: withSandboxes() });
    await seenBy(killed.url);
    killed.kill("SIGKILL");
    await until(() => processesOf(data).length === 0, 10_000);
  });

  it("[H4] kill -9 of the launcher lets the host clear away and end, and the next start has sandboxes again", async () => {
    const data = bench.newData();
    const launcher = await bench.up({ data, environment: withSandboxes() });
    await seenBy(launcher.url);
    launcher.kill("SIGKILL");
    await until(() => processesOf(data).length === 0, 5_000);
    expect(readFileSync(join(data, "sandboxes/ended"), "utf8")).toBe("its owner died");
    const next = await bench.up({ data, environment: withSandboxes() });
    expect((await call(next.url)).status).toBe(200);
  });

  it("[H4] kill -9 of both leaves no process", async () => {
    const data = bench.newData();
    const launcher = await bench.up({ data, environment: withSandboxes() });
    await seenBy(launcher.url);
    const pids = hostsOf(data).map(({ pid }) => pid);
    launcher.kill("SIGKILL");
    for (const pid of pids.toSorted((left, right) => left - right).slice(0, 1))
      process.kill(pid, "SIGKILL");
    await until(() => processesOf(data).length === 0, 5_000);
  });
});

describe("a machine that has none", { timeout: SLOW_MS }, () => {
  it("[H5] says so when they were switched off, and starts nothing", async () => {
    const data = bench.newData();
    const args = ["--port", "0", "--sandboxes", "off"];
    const launcher = await bench.up({ data, args, environment: withSandboxes() });
    const message = expect.stringContaining("Sandboxes are off: they were switched off.");
    expect(await wordsOf(launcher.url)).toEqual({ status: 503, code: "sandboxes_off", message });
    expect(hostsOf(data)).toEqual([]);
    expect(launcher.stderr()).toContain("sandboxes are off");
  });

  it("[H5] says what the host says when isolation does not hold, and does not try again", async () => {
    const data = bench.newData();
    told(data, "no-isolation");
    const launcher = await bench.up({ data, environment: withSandboxes() });
    const message = expect.stringContaining("Another user's files can be read.");
    expect(await wordsOf(launcher.url)).toEqual({ status: 503, code: "sandboxes_off", message });
    expect(launcher.stderr()).not.toContain("started again");
    expect(hostsOf(data)).toEqual([]);
  });

  it("[H5] says what is missing of the build", async () => {
    const environment = withSandboxes({ ACOS_SANDBOX_PROGRAM: join(bench.folder, "none.ts") });
    const launcher = await bench.up({ data: bench.newData(), environment });
    const message = expect.stringContaining("npm run build");
    expect(await wordsOf(launcher.url)).toEqual({ status: 503, code: "sandboxes_off", message });
    expect(existsSync(join(bench.folder, "none.ts"))).toBe(false);
  });
});

/** Waits until a call is served; answers with which other statuses it was answered until then. */
async function statusesUntilServed(url: string): Promise<number[]> {
  const others = new Set<number>();
  await until(async () => {
    const { ok, status } = await call(url);
    if (!ok) others.add(status);
    return ok;
  });
  return [...others];
}

/** The host asks for secrets where it was told to, with what it was given. */
async function answerOfReveal({ settings }: Seen): Promise<number> {
  const { url, secret } = settings["reveal"] as { url: string; secret: string };
  const headers = { "acos-inner-secret": secret, "content-type": "application/json" };
  expect((await fetch(url, { method: "POST", body: "{}" })).status).toBe(403);
  return (await fetch(url, { method: "POST", headers, body: "{}" })).status;
}
