// What a signed tool call may cause: nothing without the group's grant, and an effect once, in however many isolates.
import type { AgentPin, HttpTool, ToolCallRequest } from "@acos/protocol";
import { generateKeyPair, importSigningKey, signToolGrant } from "@acos/trust";
import { beforeEach, describe, expect, it } from "vitest";

import { agentVersion, GROUP, openStar, RUN, type Star } from "./star.ts";

const SHOP: HttpTool = {
  type: "http",
  name: "shop",
  description: "",
  baseUrl: "https://shop.example/v1",
  methods: ["GET", "POST"],
};
const ORDER = { tool: "shop", arguments: { method: "POST", path: "/orders", body: { item: 7 } } };
const LOOK = { tool: "shop", arguments: { method: "GET", path: "/orders" } };
const lifetime = { waitUntil: () => undefined };

let star: Star;
let pin: AgentPin;
/** Every connection that was made. */
let connections: string[];

beforeEach(async () => {
  connections = [];
  star = await openStar({
    fetcher: (url, { method }) => {
      connections.push(`${method} ${url}`);
      return Promise.resolve(new Response("done"));
    },
  });
  const tools = [SHOP, { type: "builtin", name: "calculate" } as const];
  pin = await star.records.agent(agentVersion({ tools }));
});

async function outcome(response: Response): Promise<readonly [number, string]> {
  const body = (await response.json()) as { code?: string; text?: string };
  return [response.status, body.code ?? body.text ?? ""];
}

const send = async (call: object) => outcome(await star.send("/tool-calls", call));

describe("the grant", () => {
  it("[A9] makes the call it was given for", async () => {
    expect(await send(await star.toolCall(pin, ORDER))).toEqual([
      200,
      expect.stringContaining("done"),
    ]);
    expect(connections).toEqual(["POST https://shop.example/v1/orders"]);
  });

  it("[A9] missing or unreadable makes no call", async () => {
    const { grant: _, ...without } = await star.toolCall(pin, ORDER);
    expect((await send(without))[1]).toBe("invalid_request");
    expect(await send({ ...without, grant: "nonsense" })).toEqual([401, "invalid_token"]);
    expect(connections).toEqual([]);
  });

  it.each<readonly [string, Partial<ToolCallRequest>]>([
    ["arguments", { arguments: { ...ORDER.arguments, path: "/refunds" } }],
    ["tool", { tool: "calculate" }],
    ["turn", { turn: 2 }],
    ["dispatch", { dispatch: 2 }],
  ])("[A9] of one call makes no call with another %s", async (_what, change) => {
    const call = await star.toolCall(pin, ORDER);
    expect(await send({ ...call, ...change })).toEqual([401, "invalid_token"]);
    const other = await star.toolCall(pin, ORDER);
    expect(await send({ ...call, call: other.call })).toEqual([401, "invalid_token"]);
    expect(connections).toEqual([]);
  });

  it("[A9] of another key than the certificate's makes no call", async () => {
    const call = await star.toolCall(pin, ORDER);
    const thief = await importSigningKey((await generateKeyPair()).privateJwk);
    const digest = JSON.parse(atob(call.grant.split(".")[1] ?? "")) as { argumentsDigest: string };
    const { turn, dispatch } = call;
    const bound = { group: GROUP, run: RUN, turn, call: call.call, dispatch, ...digest };
    const claims = { audience: "acos:tool-gateway", ...bound } as const;
    const forged = await signToolGrant(claims, thief, star.clock.now());
    expect(await send({ ...call, grant: forged })).toEqual([401, "invalid_token"]);
    expect(connections).toEqual([]);
  });

  it("[A9] counts for a minute", async () => {
    const call = await star.toolCall(pin, ORDER);
    star.clock.pass(60_000);
    expect(await send(call)).toEqual([401, "expired_token"]);
  });

  it("[A9] is taken once in an isolate, under however many signatures", async () => {
    const call = await star.toolCall(pin, LOOK);
    expect((await send(call))[0]).toBe(200);
    expect(await send(call)).toEqual([401, "used_token"]);
    expect(await send(await star.toolCall(pin, { ...LOOK, call: call.call }))).toEqual([
      401,
      "used_token",
    ]);
    const again = await star.toolCall(pin, { ...LOOK, call: call.call, dispatch: 2 });
    expect((await send(again))[0]).toBe(200);
    expect(connections).toHaveLength(2);
  });
});

describe("the claim", () => {
  it("[A10] a captured request that reaches other isolates has its effect once", async () => {
    const request = await star.sign("/tool-calls", await star.toolCall(pin, ORDER));
    const isolates = [star.worker, star.isolate(), star.isolate()];
    const responses = await Promise.all(
      isolates.map((isolate) => isolate.fetch(request.clone(), star.bindings, lifetime)),
    );
    const outcomes = await Promise.all(responses.map(outcome));
    expect(outcomes.map(([status]) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
    expect(connections).toHaveLength(1);
    const restarted = await star.isolate().fetch(request, star.bindings, lifetime);
    expect(await outcome(restarted)).toEqual([409, "conflict"]);
    expect(connections).toHaveLength(1);
  });

  it("[A10] names run, call, dispatch and the digest that the grant is bound to", async () => {
    const call = await star.toolCall(pin, ORDER);
    await send(call);
    const { argumentsDigest: digest } = JSON.parse(atob(call.grant.split(".")[1] ?? "")) as {
      argumentsDigest: string;
    };
    expect(star.claims.asked).toEqual([
      { group: GROUP, run: RUN, call: call.call, dispatch: 1, digest },
    ]);
  });

  it("[A10] that cannot be asked for makes no connection, and the group hears that nothing was done", async () => {
    star.claims.refusal = "away";
    const response = await star.send("/tool-calls", await star.toolCall(pin, ORDER));
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("was not made") as string,
    });
    star.claims.refusal = new Response("gateway", { status: 502 });
    expect(await send(await star.toolCall(pin, ORDER))).toEqual([503, "unavailable"]);
    expect(connections).toEqual([]);
  });

  it("[A10] without a desk to ask at no effect is made", async () => {
    const { CLAIMS: _, ...bindings } = star.bindings;
    const request = await star.sign("/tool-calls", await star.toolCall(pin, ORDER));
    const response = await star.isolate().fetch(request, bindings, lifetime);
    expect(await outcome(response)).toEqual([503, "unavailable"]);
    expect(connections).toEqual([]);
  });

  it("[A10] is not asked for by calls that only read, or that cannot be made", async () => {
    await send(await star.toolCall(pin, LOOK));
    await send(await star.toolCall(pin, { tool: "calculate", arguments: { expression: "1" } }));
    await send(await star.toolCall(pin, { tool: "shop", arguments: { method: "DELETE" } }));
    expect(star.claims.asked).toEqual([]);
    expect(connections).toHaveLength(1);
  });
});
