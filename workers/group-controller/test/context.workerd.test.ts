// Tests of what an agent is told and can look up: summaries, ledgers and the group's own tools, in workerd.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";

import {
  HOT_MAX_EVENTS,
  type Briefing,
  type Ledger,
  type LogEvent,
  type RunId,
} from "@acos/protocol";
import { sha256Hex } from "@acos/trust";

import { controlOf, makeGroup, stubOf, type TestGroup } from "./member.ts";
import { grow, post } from "./mishaps.ts";
import { summaries } from "./worker.ts";

afterEach(() => {
  summaries.outcome = "good";
});

const controlFor = (group: TestGroup) => controlOf(stubOf(group.id));

async function eventsOf(group: TestGroup, after = 0): Promise<readonly LogEvent[]> {
  const page = await controlFor(group).events(group.lena, { after, limit: 500 });
  if (!page.ok) throw new Error(page.problem.message);
  return page.value.items;
}

async function untilKind(group: TestGroup, kind: string, after = 0): Promise<LogEvent> {
  const find = async () => (await eventsOf(group, after)).find(({ event }) => event.kind === kind);
  await expect.poll(find, { timeout: 10_000 }).toBeDefined();
  return (await find())!;
}

async function ask(group: TestGroup, text: string): Promise<RunId> {
  const given = await controlFor(group).command(group.lena, {
    id: text,
    command: post(`@ada ${text}`),
  });
  if (!given.ok) throw new Error(given.problem.message);
  const ended = await untilKind(group, "run-ended", given.value.seq);
  return (ended.event as { run: RunId }).run;
}

async function told(
  group: TestGroup,
  run: RunId,
  turn = 1,
): Promise<Briefing & { ledger: Ledger }> {
  const answer = await controlFor(group).briefing(group.lena, run, turn);
  if (!answer.ok) throw new Error(answer.problem.message);
  return answer.value;
}

describe("a summary", () => {
  it("[T9] is made when the window is full, and told from then on", async () => {
    const group = await makeGroup({ briefingTokens: 4_000 });
    // A few at a time: a window that fills up at once is cut before a summary can be there.
    const isAsked = async () =>
      (await eventsOf(group)).some(({ event }) => event.kind === "summary-asked");
    for (let from = 0; !(await isAsked()); from += 10) await grow(group, from, from + 10);
    const made = await untilKind(group, "summary-made");
    expect(made.event).toMatchObject({ version: 1, model: "fake/fake-1" });
    const run = await ask(group, "say yes");
    expect((await told(group, run)).summary).toContain("Said much [#");
    const list = await controlFor(group).summaries(group.lena, { limit: 10 });
    expect(list).toMatchObject({
      ok: true,
      value: { items: [{ sections: [{}, {}, {}, {}, {}] }] },
    });
  });

  it("[T9] that fails is said, and messages go on; a milestone is made when it is asked for", async () => {
    summaries.outcome = "empty";
    const group = await makeGroup();
    await grow(group, 0, 40);
    const milestone = (id: string) =>
      controlFor(group).command(group.lena, { id, command: { kind: "summary-ask" } });
    expect(await milestone("m-1")).toMatchObject({ ok: true });
    const refused = await untilKind(group, "summary-refused");
    expect(refused.event).toMatchObject({ reason: "It is empty." });
    summaries.outcome = "good";
    expect(await milestone("m-2")).toMatchObject({ ok: true });
    await untilKind(group, "summary-made");
    await ask(group, "say still here");
  });

  it("[T9] under way at a crash is asked for again", async () => {
    summaries.outcome = "hang";
    const group = await makeGroup();
    await grow(group, 0, 40);
    await controlFor(group).command(group.lena, { id: "m", command: { kind: "summary-ask" } });
    await expect.poll(() => summaries.asked.some(({ group: id }) => id === group.id)).toBe(true);
    const dying = runInDurableObject(stubOf(group.id), (_object, context) =>
      context.abort("a test"),
    );
    await expect(dying).rejects.toThrow("a test");
    summaries.outcome = "good";
    await runDurableObjectAlarm(stubOf(group.id));
    await untilKind(group, "summary-made");
    const asked = (await eventsOf(group)).filter(({ event }) => event.kind === "summary-asked");
    expect(asked).toHaveLength(2);
  });
});

describe("the ledger", () => {
  it(
    "[H12] of a turn has its blocks, and says the same from R2 and after an archive",
    { timeout: 60_000 },
    async () => {
      const group = await makeGroup();
      await grow(group, 0, 5);
      const run = await ask(group, "say yes");
      const first = await told(group, run);
      expect(first.ledger).toMatchObject({ exact: true, usage: { inputTokens: 3 } });
      expect(first.ledger.blocks.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(["charter", "message", "closing", "trigger"]),
      );
      const message = first.window[2]!;
      const hash = await sha256Hex(new TextEncoder().encode(message.text));
      expect(first.ledger.blocks.find(({ of }) => of === message.message)?.hash).toBe(hash);
      await grow(group, 100, 100 + HOT_MAX_EVENTS);
      const segments = () =>
        runInDurableObject(stubOf(group.id), (_object, { storage }) =>
          Number(storage.sql.exec("SELECT count(*) AS count FROM segments").one()["count"]),
        );
      await expect.poll(segments, { timeout: 20_000 }).toBeGreaterThan(0);
      expect(await told(group, run)).toEqual(first);
      await evictDurableObject(stubOf(group.id));
      expect(await told(group, run)).toEqual(first);
      const archive = () => controlFor(group).archive(group.lena);
      await expect.poll(async () => (await archive()).ok, { timeout: 20_000 }).toBe(true);
      expect(await told(group, run)).toEqual(first);
    },
  );
});

describe("a briefing of before", () => {
  it("[L8] tells no words that were withdrawn since, and says that it is not exact", async () => {
    const group = await makeGroup();
    await grow(group, 0, 5);
    const run = await ask(group, "say yes");
    const { window, trigger } = await told(group, run);
    const withdraw = (id: string, message: typeof trigger.message) =>
      controlFor(group).command(group.lena, { id, command: { kind: "message-redact", message } });
    await withdraw("w-1", window[2]!.message);
    await withdraw("w-2", trigger.message);
    const later = await told(group, run);
    expect(later.ledger.exact).toBe(false);
    const text = JSON.stringify(later);
    expect(text).toContain("message 1");
    expect(text).not.toContain("message 2");
    expect(text).not.toContain("say yes");
  });
});

describe("the group's own tools", () => {
  it("[T10] find what R2 has", { timeout: 60_000 }, async () => {
    const group = await makeGroup();
    await controlFor(group).command(group.lena, {
      id: "fact",
      command: post("Remember: the well of Petrel is 6543 feet deep."),
    });
    await grow(group, 0, HOT_MAX_EVENTS);
    await ask(group, "recall the well of Petrel");
    const page = await controlFor(group).messages(group.lena, { limit: 1 });
    const text = page.ok ? page.value.items[0]!.parts[0]!.text : "";
    expect(text).toContain("6543 feet");
    expect(text).toContain("#4 ");
    const found = await controlFor(group).search(group.lena, {
      q: "Petrel well",
      cursor: 0,
      limit: 5,
    });
    expect(found).toMatchObject({ ok: true });
    expect(found.ok && found.value.items.some(({ seq }) => seq === 4)).toBe(true);
  });
});
