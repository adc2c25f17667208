// What the suite `context` is made of: logs that the group's own rules wrote, and how prompts are compared.
import { EMPTY_STATE, evolve, type GroupState } from "@acos/group";
import { makeId, policySchema, type IdKind, type LogEvent } from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { seededRandom } from "../harness/rounds.ts";
import { FACTS } from "./chatter.ts";
import { Composing } from "./composing.ts";
import { GrowingLog } from "./growing-log.ts";
import { promptOf, sharedShare } from "./shared-prefix.ts";

const random = seededRandom(7);
const id = <K extends IdKind>(kind: K) =>
  makeId(
    kind,
    0,
    Uint8Array.from({ length: 10 }, () => Math.floor(random() * 256)),
  );

function seed(): LogEvent[] {
  const [org, agent] = [id("org"), id("agent")];
  const hash = "a".repeat(64);
  const pin = { agent, org, version: 1, sha256: hash, model: "m/m", provider: null, revision: 1 };
  const roster = { name: "Ada", handle: "ada", about: "", role: "member" } as const;
  const person = { name: "Ben", handle: "ben", role: "admin", user: id("user") } as const;
  const policy = policySchema.parse({});
  return [
    { kind: "group-created", group: id("group"), org, name: "Grown", policy } as const,
    { kind: "member-joined", member: { type: "user", member: id("member"), ...person } } as const,
    {
      kind: "member-joined",
      member: {
        type: "agent",
        member: id("member"),
        agent,
        ...roster,
        follow: "latest",
        version: 1,
        pin,
      },
    } as const,
  ].map((event, index) => ({ seq: index + 1, at: 0, event }));
}

async function grown(messages: number) {
  const events: LogEvent[] = [];
  const log = new GrowingLog({ seed: seed(), startAt: 1_000, random }, (more) =>
    events.push(...more),
  );
  return { point: await log.growTo(messages), events };
}

const pointAt = async (messages: number) => (await grown(messages)).point;

describe("a grown log", () => {
  it("[B23] is one whose fold is the state that it was grown to, with every message once", async () => {
    const { point, events } = await grown(1_500);
    const folded: GroupState = events.reduce(evolve, EMPTY_STATE);
    expect(folded).toEqual(point.state);
    const posted = events.filter(({ event }) => event.kind === "message-posted");
    expect(posted).toHaveLength(point.messages);
  });

  it("[B23] ends where its window was just cut, with half of the facts in the summary", async () => {
    const { point, events } = await grown(1_500);
    expect(events.at(-1)?.event.kind).toBe("summary-made");
    expect(events.some(({ event }) => event.kind === "summary-refused")).toBe(false);
    for (const { text, kept } of FACTS)
      expect(point.state.summary?.text.includes(text), text).toBe(kept);
    const window = point.state.window.map(({ text }) => text);
    for (const { text } of FACTS) expect(window).not.toContain(text);
  });

  it("[B23] counts what a client would send that resends everything", async () => {
    const [short, long] = [await pointAt(100), await pointAt(200)];
    expect(short.history.tokens).toBe(short.state.windowTokens);
    expect(long.history.tokens).toBeGreaterThan(1.9 * short.history.tokens);
    expect(long.mostTold).toBe(long.history.tokens);
  });

  it("[B23] can be lived on: a turn is asked for, composed and ended again and again", async () => {
    const life = new Composing((await pointAt(300)).state);
    for (let turn = 0; turn < 5; turn += 1) expect(life.turn()).toBeGreaterThan(0);
  });
});

describe("the beginning that prompts share", () => {
  const body = (...texts: string[]) =>
    JSON.stringify({
      model: texts.at(-1),
      messages: texts.map((content) => ({ role: "user", content })),
    });

  it("[B24] ends at the first byte that differs, tools before messages, the model's name apart", () => {
    const one = promptOf(body("x".repeat(1_000), "a"));
    const other = promptOf(body("x".repeat(1_000), "b"));
    expect(sharedShare([one, other, one])).toBeGreaterThan(0.95);
    expect(sharedShare([one, one])).toBe(1);
    const tools = promptOf(JSON.stringify({ tools: [{}], messages: [] }));
    expect(sharedShare([one, tools])).toBeLessThan(0.01);
  });

  it("[B24] is measured against the longest prompt, and not of one alone", () => {
    const [short, long] = [Buffer.from("aaaa"), Buffer.from("aaaabbbb")];
    expect(sharedShare([short, long])).toBe(0.5);
    expect(() => sharedShare([short])).toThrow(RangeError);
  });
});
