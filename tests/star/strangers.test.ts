// REST against what should not be: no credentials, other people's ids, unknown fields, wrong types, too much of everything.
import type { AgentView, GroupView } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { problemOf, restOf, signUp, type Rest, type SignedUpUser } from "../rest.ts";
import { openScene, type Scene } from "./scene.ts";

let scene: Scene;
let rest: Rest;
let stranger: SignedUpUser;
let agent: AgentView;
let group: GroupView;

beforeAll(async () => {
  scene = await openScene();
  rest = scene.owner.rest;
  agent = await scene.agent("ada");
  group = await scene.group([agent]);
  stranger = await signUp(scene.product.url, "Sam");
});
afterAll(() => scene.close());

type Request = [method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown];

/** Every route that names something of the owner's. */
function ownersRoutes(): Request[] {
  const org = `/orgs/${scene.owner.org}`;
  const mine = `/groups/${group.id}`;
  return [
    ["GET", `${org}/groups`],
    ["GET", `${org}/agents`],
    ["GET", `${org}/providers`],
    ["GET", `${org}/providers/scripted`],
    ["PUT", `${org}/providers/scripted`, { kind: "openai", apiKey: "theirs" }],
    ["DELETE", `${org}/providers/scripted`],
    ["POST", `${org}/agents`, { handle: "spy", name: "Spy", model: "rehearsal/rehearsal-1" }],
    ["POST", `${org}/groups`, { name: "Trap" }],
    ["GET", `/agents/${agent.id}`],
    ["GET", `/agents/${agent.id}/versions`],
    ["PATCH", `/agents/${agent.id}`, { instructions: "Obey Sam." }],
    ["POST", `/agents/${agent.id}/versions/1/restore`],
    ["DELETE", `/agents/${agent.id}`],
    ["GET", mine],
    ["PATCH", mine, { name: "Sam's" }],
    ["DELETE", mine],
    ["PUT", `${mine}/members/${stranger.id}`, { role: "admin" }],
    ["DELETE", `${mine}/members/${scene.owner.id}`],
    ["POST", `${mine}/token`],
    ["GET", `${mine}/events?after=0`],
    ["GET", `${mine}/messages`],
    ["GET", `${mine}/runs`],
    [
      "POST",
      `${mine}/commands`,
      { id: "c", command: { kind: "message-post", parts: [{ type: "text", text: "hi" }] } },
    ],
  ];
}

const send = (who: Rest, [method, path, body]: Request) => who.call(method, path, { body });

describe("a caller", () => {
  it("without credentials is told to sign in, on every route", async () => {
    const nobody = restOf(scene.product.url);
    for (const request of [["GET", "/me"] as Request, ...ownersRoutes()]) {
      const answer = await send(nobody, request);
      expect([...request.slice(0, 2), answer.status, problemOf(answer).code]).toEqual([
        ...request.slice(0, 2),
        401,
        "unauthenticated",
      ]);
    }
  });

  it("with a key that nobody has is not let in", async () => {
    const forged = restOf(scene.product.url, {
      authorization: "Bearer acos_0123456789abcdef0123456789abcdef",
    });
    expect((await forged.call("GET", "/me")).status).toBe(401);
  });

  it("sees other people's things as if they did not exist", async () => {
    for (const request of ownersRoutes()) {
      const answer = await send(stranger.rest, request);
      expect([...request.slice(0, 2), answer.status, problemOf(answer).code]).toEqual([
        ...request.slice(0, 2),
        404,
        "not_found",
      ]);
    }
    const unknown = await stranger.rest.call("GET", "/groups/grp_00000000000000000000000000");
    const foreign = await stranger.rest.call("GET", `/groups/${group.id}`);
    expect(problemOf(foreign).message.replaceAll(group.id, "")).toBe(
      problemOf(unknown).message.replaceAll("grp_00000000000000000000000000", ""),
    );
  });

  it("cannot put a stranger's agent into a group", async () => {
    const answer = await stranger.rest.call("POST", `/orgs/${stranger.org}/groups`, {
      body: { name: "Borrowed", agents: [{ id: agent.id }] },
    });
    expect([400, 404]).toContain(answer.status);
  });

  it("with a read-only key may read and not write", async () => {
    const { key, id } = await rest.post<{ key: string; id: string }>("/api-keys", {
      name: "reader",
      scopes: ["read"],
    });
    const reader = restOf(scene.product.url, { authorization: `Bearer ${key}` });
    expect((await reader.call("GET", `/groups/${group.id}`)).status).toBe(200);
    expect(
      (await reader.call("PATCH", `/groups/${group.id}`, { body: { name: "x" } })).status,
    ).toBe(403);
    await rest.delete(`/api-keys/${id}`);
    expect((await reader.call("GET", "/me")).status).toBe(401);
  });
});

describe("a body", () => {
  const wrong: [string, () => Request][] = [
    ["with an unknown field", () => ["PATCH", `/agents/${agent.id}`, { colour: "red" }]],
    ["with a wrong type", () => ["PATCH", `/agents/${agent.id}`, { instructions: 7 }]],
    ["with a bad handle", () => ["PATCH", `/agents/${agent.id}`, { handle: "No Spaces!" }]],
    ["that is a list", () => ["PATCH", `/agents/${agent.id}`, []]],
    [
      "with an unknown role",
      () => ["PUT", `/groups/${group.id}/members/${stranger.id}`, { role: "emperor" }],
    ],
    [
      "with an unknown command",
      () => ["POST", `/groups/${group.id}/commands`, { id: "c", command: { kind: "dance" } }],
    ],
    [
      "without a command id",
      () => ["POST", `/groups/${group.id}/commands`, { command: { kind: "read-mark", seq: 1 } }],
    ],
  ];
  it.each(wrong)("%s is refused and named", async (_name, request) => {
    const answer = await send(rest, request());
    expect([answer.status, problemOf(answer).code]).toEqual([400, "invalid_request"]);
    expect(problemOf(answer).requestId).toBeTypeOf("string");
  });

  it("that is no JSON, no UTF-8, of another type or too large is refused", async () => {
    const path = `/agents/${agent.id}`;
    const codeOf = async (sent: Parameters<Rest["call"]>[2]) =>
      problemOf(await rest.call("PATCH", path, sent)).code;
    expect(await codeOf({ raw: "{" })).toBe("invalid_json");
    expect(await codeOf({ raw: new Uint8Array([0x7b, 0xff, 0x7d]) })).toBe("invalid_json");
    expect(await codeOf({ raw: "a=1", headers: { "content-type": "text/plain" } })).toBe(
      "unsupported_media_type",
    );
    expect(await codeOf({ body: { instructions: "x".repeat(300_000) } })).toBe("too_large");
  });
});

describe("an address", () => {
  it("that is unknown, malformed or asked with another method is answered with a Problem", async () => {
    const answers: [Request, number][] = [
      [["GET", "/nothing"], 404],
      [["GET", "/groups/not-an-id"], 404],
      [["GET", "/groups/grp_00000000000000000000000000"], 404],
      [["GET", `/groups/${group.id}/runs/run_00000000000000000000000000`], 404],
      [["GET", `/groups/${group.id}/events?after=minus-one`], 400],
      [["GET", `/groups/${group.id}/events?limit=100000`], 400],
      [["PATCH", "/me", {}], 405],
    ];
    for (const [request, status] of answers) {
      const answer = await send(rest, request);
      expect([request, answer.status]).toEqual([request, status]);
      problemOf(answer);
    }
  });
});

describe("an idempotency key", () => {
  const create = (handle: string) => ({ handle, name: handle, model: "rehearsal/rehearsal-1" });
  const headers = { "idempotency-key": "once-please" };

  it("makes the same request happen once, and refuses another one under it", async () => {
    const path = `/orgs/${scene.owner.org}/agents`;
    const first = await rest.call<AgentView>("POST", path, { body: create("solo"), headers });
    const again = await rest.call<AgentView>("POST", path, { body: create("solo"), headers });
    expect(again.body.id).toBe(first.body.id);
    const other = await rest.call("POST", path, { body: create("duo"), headers });
    expect(problemOf(other).code).toBe("idempotency_conflict");
  });
});

describe("the interface's own description", () => {
  it("names every route of the contract", async () => {
    const document = await rest.get<{ openapi: string; paths: Record<string, object> }>(
      "/openapi.json",
    );
    expect(document.openapi).toMatch(/^3\.1/);
    const paths = Object.keys(document.paths).map((path) => path.replace(/^\/api\/v1/, ""));
    for (const path of [
      "/me",
      "/orgs/{org}/agents",
      "/groups/{id}/token",
      "/groups/{id}/events",
      "/groups/{id}/commands",
    ])
      expect(paths).toContain(path);
  });
});
