// The agent as a program: where it listens, whom it believes, and that nothing ends it.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { request } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buffer, json } from "node:stream/consumers";

import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { FrameLog } from "../src/agent/frame-log.ts";
import { streamFrames } from "../src/agent/frame-stream.ts";
import { readEnvironment } from "../src/agent/environment.ts";
import { openServer } from "../src/agent/server.ts";
import { Agent, endAgents, framesIn, outputIn } from "./agent-client.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../..");

afterAll(endAgents);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

describe("on TCP", () => {
  it("[A1] every request must carry the bearer, which goes no further", async () => {
    const port = await freePort();
    const bearer = "a-bearer-of-this-start";
    const agent = await Agent.start({
      env: {
        ACOS_AGENT_SOCKET: "",
        ACOS_AGENT_PORT: String(port),
        ACOS_AGENT_BEARER: bearer,
      },
    });
    const ask = async (path: string, authorization?: string) => {
      const answered = Promise.withResolvers<{ status: number; body: unknown }>();
      const headers = authorization === undefined ? {} : { authorization };
      const asking = request({ port, host: "127.0.0.1", path, headers }, async (answer) =>
        answered.resolve({ status: answer.statusCode ?? 0, body: await json(answer) }),
      );
      asking.on("error", answered.reject);
      asking.end();
      return await answered.promise;
    };
    for (const wrong of [undefined, "Bearer x", bearer, `Bearer ${bearer}x`, `bearer  ${bearer}`])
      for (const path of ["/health", "/procs"])
        expect(await ask(path, wrong)).toMatchObject({
          status: 401,
          body: { code: "unauthenticated" },
        });
    expect(await ask("/health", `Bearer ${bearer}`)).toEqual({
      status: 200,
      body: { ok: true, pid: agent.child.pid },
    });
    const started = Promise.withResolvers<string>();
    const asking = request(
      {
        port,
        host: "127.0.0.1",
        path: "/procs",
        method: "POST",
        headers: { authorization: `Bearer ${bearer}` },
      },
      (answer) => void buffer(answer).then((all) => started.resolve(outputIn(framesIn(all)))),
    );
    asking.on("error", started.reject);
    asking.end(JSON.stringify({ command: "env" }));
    const variables = await started.promise;
    expect(variables).toContain("ACOS_PROCESS=");
    expect(variables).not.toContain(bearer);
    const items = (await ask("/ports", `Bearer ${bearer}`)).body as { items: { port: number }[] };
    expect(items.items.map((item) => item.port)).not.toContain(port);
  });
});

describe("a request that goes wrong", () => {
  let agent: Agent;
  beforeAll(async () => {
    agent = await Agent.start();
  });

  it("[A2] is answered with a Problem", async () => {
    const cases = [
      ["GET /nowhere", undefined, 404, "not_found"],
      ["OPTIONS *", undefined, 400, "invalid_request"],
      ["PUT /procs", undefined, 405, "method_not_allowed"],
      ["POST /procs", "{", 400, "invalid_json"],
      ["POST /procs", "{}", 400, "invalid_request"],
      ["POST /procs", JSON.stringify({ command: "true", extra: 1 }), 400, "invalid_request"],
      ["POST /procs", Buffer.from([0xff, 0xfe]), 400, "invalid_json"],
      ["POST /procs", "x".repeat(5_000_000), 413, "too_large"],
      ["GET /procs/a/output?from=x", undefined, 404, "not_found"],
      ["POST /terminals", JSON.stringify({ cols: 0 }), 400, "invalid_request"],
    ] as const;
    for (const [route, body, status, code] of cases) {
      const answer = await agent.json(route, body === undefined ? {} : { body });
      expect([route, answer.status, answer.body.code]).toEqual([route, status, code]);
    }
  });

  it("[A2] ends nothing else, whatever arrives or breaks off", async () => {
    const noise = [
      "GARBAGE\r\n\r\n",
      "GET //\\ HTTP/1.1\r\nhost: x\r\n\r\n",
      "POST /procs HTTP/1.1\r\n",
    ];
    const { connect } = await import("node:net");
    for (const bytes of noise) {
      const socket = connect(agent.socket);
      socket.on("error", () => undefined);
      socket.write(bytes, () => socket.destroy());
      await new Promise((done) => socket.once("close", done));
    }
    for (let round = 0; round < 20; round += 1) {
      const answer = await agent.open("POST /procs", { body: { command: "yes" } });
      answer.on("error", () => undefined);
      answer.destroy();
    }
    expect((await agent.ask("GET /health")).status).toBe(200);
    await expect
      .poll(async () => {
        const { body } = await agent.json("GET /procs");
        return body.items.filter(({ state }: { state: string }) => state === "running");
      })
      .toEqual([]);
  });

  it("[A2] and a workspace that is gone is told, not died of", async () => {
    const other = await Agent.start();
    rmSync(other.workspace, { recursive: true });
    expect((await other.json("POST /procs", { body: { command: "true" } })).status).toBe(400);
    expect((await other.json("GET /files?path=.")).status).toBe(404);
    expect((await other.tool("list_files", {})).isError).toBe(true);
    expect((await other.ask("GET /health")).status).toBe(200);
  });
});

describe("a stream without news", () => {
  it("[A4] beats, so that silence means a broken link", async () => {
    vi.useFakeTimers();
    try {
      const written: string[] = [];
      const response = {
        once: () => response,
        writeHead: () => response,
        flushHeaders: () => undefined,
        write: (line: string) => (written.push(line), true),
        end: () => undefined,
        destroyed: false,
        writableNeedDrain: false,
      };
      const log = new FrameLog({ capacity: 1_024 });
      const done = streamFrames(response as never, log, { from: 0 });
      await vi.advanceTimersByTimeAsync(46_000);
      expect(written).toEqual(['{"t":"beat"}\n', '{"t":"beat"}\n', '{"t":"beat"}\n']);
      log.append({ t: "exit", code: 0, signal: null, timedOut: false });
      await done;
      expect(written).toHaveLength(4);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the bundle", () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "acos-agent-bundle-"));
    await build({
      absWorkingDir: REPOSITORY,
      entryPoints: ["hosts/sandbox-host/src/agent/main.ts"],
      outfile: join(folder, "agent.js"),
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node24",
      external: ["@lydell/node-pty"],
      logLevel: "silent",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("[A36] answers /health while its parts are still on their way", async () => {
    const socket = join(folder, "early.sock");
    const environment = readEnvironment({ ACOS_AGENT_SOCKET: socket });
    const never = new Promise<never>(() => undefined);
    const server = await openServer({ environment, load: () => never, say: () => undefined });
    const answered = Promise.withResolvers<unknown>();
    const asking = request({ socketPath: socket, path: "/health" }, (answer) =>
      answered.resolve(json(answer)),
    );
    asking.on("error", answered.reject);
    asking.end();
    expect(await answered.promise).toEqual({ ok: true, pid: process.pid });
    expect(server).toBeDefined();
  });

  it("[A36] is one file that does all of it, its search thread too", async () => {
    const agent = await Agent.start({ main: join(folder, "agent.js") });
    expect(outputIn(await agent.frames("POST /procs", { command: "echo hi" }))).toBe("hi\n");
    await agent.tool("write_file", { path: "a.txt", content: "needle" });
    expect((await agent.tool("search_files", { pattern: "needle" })).text).toContain("a.txt:1");
  });

  it("[A35] without the terminals' library beside it says so, and does everything else", async () => {
    const agent = await Agent.start({ main: join(folder, "agent.js") });
    const refused = await agent.json("POST /terminals", { body: {} });
    expect(refused).toMatchObject({ status: 503, body: { code: "unavailable" } });
    expect(refused.body.message).toContain("node-pty could not be loaded");
    expect((await agent.json("GET /terminals")).body).toEqual({ items: [] });
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(join(REPOSITORY, "node_modules/@lydell"), join(folder, "node_modules/@lydell"));
    const { body } = await agent.json("POST /terminals", { body: { command: "cat" } });
    const socket = agent.socketTo(`/terminals/${body.terminal}`);
    const attached = Promise.withResolvers<string>();
    socket.on("message", (data) => attached.resolve(String(data)));
    socket.on("error", attached.reject);
    expect(JSON.parse(await attached.promise)).toMatchObject({ type: "attached", writer: true });
    socket.terminate();
  });
});
