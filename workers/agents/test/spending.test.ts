// What a certificate pays for: the worst case of a turn, and all turns under it together.
import type { Briefing, TurnPart } from "@acos/protocol";
import type { Caps } from "@acos/trust";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { SpendingMeter } from "../src/spending-meter.ts";
import { OPENAI, sse } from "./provider-answers.ts";
import { agentVersion, briefing, openStar, partsOf, type Star } from "./star.ts";

/** Ten dollars per million tokens of output, 2.50 of fresh input. */
const MODEL = "openai/gpt-4o";
const lifetime = { waitUntil: () => undefined };

let star: Star;
let turn: { briefing: Briefing };
/** Output limits of the calls that reached the provider. */
let called: (number | undefined)[];
let answer: () => Promise<Response>;

beforeEach(async () => {
  called = [];
  answer = () => Promise.resolve(sse(OPENAI));
  star = await openStar({
    env: { BUILTIN_PROVIDERS: JSON.stringify({ openai: { kind: "openai", apiKey: "k" } }) },
    fetcher: (_url, { body }) => {
      const sent = JSON.parse(String(body)) as { max_output_tokens?: number };
      called.push(sent.max_output_tokens);
      return answer();
    },
  });
  turn = { briefing: briefing(await star.records.agent(agentVersion({ model: MODEL })), "hi") };
});

const lastOf = async (response: Response): Promise<TurnPart | undefined> =>
  (await partsOf(response)).at(-1);

/** Takes a turn under one certificate: its finish, or the Problem, whether it came before the stream or ended it. */
async function take(certificate: string): Promise<object | undefined> {
  const response = await star.send("/turns", turn, { certificate });
  if (!response.ok) return (await response.json()) as object;
  const last = await lastOf(response);
  return last?.type === "failure" ? last.problem : last;
}

async function takeUnder(caps: Caps): Promise<object | undefined> {
  return take(await star.certify(caps));
}

const OVER = { code: "over_cap" };

describe("a turn", () => {
  it("[A6] without a cap that could bind it sends no output limit of ours", async () => {
    const caps = { maxTokensPerTurn: 1_000_000, maxCostPerTurn: 5_000_000 };
    expect(await takeUnder(caps)).toMatchObject({ type: "finish" });
    expect(called).toEqual([undefined]);
  });

  it("[A6] may answer as long as its worst case stays under the money of a turn", async () => {
    expect(await takeUnder({ maxCostPerTurn: 100_000 })).toMatchObject({ type: "finish" });
    const [limit] = called;
    // 10,000 tokens of output would cost all of it; the prompt takes its part.
    expect(limit).toBeLessThan(10_000);
    expect(limit).toBeGreaterThan(9_000);
  });

  it("[A6] whose prompt alone costs more is refused before a model is called", async () => {
    const failed = await takeUnder({ maxCostPerTurn: 50 });
    expect(failed).toMatchObject(OVER);
    expect(failed).toMatchObject({
      message: expect.stringMatching(/\$0\.00 of one turn.*TURN_MAX_DOLLARS/) as string,
    });
    expect(called).toEqual([]);
  });
});

describe("a certificate's life", () => {
  it("[A11] ends a loop of turns at its number, with 402 in words that help", async () => {
    const certificate = await star.certify({ maxTurns: 3 });
    for (let count = 0; count < 3; count += 1)
      expect(await take(certificate)).toMatchObject({ type: "finish" });
    const response = await star.send("/turns", turn, { certificate });
    expect(response.status).toBe(402);
    expect(await response.json()).toEqual({
      code: "over_cap",
      message:
        "This group has no room left within the 3 turns of one certificate. It can go on with the next one, at 12:15 UTC at the latest. An operator raises the limit with CERTIFICATE_MAX_TURNS.",
    });
    expect(called).toHaveLength(3);
  });

  it("[A11] ends a loop of turns at its money, never above it", async () => {
    const certificate = await star.certify({ maxCost: 20_000 });
    let dollars = 0;
    let last = await take(certificate);
    for (; isFinish(last); last = await take(certificate)) dollars += last.cost;
    expect(last).toMatchObject(OVER);
    expect(called.length).toBeGreaterThan(100);
    expect(dollars).toBeLessThanOrEqual(0.02);
    // The last turns were allowed ever shorter answers.
    expect(called.at(-1)).toBeLessThan(called[0] ?? 0);
  });

  it("[A11] sets aside what turns under way may still take: all at once they cannot all pass", async () => {
    const certificate = await star.certify({ maxTokens: 3_000 });
    const held = Promise.withResolvers<Response>();
    answer = async () => (await held.promise).clone();
    const version = agentVersion({ version: 2, model: MODEL, maxOutputTokens: 1_000 });
    turn = { briefing: briefing(await star.records.agent(version), "hi") };
    let ended = 0;
    const many = Array.from({ length: 10 }, () =>
      take(certificate).finally(() => {
        ended += 1;
      }),
    );
    await vi.waitFor(() => expect(ended + called.length).toBe(many.length));
    // Each prompt takes more than a hundred tokens, each answer may take a thousand.
    expect(called.length).toBeLessThanOrEqual(3);
    held.resolve(sse(OPENAI));
    const lasts = await Promise.all(many);
    expect(lasts.filter(isFinish)).toHaveLength(called.length);
    for (const last of lasts) if (!isFinish(last)) expect(last).toMatchObject(OVER);
    // What was set aside and not used is there again.
    expect(await take(certificate)).toMatchObject({ type: "finish" });
  });

  it("[A11] a turn that fails or is called off is charged for what was sent", async () => {
    const certificate = await star.certify({ maxTokens: 2_000 });
    answer = () => Promise.resolve(new Response("no", { status: 500 }));
    const outcomes: unknown[] = [];
    for (let count = 0; count < 200; count += 1) outcomes.push(await take(certificate));
    expect(outcomes.at(-1)).toMatchObject(OVER);
  });

  it("[A11] is counted for each certificate by itself, and in each isolate by itself", async () => {
    const [one, other] = [await star.certify({ maxTurns: 1 }), await star.certify({ maxTurns: 1 })];
    expect(await take(one)).toMatchObject({ type: "finish" });
    // The star has one session key: another certificate for it is the same account.
    expect(await take(other)).toMatchObject(OVER);
    const request = await star.sign("/turns", turn, { certificate: one });
    const elsewhere = await star.isolate().fetch(request, star.bindings, lifetime);
    expect(await lastOf(elsewhere)).toMatchObject({ type: "finish" });
  });

  it("[A11] forgets the certificate that was used longest ago when there are too many", async () => {
    const meter = new SpendingMeter(2);
    const certificate = { caps: { maxTurns: 1 }, expiresAtMs: 0 } as Parameters<
      typeof meter.begin
    >[1];
    for (const key of ["a", "b", "c"]) meter.begin(key, certificate);
    expect(() => meter.begin("c", certificate)).toThrow(/no room left/);
    expect(() => meter.begin("a", certificate)).not.toThrow();
  });
});

function isFinish(last: object | undefined): last is Extract<TurnPart, { type: "finish" }> {
  return last !== undefined && "type" in last && last.type === "finish";
}
