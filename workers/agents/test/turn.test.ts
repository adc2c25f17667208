// POST /turns as the Group Controller sees it: signed requests in, a stream of parts out, whatever the provider does.
import { turnPartSchema, type AgentVersion, type TurnPart } from "@acos/protocol";
import { startFakeModelServer, type FakeModelServer } from "@acos/testkit";
import { generateMasterKey, makeDataKey, parseMasterKeys, sealSecret } from "@acos/trust";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { agentVersion, briefing, openStar, ORG, partsOf, textIn, type Star } from "./star.ts";

let server: FakeModelServer;
let star: Star;
const KEY = "own.very.secret.0123456789";

beforeAll(async () => {
  server = await startFakeModelServer();
  const builtin = { fake: { kind: "openai-compatible", baseUrl: server.url, apiKey: KEY } };
  star = await openStar({
    env: { ALLOW_LOCAL_EGRESS: "true", BUILTIN_PROVIDERS: JSON.stringify(builtin) },
  });
});
afterAll(() => server.close());

let version = 100;
async function turn(text: string, over: Partial<AgentVersion> = {}): Promise<TurnPart[]> {
  version += 1;
  const pin = await star.records.agent(agentVersion({ version, ...over }));
  const response = await star.send("/turns", { briefing: briefing(pin, text) });
  expect(response.status).toBe(200);
  const parts = await partsOf(response);
  for (const part of parts) turnPartSchema.parse(part);
  expect(parts[0]).toEqual({ type: "start", model: over.model ?? "rehearsal/rehearsal-1" });
  return parts;
}

describe("a turn", () => {
  it("[T1] begins with start, streams text and ends with finish", async () => {
    const parts = await turn("hello there", { model: "fake/fake-echo" });
    expect(textIn(parts)).toBe("hello there");
    expect(parts.at(-1)).toEqual({
      type: "finish",
      reason: "stop",
      usage: { inputTokens: 100, outputTokens: 3, cacheReadTokens: 40, cacheWriteTokens: 0 },
      cost: 0,
      estimatedInput: expect.any(Number) as number,
    });
  });
});

const failure = (parts: readonly TurnPart[]) => {
  const last = parts.at(-1);
  if (last?.type !== "failure") throw new Error(`ended with ${JSON.stringify(last)}`);
  return last.problem;
};
const finish = (parts: readonly TurnPart[]) => {
  const last = parts.at(-1);
  if (last?.type !== "finish") throw new Error(`ended with ${JSON.stringify(last)}`);
  return last;
};

describe("parts", () => {
  it("[T2] keeps reasoning and text apart, each under its own number", async () => {
    const parts = await turn("so", { model: "fake/fake-thinking" });
    expect(parts.slice(1, -1)).toEqual([
      { type: "reasoning", part: 0, text: "Let me think." },
      { type: "text", part: 1, text: "so" },
    ]);
  });

  it("[T3] sends a tool call whole, with what its effect is, and ends with tool-calls", async () => {
    const parts = await turn('call calculate {"expression": "6*7"}', { model: "fake/fake-tool" });
    expect(parts.slice(1, -1)).toEqual([
      { type: "tool-call", tool: "calculate", arguments: { expression: "6*7" }, effect: false },
    ]);
    expect(finish(parts).reason).toBe("tool-calls");
  });

  it("[T3] marks a mutating HTTP call as having an effect, and a reading one not", async () => {
    const tools: AgentVersion["tools"] = [
      {
        type: "http",
        name: "shop",
        description: "",
        baseUrl: "https://shop.example/v1",
        methods: ["GET", "POST"],
      },
    ];
    const text =
      'call shop {"method": "GET", "path": "/a"}\ncall shop {"method": "POST", "path": "/a", "body": {"n": 1}}';
    const parts = await turn(text, { model: "fake/fake-tools", tools });
    expect(parts.map((part) => part.type === "tool-call" && part.effect)).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });

  it("[T4] says why a call cannot be made instead of failing the turn", async () => {
    const invalid = async (text: string, model: string) => {
      const call = (await turn(text, { model })).find((part) => part.type === "tool-call");
      return call?.invalid;
    };
    expect(await invalid("", "fake/fake-bad-arguments")).toMatch(/not valid JSON/);
    expect(await invalid("call nothing {}", "fake/fake-tool")).toMatch(
      /There is no tool "nothing".*calculate/,
    );
    expect(await invalid("call calculate {}", "fake/fake-tool")).toMatch(/Missing: expression/);
    expect(await invalid('call calculate {"expression": "1", "x": 1}', "fake/fake-tool")).toMatch(
      /no argument "x"/,
    );
    const large = `call calculate {"expression": "${"1".repeat(65_600)}"}`;
    expect(await invalid(large, "fake/fake-tool")).toMatch(/larger than 65536 bytes/);
  });

  it("[T5] estimates usage where the provider reports none", async () => {
    const { usage } = finish(await turn("some words to say", { model: "fake/fake-no-usage" }));
    expect(usage.inputTokens).toBeGreaterThan(20);
    expect(usage.outputTokens).toBeGreaterThan(3);
  });
});

describe("failures of a provider", () => {
  it.each([
    ["fake-401", "provider_refused", /fake refused the API key \(HTTP 401.*Settings → Models/],
    ["fake-403", "provider_refused", /HTTP 403: the project may not use this model/],
    ["fake-404", "provider_refused", /does not know the model fake\/fake-404/],
    [
      "fake-400",
      "provider_refused",
      /did not take the request \(HTTP 400: this model does not take tools/,
    ],
    ["fake-429", "provider_rate_limited", /HTTP 429: Rate limit reached/],
    ["fake-500", "provider_failed", /HTTP 500/],
    ["fake-503", "provider_failed", /HTTP 503/],
    ["fake-garbage", "provider_failed", /fake/],
    ["fake-page", "provider_failed", /fake/],
    ["fake-empty", "provider_failed", /fake/],
    ["fake-nothing", "provider_failed", /answered with nothing/],
    ["fake-length", "provider_failed", /output limit/],
    ["fake-stop", "provider_failed", /broke off/],
    ["fake-cut", "provider_failed", /fake/],
    ["fake-stream-error", "provider_failed", /the GPU is on fire/],
    ["fake-many-calls", "provider_failed", /more than 16 tool calls/],
    ["fake-endless", "provider_failed", /more than 200000 characters/],
  ])("[T6] ends the stream of %s with %s", async (model, code, message) => {
    const parts = await turn("go", { model: `fake/${model}` });
    expect(failure(parts)).toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
    expect(parts.filter((part) => part.type === "finish")).toEqual([]);
  });

  it("[T6] keeps what was said before a stream stopped", async () => {
    expect(textIn(await turn("go", { model: "fake/fake-stop" }))).toBe(
      "These are the last words before",
    );
  });

  it("[T7] passes on how long a rate-limited provider wants to be left alone", async () => {
    expect(failure(await turn("go", { model: "fake/fake-429" })).retryAfterMs).toBe(2000);
  });

  it("[T8] never quotes the API key, whatever the provider says", async () => {
    const { message } = failure(await turn("go", { model: "fake/fake-401" }));
    expect(message).toContain("[key]");
    expect(message).not.toContain(KEY.slice(4));
    expect(server.requests.some(({ authorization }) => authorization === `Bearer ${KEY}`)).toBe(
      true,
    );
    expect(JSON.stringify(star.logged)).not.toContain(KEY.slice(4));
  });

  it("[T9] refuses an unknown provider with words, and never lets the rehearsal model answer for it", async () => {
    const problem = failure(await turn("go", { model: "nowhere/gpt-9" }));
    expect(problem.code).toBe("provider_refused");
    expect(problem.message).toMatch(/no model provider "nowhere".*Settings → Models/);
  });

  it("[T10] does not call a provider at a local address unless the operator allowed it", async () => {
    const builtin = JSON.stringify({ fake: { kind: "openai-compatible", baseUrl: server.url } });
    const closed = await openStar({ env: { BUILTIN_PROVIDERS: builtin } });
    const before = server.requests.length;
    const pin = await closed.records.agent(agentVersion({ model: "fake/fake-echo" }));
    const parts = await partsOf(await closed.send("/turns", { briefing: briefing(pin, "go") }));
    expect(failure(parts).code).toBe("forbidden_address");
    expect(server.requests.length).toBe(before);
  });
});

describe("silence", () => {
  /** Reads parts as they come. */
  async function open(model: string) {
    version += 1;
    const pin = await star.records.agent(agentVersion({ version, model }));
    const response = await star.send("/turns", { briefing: briefing(pin, "go") });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    return {
      reader,
      next: async () => JSON.parse((await reader.read()).value ?? "null") as TurnPart | null,
    };
  }
  const asked = (model: string) => server.requests.some((request) => request.model === model);

  it("[T11] beats while the model is silent, and ends the turn after the stall time", async () => {
    const { next } = await open("fake/fake-hang");
    expect(await next()).toMatchObject({ type: "start" });
    await expect.poll(() => asked("fake-hang")).toBe(true);
    for (let beats = 0; beats < 11; beats += 1) {
      star.clock.pass(10_000);
      expect(await next()).toEqual({ type: "beat" });
    }
    star.clock.pass(10_000);
    expect(await next()).toMatchObject({ type: "failure", problem: { code: "provider_timeout" } });
    expect(await next()).toBeNull();
    await expect.poll(() => server.counters.open).toBe(0);
  });

  it("[T12] ends the provider's call when the caller goes away", async () => {
    const abandoned = server.counters.abandoned;
    const { reader, next } = await open("fake/fake-hang-late");
    await next();
    await expect.poll(() => server.counters.open).toBe(1);
    await reader.cancel();
    await expect.poll(() => server.counters.open).toBe(0);
    expect(server.counters.abandoned).toBe(abandoned + 1);
  });
});

describe("an org's own provider", () => {
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

  /** A turn of an agent on the provider "mine", whose key was sealed under that name, or another. */
  async function turnWith(sealedAs: string) {
    const masterKey = generateMasterKey();
    const own = await openStar({ env: { MASTER_KEY: masterKey, ALLOW_LOCAL_EGRESS: "true" } });
    const name = { org: ORG, version: 1 };
    const made = await makeDataKey(await parseMasterKeys(masterKey), name, random);
    const key = { name: `provider/${sealedAs}`, version: 3, plaintext: "own-key-1" };
    const sealed = await sealSecret(made.dataKey, key, random);
    const record = { org: ORG, name: "provider/mine", version: 3, hosts: null, sealed };
    own.records.bodies.set(
      `/provider-keys/${ORG}/mine/3`,
      JSON.stringify({ ...record, dataKey: made.wrapped }),
    );
    const provider = await own.records.provider({
      org: ORG,
      name: "mine",
      version: 4,
      kind: "openai-compatible",
      baseUrl: server.url,
      keyVersion: 3,
    });
    const pin = await own.records.agent(agentVersion({ model: "mine/fake-echo" }));
    return partsOf(await own.send("/turns", { briefing: briefing({ ...pin, provider }, "hi") }));
  }

  it("[T13] is called with its sealed key, opened for the call only", async () => {
    expect(textIn(await turnWith("mine"))).toBe("hi");
    expect(server.requests.at(-1)?.authorization).toBe("Bearer own-key-1");
  });

  it("[T13] whose key was sealed under another name is refused with words", async () => {
    expect(failure(await turnWith("other"))).toMatchObject({
      code: "provider_refused",
      message: expect.stringMatching(/Enter it again/) as string,
    });
  });
});
