// The launcher's life from outside: what is left after every way to end it, and what comes back.
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";

import { type Launcher, makeBench, processesOf, runtimeOf, until } from "./launcher.ts";
import { listeningPorts, remotePeers } from "./sockets.ts";

const SLOW_MS = 40_000;
let bench: Awaited<ReturnType<typeof makeBench>>;
beforeAll(async () => {
  bench = await makeBench();
});
afterAll(() => bench.end(), SLOW_MS);

const text = async (url: string, init?: RequestInit) => (await fetch(url, init)).text();
const post = (url: string, body: string) => text(`${url}/log`, { method: "POST", body });
const rows = async (url: string) => JSON.parse(await text(`${url}/log`)) as string[];

/** Opens a socket, hears from it, and leaves by its handshake or without a word; answers the code that was seen. */
async function leave(url: string, how: string): Promise<number> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
  const closed = Promise.withResolvers<number>();
  socket.on("open", () => socket.send("hello"));
  socket.on("message", () => (how === "close" ? socket.close(1000) : socket.terminate()));
  socket.on("close", (code) => closed.resolve(code));
  return closed.promise;
}

describe("start", { timeout: SLOW_MS }, () => {
  it("[S1] [P2] prints the ready line once when it serves, and nothing else on standard output", async () => {
    const data = bench.newData();
    const launcher = await bench.up({ data });
    expect(await text(`${launcher.url}/healthz`)).toBe('{"status":"ok"}');
    expect(await text(`${launcher.url}/page`)).toContain("the page");
    launcher.kill("SIGTERM");
    expect(await launcher.exit).toBe(0);
    expect(launcher.stdout()).toMatch(/^ready http:\/\/127\.0\.0\.1:\d+\n$/);
  });

  it("[S2] writes JSON lines and nothing else on standard error when asked to", async () => {
    const launcher = await bench.up({ data: bench.newData(), environment: { ACOS_LOG: "json" } });
    launcher.kill("SIGTERM");
    await launcher.exit;
    const lines = launcher.stderr().trim().split("\n");
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object).slice(0, 3))).toEqual(
      lines.map(() => ["at", "level", "message"]),
    );
    expect(lines.length).toBeGreaterThan(1);
  });

  it("[S3] migrates before it serves, and not again", async () => {
    const data = bench.newData();
    const first = await bench.up({ data });
    expect(await text(`${first.url}/rows`)).toBe('[{"name":"first"}]');
    expect(first.stderr()).toContain("migrated 0000_things.sql");
    first.kill("SIGTERM");
    await first.exit;
    const second = await bench.up({ data });
    expect(await text(`${second.url}/rows`)).toBe('[{"name":"first"}]');
    expect(second.stderr()).not.toContain("migrated");
  });

  it("[S3] says so and ends when a migration fails", async () => {
    const migrations = join(bench.folder, "broken");
    mkdirSync(migrations);
    writeFileSync(join(migrations, "0000_broken.sql"), "CREATE NONSENSE");
    const data = bench.newData();
    const launcher = bench.run({ data, environment: { ACOS_MIGRATIONS: migrations } });
    expect(await launcher.exit).toBe(1);
    expect(launcher.stderr()).toContain("the database cannot be migrated");
    expect(processesOf(data)).toEqual([]);
  });
});

describe("while it serves", { timeout: SLOW_MS }, () => {
  let data: string;
  let launcher: Launcher;
  beforeAll(async () => {
    data = bench.newData();
    launcher = await bench.up({ data });
  }, SLOW_MS);

  it("[S4] joins the two processes: cache, records, certificate, and addresses as behind a binding", async () => {
    const key = encodeURIComponent("agent/v1/a b/1-ff");
    expect(
      await text(`${launcher.url}/agents/put?key=${key}`, { method: "POST", body: "kept" }),
    ).toBe("put");
    expect(await text(`${launcher.url}/agents/get?key=${key}`)).toBe('{"value":"kept"}');
    expect(await text(`${launcher.url}/agents/get?key=other`)).toBe('{"value":null}');
    expect(await text(`${launcher.url}/cache?key=${key}`)).toBe("kept");
    expect(await text(`${launcher.url}/certificate`)).toBe("certificate for g");
    expect(JSON.parse(await text(`${launcher.url}/agents/records`))).toEqual({
      url: "https://orchestrator.internal/agent-versions/a/1",
      secret: null,
    });
    expect(
      JSON.parse(await text(`${launcher.url}/agents/url?q=1`, { method: "POST", body: "b" })),
    ).toEqual({
      url: "https://agents.internal/url?q=1",
      method: "POST",
      body: "b",
      secret: null,
    });
  });

  it("[S4] tells the agents Worker when its caller has gone", async () => {
    const abort = new AbortController();
    const response = await fetch(`${launcher.url}/agents/hang`, {
      method: "POST",
      body: "x",
      signal: abort.signal,
    });
    await response.body?.getReader().read();
    abort.abort();
    await until(async () => (await text(`${launcher.url}/agents/aborted`)) === "1");
  });

  it("[S5] listens on loopback only, and the inner ports answer nobody without this start's secret", async () => {
    const ports = listeningPorts([launcher.pid, ...processesOf(data).map(({ pid }) => pid)]);
    expect(ports.filter(({ loopback }) => !loopback)).toEqual([]);
    const inner = ports.filter(({ port }) => port !== launcher.port);
    expect(inner.length).toBeGreaterThanOrEqual(2);
    const statuses = await Promise.all(
      inner.map(
        async ({ port }) => (await fetch(`http://127.0.0.1:${port}/agent-versions/a/1`)).status,
      ),
    );
    expect(statuses.filter((status) => status < 400)).toEqual([]);
  });

  it("[S6] has no connection to anywhere but this machine", async () => {
    await post(launcher.url, "x");
    expect(remotePeers([launcher.pid, ...processesOf(data).map(({ pid }) => pid)])).toEqual([]);
  });
});

describe("ports", { timeout: SLOW_MS }, () => {
  it("[P1] says that the port is in use, exits with 1 and makes nothing", async () => {
    const other = createServer();
    const listening = Promise.withResolvers<void>();
    other.listen(0, "127.0.0.1", listening.resolve);
    await listening.promise;
    const { port } = other.address() as { port: number };
    const data = bench.newData();
    const launcher = bench.run({ data, args: ["--port", String(port)] });
    expect(await launcher.exit).toBe(1);
    expect(launcher.stderr()).toContain(`Port ${port} on 127.0.0.1 is in use`);
    expect(() => statSync(data)).toThrow("ENOENT");
    other.close();
  });
});

describe("other hosts", { timeout: SLOW_MS }, () => {
  it("[S5] says so when other machines can reach it", async () => {
    const launcher = await bench.up({
      data: bench.newData(),
      args: ["--host", "0.0.0.0", "--port", "0"],
    });
    expect(launcher.stderr()).toContain("other machines can reach this one");
    expect(await text(`http://127.0.0.1:${launcher.port}/healthz`)).toBe('{"status":"ok"}');
  });
});

describe("one owner", { timeout: SLOW_MS }, () => {
  it("[D3] a second start on the same folder says which one, exits with 1, and the first goes on", async () => {
    const data = bench.newData();
    const first = await bench.up({ data });
    const second = bench.run({ data });
    expect(await second.exit).toBe(1);
    expect(second.stderr()).toContain(`${data} is in use by another acos`);
    expect(await text(`${first.url}/healthz`)).toBe('{"status":"ok"}');
  });

  it("[L1] kill -9 of the launcher ends every process, and the next start goes on with what was acknowledged", async () => {
    const data = bench.newData();
    const first = await bench.up({ data });
    await post(first.url, "one");
    const kept = "moved out of the object";
    expect(await text(`${first.url}/kept`, { method: "POST", body: kept })).toBe(kept);
    expect(processesOf(data).filter(({ name }) => name === "workerd").length).toBe(2);
    first.kill("SIGKILL");
    await until(() => processesOf(data).length === 0, 2_000);
    const second = await bench.up({ data });
    expect(await rows(second.url)).toEqual(["one"]);
    expect(await text(`${second.url}/kept`)).toBe(kept);
  });

  it("[L1] ends them too where the system has no death signal", async () => {
    const data = bench.newData();
    const launcher = await bench.up({ data, environment: { ACOS_NO_DEATH_SIGNAL: "1" } });
    await post(launcher.url, "one");
    launcher.kill("SIGKILL");
    await until(() => processesOf(data).length === 0, 5_000);
  });

  it("[L1] kill -9 during the start leaves nothing", async () => {
    const data = bench.newData();
    const launcher = bench.run({ data });
    await until(() => processesOf(data).length > 0);
    launcher.kill("SIGKILL");
    await until(() => processesOf(data).length === 0, 2_000);
  });

  it("[D4] a start right after kill -9 serves on the same port", async () => {
    const data = bench.newData();
    const first = await bench.up({ data });
    const { port } = first;
    first.kill("SIGKILL");
    await first.exit;
    const second = await bench.up({ data, args: ["--port", String(port)] });
    expect(second.port).toBe(port);
  });
});

describe("children", { timeout: SLOW_MS }, () => {
  it("[L2] kill -9 of the main process brings it back with everything acknowledged", async () => {
    const data = bench.newData();
    const launcher = await bench.up({ data });
    await post(launcher.url, "one");
    const before = runtimeOf(data, "main");
    process.kill(before, "SIGKILL");
    await until(async () => (await rows(launcher.url)).length === 1, 8_000);
    expect(runtimeOf(data, "main")).not.toBe(before);
    await post(launcher.url, "two");
    expect(await rows(launcher.url)).toEqual(["one", "two"]);
    expect(await text(`${launcher.url}/agents/records`)).toContain("orchestrator.internal");
  });

  it("[L2] kill -9 of the agents process brings it back", async () => {
    const data = bench.newData();
    const launcher = await bench.up({ data });
    process.kill(runtimeOf(data, "agents"), "SIGKILL");
    await until(async () => (await text(`${launcher.url}/agents/x`)) === "agents", 8_000);
    expect(await text(`${launcher.url}/agents/get?key=none`)).toBe('{"value":null}');
  });

  it("[L3] ends everything with an error when a process cannot be brought back", async () => {
    const data = bench.newData();
    const launcher = await bench.up({ data });
    rmSync(join(data, "run"), { recursive: true });
    process.kill(runtimeOf(data, "main"), "SIGKILL");
    expect(await launcher.exit).toBe(1);
    expect(launcher.stderr()).toContain("everything ends now");
    await until(() => processesOf(data).length === 0, 2_000);
  });
});

describe("stop", { timeout: SLOW_MS }, () => {
  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "[L4] %s ends everything with exit code 0",
    async (name) => {
      const data = bench.newData();
      const launcher = await bench.up({ data });
      launcher.kill(name);
      expect(await launcher.exit).toBe(0);
      expect(processesOf(data)).toEqual([]);
    },
  );

  it("[L4] a signal during the start ends it with exit code 0 and leaves nothing", async () => {
    const data = bench.newData();
    const launcher = bench.run({ data });
    await until(() => processesOf(data).length > 0);
    launcher.kill("SIGTERM");
    expect(await launcher.exit).toBe(0);
    await until(() => processesOf(data).length === 0, 2_000);
  });

  it("[L5] what is under way is answered in full before the end", async () => {
    const data = bench.newData();
    const launcher = await bench.up({ data });
    const slow = text(`${launcher.url}/slow?ms=700`);
    await text(`${launcher.url}/healthz`);
    launcher.kill("SIGTERM");
    expect(await slow).toBe("slow but whole");
    expect(await launcher.exit).toBe(0);
  });

  it("[L5] open sockets are closed with 1012, and long before the deadline", async () => {
    const launcher = await bench.up({ data: bench.newData() });
    const socket = new WebSocket(`${launcher.url.replace("http", "ws")}/ws`);
    const echoed = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<number>();
    socket.on("open", () => socket.send("hello"));
    socket.on("message", () => echoed.resolve());
    socket.on("close", (code) => closed.resolve(code));
    await echoed.promise;
    const began = performance.now();
    launcher.kill("SIGTERM");
    expect(await closed.promise).toBe(1012);
    expect(await launcher.exit).toBe(0);
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it("[L5] sockets that their clients left do not delay the end", async () => {
    const launcher = await bench.up({ data: bench.newData() });
    const codes = await Promise.all(["close", "terminate"].map((how) => leave(launcher.url, how)));
    expect(codes).toEqual([1000, 1006]);
    const began = performance.now();
    launcher.kill("SIGTERM");
    expect(await launcher.exit).toBe(0);
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it("[L6] stops when npm or its shell is killed outright", async () => {
    const data = bench.newData();
    const shell = await bench.up({
      data,
      underShell: true,
      environment: { npm_lifecycle_event: "start" },
    });
    shell.kill("SIGKILL");
    await until(() => processesOf(data).length === 0, 8_000);
    expect(shell.stderr()).toContain("stopping after the end of npm");
  });
});

describe("usage", { timeout: SLOW_MS }, () => {
  it("[F2] wrong usage exits with 2 and makes nothing", async () => {
    const data = bench.newData();
    const launcher = bench.run({ data, args: ["--prot", "1"] });
    expect(await launcher.exit).toBe(2);
    expect(launcher.stderr()).toContain("--prot");
    expect(() => statSync(data)).toThrow("ENOENT");
  });

  it("[F3] --help prints the flags and starts nothing", async () => {
    const data = bench.newData();
    const launcher = bench.run({ data, args: ["--help"] });
    expect(await launcher.exit).toBe(0);
    expect(launcher.stdout()).toContain("ACOS_DATA");
    expect(() => statSync(data)).toThrow("ENOENT");
  });
});
