// What must stay secret is looked for everywhere after it was used: model requests, frames, answers, logs, KV and every database.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { AgentView, GroupView, Page } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { filesBelow, find, type Place } from "../canary.ts";
import { script } from "../scripted-model.ts";
import type { GroupSocket } from "../socket.ts";
import { enter, openScene, runOf, say, type Scene } from "./scene.ts";

const PROVIDER_KEY = "canary-provider-Zk81Wq0vXe";
const SECRET = "canary-secret-Qm47Lt92Rb";
/** Said by a member and so to be found: the search itself is tried on it. */
const CONTROL = "canary-control-Hy36Pd58Ns";

let scene: Scene;
let group: GroupView;
let socket: GroupSocket;
let echo: { readonly url: string; readonly host: string; close(): void };
const answers: Place[] = [];

/** A service that writes back whatever it is sent, in several spellings, as an answer or as an error. */
async function startEcho(): Promise<typeof echo> {
  const server = createServer((request, response) => {
    const said = request.headers.authorization ?? "";
    const value = said.replace(/^Bearer /, "");
    const spelt = [said, encodeURIComponent(value), Buffer.from(value).toString("base64")];
    spelt.push(Buffer.from(`x:${value}`).toString("base64"), Buffer.from(value).toString("hex"));
    const isProvider = request.url?.startsWith("/v1") === true;
    response.writeHead(isProvider ? 401 : 200, {
      "content-type": "application/json",
      "x-echo": said,
    });
    response.end(JSON.stringify({ error: { message: `bad key ${spelt.join(" ")}` }, spelt }));
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", () => listening.resolve());
  await listening.promise;
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `http://${host}`, host, close: () => server.close() };
}

async function agentWith(handle: string, extra: object): Promise<AgentView> {
  const { org, rest } = scene.owner;
  const base = { handle, name: handle, instructions: "Answer.", model: "scripted/actor" };
  return rest.post(`/orgs/${org}/agents`, { ...base, ...extra });
}

/** Reads every list and thing there is, and keeps the answers. */
async function readEverything(): Promise<void> {
  const { org, rest } = scene.owner;
  const { items: agents } = await rest.get<Page<AgentView>>(`/orgs/${org}/agents`);
  const { items: runs } = await rest.get<Page<{ run: string }>>(`/groups/${group.id}/runs`);
  const paths = [
    ...["agents", "providers", "models", "secrets", "groups"].map((name) => `/orgs/${org}/${name}`),
    ...agents.flatMap(({ id }) => [`/agents/${id}`, `/agents/${id}/versions`]),
    ...["", "/events", "/messages", "/runs"].map((name) => `/groups/${group.id}${name}`),
    ...runs.map(({ run }) => `/groups/${group.id}/runs/${run}`),
    ...runs.map(({ run }) => `/groups/${group.id}/runs/${run}/turns/1/briefing`),
  ];
  for (const path of paths) await ask("GET", path);
}

async function ask(method: "GET" | "PUT" | "POST" | "DELETE", path: string, body?: unknown) {
  const { status, body: said, headers } = await scene.owner.rest.call(method, path, { body });
  const text = JSON.stringify([said, ...headers]);
  answers.push({ name: `${method} ${path} ${status}`, bytes: Buffer.from(text) });
}

beforeAll(async () => {
  echo = await startEcho();
  scene = await openScene({ egressAllow: [echo.host] });
  const { org, rest } = scene.owner;
  const provider = { kind: "openai-compatible", baseUrl: scene.model.url, apiKey: PROVIDER_KEY };
  await rest.put(`/orgs/${org}/providers/scripted`, provider);
  await rest.put(`/orgs/${org}/providers/echo`, { ...provider, baseUrl: `${echo.url}/v1` });
  await rest.put(`/orgs/${org}/secrets/desk`, { value: SECRET, hosts: [echo.host] });
  const headers = { authorization: "Bearer {{secret:desk}}" };
  const tool = { type: "http", name: "desk", description: "Desk.", methods: ["GET"], headers };
  const ada = await agentWith("ada", { tools: [{ ...tool, baseUrl: `${echo.url}/desk` }] });
  const eve = await agentWith("eve", { model: "echo/any" });
  group = await scene.group([ada, eve]);
  socket = await enter(rest, group.id);
  const call = { tool: "desk", arguments: { method: "GET", path: "/look" } };
  await runOf(socket, await say(socket, `@ada ${script({ calls: [call] }, { text: "Seen." })}`));
  await runOf(socket, await say(socket, "@eve hello"));
  await runOf(socket, await say(socket, `@ada ${CONTROL} ${script({ text: "Heard." })}`));
  await ask("PUT", `/orgs/${org}/secrets/desk`, { value: SECRET, hosts: ["not a host"] });
  await ask("PUT", `/orgs/${org}/secrets/Desk`, { value: SECRET, hosts: [echo.host] });
  await ask("PUT", `/orgs/${org}/providers/echo`, { ...provider, baseUrl: "ftp://nowhere" });
  await ask("PUT", `/orgs/${org}/secrets/second`, { value: SECRET, hosts: [echo.host], extra: 1 });
  await readEverything();
  await ask("DELETE", `/orgs/${org}/secrets/desk`);
});
afterAll(async () => {
  echo.close();
  await scene.close();
});

const frames = (): Place[] => [
  { name: "frames", bytes: Buffer.from(JSON.stringify(socket.frames)) },
];
const modelRequests = (): Place[] => [
  { name: "model requests", bytes: Buffer.from(JSON.stringify(scene.model.requests)) },
];
const logs = (): Place[] => [{ name: "logs", bytes: Buffer.from(scene.product.stderr()) }];
/** Databases, KV and all else that lasts. The keys themselves lie beside it, for their owner alone. */
const files = () => filesBelow(scene.product.data, ["keys"]);

describe("a secret that was used", () => {
  it("[agents:SE1] was used: the tool was called and its answer read, with the value taken out", () => {
    const told = JSON.stringify(scene.model.requests);
    expect(told).toContain("[configured value]");
    expect(JSON.stringify(socket.frames)).toContain("refused the API key");
  });

  it.each([
    ["the provider's key", PROVIDER_KEY],
    ["the tool's secret", SECRET],
  ])(
    "[orchestrator:SE1] %s is nowhere: not in requests, frames, answers, logs or files",
    (_what, value) => {
      const places = [...modelRequests(), ...frames(), ...answers, ...logs(), ...files()];
      expect(places.length).toBeGreaterThan(30);
      expect(find(value, places)).toEqual([]);
    },
  );

  it("[orchestrator:SE1] what may be known is found by the same search, so that it would have found the others", () => {
    expect(find(CONTROL, modelRequests())).toEqual(["model requests: plain"]);
    expect(find(CONTROL, frames())).toEqual(["frames: plain"]);
    expect(find(CONTROL, answers).length).toBeGreaterThan(1);
    expect(find(CONTROL, files()).length).toBeGreaterThan(0);
  });

  it.each(["base64", "base64url", "hex", "utf16le"] as const)(
    "[orchestrator:SE1] and it would have been found in %s, also among other bytes",
    (encoding) => {
      const hidden = Buffer.concat([Buffer.from("a:"), Buffer.from(SECRET), Buffer.from("!")]);
      const bytes =
        encoding === "utf16le"
          ? Buffer.from(`a:${SECRET}!`, encoding)
          : Buffer.from(hidden.toString(encoding));
      expect(find(SECRET, [{ name: "here", bytes }])).not.toEqual([]);
    },
  );
});
