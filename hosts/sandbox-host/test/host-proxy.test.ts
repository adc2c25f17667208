// What passes between a group and an agent, and what does not.
import { request } from "node:http";

import { EPOCH_HEADER } from "@acos/protocol";
import { argumentsDigest, signToolGrant } from "@acos/trust";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readFileSync } from "node:fs";
import { join } from "node:path";

import {
  code,
  eventually,
  makeHostBench,
  makeSandbox,
  newId,
  upgrade,
  type Group,
  type HostBench,
  type RunningHost,
  type TestSandbox,
} from "./host-bench.ts";

let bench: HostBench;
let host: RunningHost;
let group: Group;
let box: TestSandbox;

beforeAll(async () => {
  bench = await makeHostBench();
  host = await bench.start();
  group = await bench.makeGroup();
  box = makeSandbox(bench, host, group);
  await box.open();
});
afterAll(() => bench.end());

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
}

describe("requests", () => {
  it("[S13] method, path, query, body and the caller's own headers arrive; ours and the proof do not", async () => {
    const answer = await box.agent({
      method: "PATCH",
      path: "/echo",
      search: "?a=%2F&b=+",
      body: "x".repeat(100_000),
      actor: newId("member"),
      headers: { accept: "text/x", range: "bytes=0-9" },
    });
    const echo = answer.json() as Echo;
    expect(echo).toMatchObject({ method: "PATCH", url: "/echo?a=%2F&b=+", bytes: 100_000 });
    expect(echo.headers).toMatchObject({ accept: "text/x", range: "bytes=0-9", host: "sandbox" });
    const ours = Object.keys(echo.headers).filter((name) => /^acos-|^signature|digest/.test(name));
    expect(ours).toEqual([]);
  });

  it("[S13] a stream comes as it is written, not when it ends", async () => {
    const signed = await bench.headersFor(group, box.sandbox, {
      method: "POST",
      path: "/agent/procs",
      body: '{"command":"echo first; sleep 100"}',
      headers: { [EPOCH_HEADER]: box.epoch() },
    });
    const first = Promise.withResolvers<string>();
    const asked = request(
      {
        host: "127.0.0.1",
        port: host.port,
        path: signed.url.pathname,
        method: "POST",
        headers: signed.headers,
      },
      (answer) => answer.on("data", (bytes: Buffer) => first.resolve(bytes.toString())),
    );
    asked.on("error", () => undefined).end(signed.bytes);
    expect(await first.promise).toContain('"t":"start"');
    asked.destroy();
  });

  it("[S13] when the caller goes away the agent's side is closed too", async () => {
    const signed = await bench.headersFor(group, box.sandbox, {
      path: "/agent/silent",
      headers: { [EPOCH_HEADER]: box.epoch() },
    });
    const asked = request({
      host: "127.0.0.1",
      port: host.port,
      path: signed.url.pathname,
      headers: signed.headers,
    });
    asked.on("error", () => undefined).end();
    await eventually(async () => (await box.run("ls /tmp")).out.includes("asked"));
    asked.destroy();
    await eventually(async () => (await box.run("ls /tmp")).out.includes("closed"));
  });

  it("[S13] an answer that breaks off breaks off for the caller too", async () => {
    await expect(box.agent({ path: "/cut" })).rejects.toThrow();
  });

  it("[S15] an answer with a head beyond all measure is refused", async () => {
    const answer = await box.agent({ path: "/head" });
    expect([answer.status, code(answer)]).toEqual([502, "sandbox_failed"]);
  });

  it.each(["099 X", "000 X", "600 X", "999 X", "101 X", "200 X\r\nx-\u00e9: 1"])(
    "[S15] an answer that begins with %j ends no host, and is none",
    async (head) => {
      const answer = await box.agent({ path: `/raw/${encodeURIComponent(head)}` });
      expect([answer.status, code(answer)]).toEqual([502, "sandbox_failed"]);
      expect((await box.agent({ path: "/echo" })).status).toBe(200);
    },
  );

  it("[S13] a tool call with its grant reaches the agent", async () => {
    const [run, call] = [newId("run"), newId("toolCall")];
    const args = { command: "id" };
    const claims = { group: group.group, run, turn: 1, call, dispatch: 1 };
    const grant = await signToolGrant(
      {
        ...claims,
        audience: "acos:sandbox-host",
        argumentsDigest: await argumentsDigest("run_command", args),
        jti: "j".repeat(22),
      } as unknown as Parameters<typeof signToolGrant>[0],
      group.key,
      Date.now(),
    );
    const answer = await box.agent({
      method: "POST",
      path: `/tool-calls/${call}`,
      run,
      headers: { "acos-grant": grant },
      body: JSON.stringify({
        run,
        turn: 1,
        call,
        dispatch: 1,
        tool: "run_command",
        arguments: args,
      }),
    });
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining("result")]);
  });
});

describe("sockets", () => {
  const ask = (path: string) =>
    bench.headersFor(group, box.sandbox, {
      path,
      headers: { [EPOCH_HEADER]: box.epoch() },
    });

  it("[S14] bytes go both ways until either side closes; meanwhile the sandbox is in use", async () => {
    const { status, socket } = await upgrade(host.port, await ask("/agent/terminals/1"));
    expect(status).toBe(101);
    const said = Promise.withResolvers<string>();
    socket?.on("data", (bytes: Buffer) => said.resolve(bytes.toString()));
    socket?.write("hello");
    expect(await said.promise).toBe("hello");
    expect((await box.status()).idleMs).toBe(0);
    socket?.destroy();
    await eventually(async () => ((await box.status()).idleMs ?? 0) > 0);
  });

  it("[S14] what the agent answers instead of a socket is passed on", async () => {
    const { status, text } = await upgrade(host.port, await ask("/agent/terminals/2"));
    expect([status, text]).toEqual([404, "no"]);
  });

  it("[S14] without a valid proof there is no socket", async () => {
    const signed = await ask("/agent/terminals/1");
    const headers = { ...signed.headers, signature: "sig1=:AAAA:" };
    expect((await upgrade(host.port, { ...signed, headers })).status).toBe(401);
    const foreign = await bench.headersFor(await bench.makeGroup(), box.sandbox, {
      path: "/agent/terminals/1",
      headers: { [EPOCH_HEADER]: box.epoch() },
    });
    expect((await upgrade(host.port, foreign)).status).toBe(404);
    const secret = { ...(await ask("/agent/terminals/1")).headers, "acos-inner-secret": "x" };
    expect((await upgrade(host.port, { ...signed, headers: secret })).status).toBe(403);
  });
});

describe("use and records", () => {
  it("[S16] idle counts from the last call and from work; asking where it stands is no use", async () => {
    await box.run("true");
    await eventually(async () => ((await box.status()).idleMs ?? 0) > 1_500);
    await box.run("setsid bash -c 'while :; do :; done' > /dev/null 2>&1 &");
    await eventually(async () => ((await box.status()).idleMs ?? 0) > 200);
    await eventually(async () => ((await box.status()).idleMs ?? 9_999) < 1_100);
    const used = (await box.status()).usage?.cpuMs ?? 0;
    await eventually(async () => ((await box.status()).usage?.cpuMs ?? 0) > used + 500);
    expect((await box.status()).idleMs).toBeLessThan(3_000);
    await box.run("pkill -f 'while :'; true");
    await eventually(async () => ((await box.status()).idleMs ?? 0) > 2_500);
  });

  it("[S16] the usage tells memory, processes and files", async () => {
    await box.run("head -c 10M /dev/zero > ten");
    await eventually(async () => ((await box.status()).usage?.diskMiB ?? 0) >= 10);
    const { usage } = await box.status();
    expect(usage?.memoryMiB).toBeGreaterThan(1);
    expect(usage?.pids).toBeGreaterThan(1);
  });

  it("[S25] who did what is written down by the host, with how it ended, clipped and hashed", async () => {
    const actor = newId("member");
    await box.run(`exit 7 # ${"x".repeat(2_000)}`, { actor });
    await bench.ask(host, await bench.makeGroup(), box.sandbox, { method: "DELETE" });
    await box.ask({ path: "/agent/procs", headers: { [EPOCH_HEADER]: "00000000" }, actor });
    await box.run("(exec 3<>/dev/tcp/127.0.0.1/3128) 2>/dev/null; true");
    const file = join(bench.folder, "sandboxes/audit", `${group.group}.jsonl`);
    const lines = () =>
      readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    await eventually(() => lines().some(({ exit }) => exit === 7));
    const line = lines().find(({ exit }) => exit === 7);
    expect(line).toMatchObject({
      op: "POST /procs",
      actor,
      group: group.group,
      epoch: box.epoch(),
      sandbox: box.sandbox,
    });
    expect(String(line?.["words"]).length).toBe(512);
    expect(line?.["sha256"]).toMatch(/^[0-9a-f]{64}$/);
    await eventually(() => lines().some(({ why }) => why === "sandbox_replaced"));
    expect(lines()[0]).toMatchObject({ op: "start", why: "new" });
  });
});
