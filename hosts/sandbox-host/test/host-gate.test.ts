// Who may ask the host for what: the secret, the signature, whose sandbox, which start.
import { EPOCH_HEADER } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  code,
  LIMITS,
  makeHostBench,
  makeSandbox,
  newId,
  NO_EGRESS,
  send,
  type Group,
  type HostBench,
  type RunningHost,
  type TestSandbox,
} from "./host-bench.ts";

let bench: HostBench;
let host: RunningHost;
let group: Group;
let other: Group;
let box: TestSandbox;

beforeAll(async () => {
  bench = await makeHostBench();
  host = await bench.start();
  [group, other] = [await bench.makeGroup(), await bench.makeGroup()];
  box = makeSandbox(bench, host, group);
  await box.open();
});
afterAll(() => bench.end());

const OPEN = JSON.stringify({ limits: LIMITS, egress: NO_EGRESS });

describe("the proof of a request", () => {
  it("[S1] without the secret of this start nothing is answered, not even health", async () => {
    const answer = await box.ask({ secret: "wrong" });
    expect([answer.status, code(answer)]).toEqual([403, "forbidden"]);
    const health = { url: new URL("http://host/v1/health"), method: "GET", bytes: Buffer.alloc(0) };
    expect((await send(host.port, { ...health, headers: {} })).status).toBe(403);
    const headers = { "acos-inner-secret": bench.secret };
    const answered = await send(host.port, { ...health, headers });
    expect(answered.json()).toEqual(host.capabilities);
  });

  it("[S1] an unsigned request is refused", async () => {
    const url = new URL(`https://sandbox.internal/v1/sandboxes/${box.sandbox}`);
    const headers = { "acos-inner-secret": bench.secret, "content-type": "text/plain" };
    const answer = await send(host.port, { url, method: "GET", headers, bytes: Buffer.alloc(0) });
    expect([answer.status, code(answer)]).toEqual([401, "invalid_signature"]);
  });

  it("[S1] a request that was changed on the way is refused: path, method, query and body", async () => {
    const signed = await bench.headersFor(group, box.sandbox, { method: "PUT", body: OPEN });
    const changes = [
      { url: new URL(`${signed.url.href}/stop`) },
      { method: "POST" },
      { url: new URL(`${signed.url.href}?a=1`) },
      { bytes: Buffer.from(OPEN.replace("512", "513")) },
    ];
    for (const change of changes)
      expect((await send(host.port, { ...signed, ...change })).status).toBe(401);
    expect((await send(host.port, signed)).status).toBe(200);
  });

  it("[S1] a request works once", async () => {
    const signed = await bench.headersFor(group, box.sandbox, {});
    expect((await send(host.port, signed)).status).toBe(200);
    const again = await send(host.port, signed);
    expect([again.status, code(again)]).toEqual([401, "used_token"]);
  });

  it("[S4] after a certificate with a later epoch an earlier one is refused", async () => {
    const renewed = await bench.makeGroup();
    const own = makeSandbox(bench, host, renewed);
    expect((await own.ask({ certificateEpoch: 5 })).status).toBe(404);
    const earlier = await own.ask({ certificateEpoch: 4 });
    expect([earlier.status, code(earlier)]).toEqual([401, "invalid_certificate"]);
  });

  it("[S4] a key that the Orchestrator signs with from now on is looked for once", async () => {
    await bench.rotate();
    expect((await box.ask({})).status).toBe(200);
  });

  it("[S5] a body over the limit is refused before it is looked into", async () => {
    const signed = await bench.headersFor(group, box.sandbox, { method: "PUT", body: OPEN });
    const bytes = Buffer.alloc(16 * 1024 * 1024 + 1);
    const answer = await send(host.port, { ...signed, bytes });
    expect([answer.status, code(answer)]).toEqual([413, "too_large"]);
  });
});

describe("whose sandbox", () => {
  const ASKS = [
    { method: "GET" },
    { method: "PUT", body: OPEN },
    { method: "DELETE" },
    { method: "POST", path: "/stop" },
    { method: "PUT", path: "/egress", body: JSON.stringify(NO_EGRESS) },
    { method: "POST", path: "/agent/procs", body: '{"command":"id"}' },
    { method: "GET", path: "/agent/files", search: "?path=f" },
  ];

  it.each(ASKS)("[S2] another group's $method $path answers as for an unknown one", async (ask) => {
    const headers = { [EPOCH_HEADER]: box.epoch() };
    const foreign = await bench.ask(host, other, box.sandbox, { ...ask, headers });
    expect(foreign.status).toBe(404);
    if (ask.method === "PUT" && ask.path === undefined) return;
    const unknown = await bench.ask(host, other, newId("sandbox"), { ...ask, headers });
    expect(foreign.text).toBe(unknown.text);
  });

  it("[S2] another org's group of the same id is another group", async () => {
    const foreign = await bench.ask(host, { ...group, org: other.org }, box.sandbox, {});
    expect(foreign.status).toBe(404);
  });

  it("[S3] below /agent the start that runs has to be named", async () => {
    for (const epoch of ["", "0000000000000000", box.epoch().toUpperCase()]) {
      const headers = epoch === "" ? {} : { [EPOCH_HEADER]: epoch };
      const answer = await box.ask({ path: "/agent/procs", headers });
      expect([answer.status, code(answer)]).toEqual([409, "sandbox_replaced"]);
    }
    expect((await box.agent({ path: "/procs" })).status).toBe(200);
  });

  it("[S3] a sandbox that does not run answers that its start is over", async () => {
    const cold = makeSandbox(bench, host, group);
    await cold.open();
    await cold.ask({ method: "POST", path: "/stop" });
    const answer = await cold.agent({ path: "/procs" });
    expect([answer.status, code(answer)]).toEqual([409, "sandbox_replaced"]);
    await cold.ask({ method: "DELETE" });
  });

  it("[S2] a tool call needs the grant of exactly this call", async () => {
    const run = newId("run");
    const call = newId("toolCall");
    const body = JSON.stringify({
      run,
      turn: 1,
      call,
      dispatch: 1,
      tool: "run_command",
      arguments: { command: "id" },
    });
    const path = `/agent/tool-calls/${call}`;
    const headers = { [EPOCH_HEADER]: box.epoch() };
    const answer = await box.ask({ method: "POST", path, body, run, headers });
    expect([answer.status, code(answer)]).toEqual([401, "invalid_token"]);
  });
});
