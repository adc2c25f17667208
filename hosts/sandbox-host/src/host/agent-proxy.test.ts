// Passing on for somebody who is not there any more.
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it } from "vitest";

import { passOn } from "./agent-proxy.ts";
import type { Running } from "./running.ts";

it("[S13] who hangs up before the proof is looked at leaves nothing at the agent", async () => {
  const folder = mkdtempSync(join(tmpdir(), "acos-proxy-"));
  const path = join(folder, "agent.sock");
  let asked = 0;
  const agent = createServer(() => (asked += 1)).listen(path);
  const left = Promise.withResolvers<ServerResponse>();
  const host = createServer((_asked, answer) => answer.once("close", () => left.resolve(answer)));
  host.listen(0, "127.0.0.1");
  await new Promise((done) => host.once("listening", done));
  const { port } = host.address() as AddressInfo;
  const caller = request({ port, host: "127.0.0.1" }).on("error", () => undefined);
  host.once("request", () => caller.destroy());
  caller.end();
  const answer = await left.promise;
  const connections = new Agent();
  const running = { connections, socket: { path, close: () => undefined } } as unknown as Running;
  const passed = { method: "POST", target: "/procs", body: new Uint8Array(1) };
  const outcome = await passOn(running, passed, { asked: answer.req, answer });
  expect(outcome).toMatchObject({ status: null, bytesOut: 0 });
  expect(asked).toBe(0);
  for (const server of [agent, host]) server.close();
  rmSync(folder, { recursive: true });
});
