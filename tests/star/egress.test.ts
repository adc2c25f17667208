// Outgoing requests of the running product: what is local stays closed to tools, by its address and by a redirect, and what
// misbehaves comes to an end.
import type { GroupView, Problem } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { script } from "../scripted-model.ts";
import type { GroupSocket } from "../socket.ts";
import { startDoorServer, type DoorServer } from "./door-server.ts";
import { endOf, enter, event, eventsOf, openScene, runOf, say, type Scene } from "./scene.ts";

let scene: Scene;
let door: DoorServer;
/** Listens beside the product, and nobody listed it. */
let inner: DoorServer;
let group: GroupView;
let socket: GroupSocket;

const toolAt = (name: string, baseUrl: string, extra: object = {}) => ({
  type: "http",
  name,
  description: name,
  baseUrl,
  methods: ["GET"],
  headers: { authorization: "Bearer door-secret-value" },
  ...extra,
});

beforeAll(async () => {
  [door, inner] = await Promise.all([startDoorServer(), startDoorServer()]);
  const gone = await startDoorServer();
  await gone.close();
  scene = await openScene({ egressAllow: [door.host, gone.host] });
  const doer = await scene.agent("doer", {
    tools: [
      toolAt("door", door.url, { timeoutMs: 2000, maxResponseBytes: 2048 }),
      toolAt("gone", gone.url),
    ],
  });
  group = await scene.group([doer]);
  socket = await enter(scene.owner.rest, group.id);
});
afterAll(async () => {
  await scene.close();
  await Promise.all([door.close(), inner.close()]);
});

/** Has the agent make one call and answers what it was told. */
async function call(tool: string, path: string, query: object = {}) {
  const turns = [
    { calls: [{ tool, arguments: { method: "GET", path, query } }] },
    { text: "I saw" },
  ];
  const posted = await say(socket, `@doer ${script(...turns)}`);
  const queued = await event(socket, "run-queued", (one) => one.trigger === posted.event.message);
  expect((await endOf(socket, queued.event.run)).outcome).toBe("done");
  const { event: told } = await event(
    socket,
    "tool-result-received",
    (one) => one.run === queued.event.run,
  );
  return told.result;
}

describe("local addresses", () => {
  it("serve as a model provider, by name too", async () => {
    const baseUrl = scene.model.url.replace("127.0.0.1", "localhost");
    const { owner } = scene;
    await owner.rest.put(`/orgs/${owner.org}/providers/near`, {
      kind: "openai-compatible",
      baseUrl,
    });
    const near = await scene.agent("near", { model: "near/actor" });
    const other = await scene.group([near]);
    const listening = await enter(owner.rest, other.id);
    const ended = await runOf(
      listening,
      await say(listening, `@near ${script({ text: "close by" })}`),
    );
    expect(ended.outcome).toBe("done");
    listening.close();
  });

  it.each(["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "169.254.169.254"])(
    "do not serve as a tool: %s",
    async (host) => {
      const port = new URL(inner.url).port;
      const tools = [toolAt("inner", `http://${host}:${port}/`)];
      const { owner } = scene;
      const body = { handle: "intruder", name: "Intruder", model: "scripted/actor", tools };
      const refused = await owner.rest.call<Problem>("POST", `/orgs/${owner.org}/agents`, { body });
      expect([refused.status, refused.body.code]).toEqual([403, "forbidden_address"]);
      expect(JSON.stringify(refused.body.details)).toContain("tools.0.baseUrl");
      expect(inner.hits).toEqual([]);
    },
  );

  it("are not reached by the redirect of a host that is open", async () => {
    const { port } = new URL(inner.url);
    for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0"]) {
      const result = await call("door", "/to", { url: `http://${host}:${port}/` });
      expect(result).toMatchObject({
        isError: true,
        text: expect.stringMatching(/not sent/) as string,
      });
    }
    expect(inner.hits).toEqual([]);
  });
});

describe("a redirect", () => {
  it("to another origin that is open goes there without credentials", async () => {
    const result = await call("door", "/to", { url: `${scene.effects.url}/desk` });
    expect(result).toMatchObject({ isError: false });
    expect(scene.effects.hits.at(-1)).toMatchObject({ path: "/desk" });
    expect(scene.effects.hits.at(-1)?.headers).not.toHaveProperty("authorization");
    expect(door.hits.at(-1)?.headers["authorization"]).toBe("Bearer door-secret-value");
  });

  it("in a circle comes to an end", async () => {
    const before = door.hits.length;
    const result = await call("door", "/circle");
    expect(result.text).toContain("redirects more than 5 times");
    expect(door.hits.length - before).toBe(6);
  });
});

describe("an answer", () => {
  it("that does not end is cut to size", async () => {
    const result = await call("door", "/flood");
    expect(result.text).toContain("[cut here: the answer is larger than 2048 bytes]");
  });

  it("that comes byte by byte ends with the tool's time", async () => {
    expect(await call("door", "/drip")).toEqual({
      isError: true,
      text: "The request failed: No complete answer within 2000 ms.",
    });
  });

  it("with ten megabytes of headers is a failure for the model to read, and the next call is served", async () => {
    expect((await call("door", "/headers")).isError).toBe(true);
    expect((await call("door", "/")).text).toContain("the door is open");
  });

  it("that nobody gives is told in our own words", async () => {
    const result = await call("gone", "/");
    expect(result.isError).toBe(true);
    expect(result.text).toMatch(/^The request failed: 127\.0\.0\.1:\d+ could not be reached\.$/);
    expect(JSON.stringify(eventsOf(socket))).not.toMatch(/internal error|reference =|workerd/);
  });
});
