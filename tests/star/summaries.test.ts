// Summaries: only what passes the check is told, members have the last word, and whatever goes wrong the group talks on.
import type { Briefing, GroupView, Ledger, MessageView, Page, SummaryView } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { isSummary, script, summaryText, textOf, type ScriptedTurn } from "../scripted-model.ts";
import type { GroupSocket } from "../socket.ts";
import {
  enter,
  event,
  eventsOf,
  give,
  openScene,
  refused,
  runOf,
  say,
  type Scene,
} from "./scene.ts";
import { milestone, SMALL_BUDGET, talk, talkUntilSummary } from "./talk.ts";

type Told = Briefing & { readonly ledger: Ledger };

let scene: Scene;
let group: GroupView;
let socket: GroupSocket;
const seqs: number[] = [];
const GOOD = "The harbour opens at 07:30";

beforeAll(async () => {
  scene = await openScene();
  group = await scene.group([await scene.agent("scribe")], SMALL_BUDGET);
  socket = await enter(scene.owner.rest, group.id, 0);
  for (const text of ["The harbour opens at 07:30.", "Bring `plan.md` and the ladder.", "Fine."])
    seqs.push((await say(socket, text)).seq);
});
afterAll(() => scene.close());

const summaries = async () =>
  (await scene.owner.rest.get<Page<SummaryView>>(`/groups/${group.id}/summaries`)).items;

/** Wakes the agent once, and answers what it was told. */
async function briefed(inside = socket, id = group.id): Promise<Told> {
  const posted = await say(inside, `@scribe ${script({ text: "noted" })}`);
  expect((await runOf(inside, posted)).outcome).toBe("done");
  const queued = await event(inside, "run-queued", (one) => one.trigger === posted.event.message);
  return scene.owner.rest.get(`/groups/${id}/runs/${queued.event.run}/turns/1/briefing`);
}

describe("a milestone", () => {
  it("is a summary of all so far, told from the next turn on in place of the messages", async () => {
    scene.model.summarise(() => ({
      text: summaryText({
        Decisions: [`${GOOD} [#${seqs[0]}]`],
        Goals: [`Bring \`plan.md\` [#${seqs[1]}]`],
      }),
    }));
    expect(await milestone(socket)).toMatchObject({ kind: "summary-made", version: 1 });
    const told = await briefed();
    expect(told.summary).toContain(GOOD);
    expect(told.window.map(({ text }) => text).join("\n")).not.toContain("07:30");
    const [newest] = await summaries();
    expect(newest).toMatchObject({ version: 1, model: expect.stringContaining("actor") });
  });
});

const bad: [string, () => ScriptedTurn, RegExp][] = [
  [
    "misses a section",
    () => ({ text: summaryText({ Goals: [`Ship [#${seqs[0]}]`] }).replace(/\n## Artifacts/, "") }),
    /Artifacts/,
  ],
  [
    "has its sections in another order",
    () => ({
      text: summaryText({ Goals: [`Ship [#${seqs[0]}]`] })
        .split("\n")
        .toReversed()
        .join("\n"),
    }),
    /./,
  ],
  [
    "rests on a message that there is not",
    () => ({ text: summaryText({ Decisions: [`All is well [#98765]`] }) }),
    /#98765/,
  ],
  [
    "rests on nothing",
    () => ({ text: summaryText({ Decisions: ["All is well"] }) }),
    /does not say which messages/,
  ],
  [
    "speaks of an address that nobody named",
    () => ({ text: summaryText({ Artifacts: [`See https://evil.example/plan [#${seqs[1]}]`] }) }),
    /evil\.example/,
  ],
  [
    "speaks of a number that nobody named",
    () => ({ text: summaryText({ Decisions: [`We pay 4711 for it [#${seqs[1]}]`] }) }),
    /4711/,
  ],
  ["says nothing in any section", () => ({ text: summaryText({}) }), /empty/i],
  ["is no text at all", () => ({ text: "" }), /./],
  ["is prose", () => ({ text: "Much was said, and all agreed in the end." }), /./],
  [
    "is longer than what it stands for",
    () => ({
      text: summaryText({
        Decisions: Array.from({ length: 30 }, () => `${"talk ".repeat(60)}[#${seqs[0]}]`),
      }),
    }),
    /longer|tokens/,
  ],
  ["never comes, as the provider fails", () => ({ fault: 500 }), /./],
  ["breaks off in its middle", () => ({ text: summaryText({}), pieces: 3, fault: "break" }), /./],
];

describe("a summary that", () => {
  it.each(bad)(
    "%s is refused with its reason, and the one before stays",
    async (_name, turn, why) => {
      await say(socket, "Some more was said about the ladder and the boats.");
      scene.model.summarise(turn);
      const end = await milestone(socket);
      expect(end).toMatchObject({ kind: "summary-refused" });
      expect(end.kind === "summary-refused" && end.reason).toMatch(why);
      expect((await summaries()).map(({ version }) => version)).toEqual([1]);
      const told = await briefed();
      expect(told.summary).toContain(GOOD);
      expect(told.ledger.exact).toBe(true);
    },
  );
});

describe("a model that never makes a good one", () => {
  it("is asked again only as the window grows; the briefing then says what it does not tell", async () => {
    scene.model.summarise(() => ({ text: "I would rather not." }));
    const { id } = await scene.group([await scene.agent("scribe2")], SMALL_BUDGET);
    const inside = await enter(scene.owner.rest, id, 0);
    await talk(inside, 0, 60);
    const asked = eventsOf(inside).filter((row) => row.event.kind === "summary-asked");
    expect(asked.length).toBeGreaterThan(0);
    // 60 messages are about 14,000 tokens, and a try is due every 800 of them.
    expect(asked.length).toBeLessThan(20);
    const posted = await say(inside, `@scribe2 ${script({ text: "noted" })}`);
    expect((await runOf(inside, posted)).outcome).toBe("done");
    const prompt = scene.model.requests.findLast((one) => !isSummary(one))!;
    expect(textOf(prompt)).toMatch(/\d+ messages between #\d+ and #\d+ are not told/);
    inside.close();
  });
});

describe("a member", () => {
  it("writes the summary anew, and the next briefing tells those words", async () => {
    const [{ sections }] = (await summaries()) as [SummaryView];
    const edited = sections.map((each) =>
      each.section === "Current state"
        ? { ...each, bullets: [{ text: "The ladder is at Olive's.", rests: [] }] }
        : each,
    );
    await give(socket, { kind: "summary-edit", sections: edited });
    const [newest] = await summaries();
    expect(newest).toMatchObject({ version: 2, by: expect.any(String) });
    expect((await briefed()).summary).toContain("The ladder is at Olive's.");
    const forged = edited.map((each) => ({
      ...each,
      bullets: [{ text: "See", rests: ["msg_01aaaaaaaaaaaaaaaaaaaaaaaa"] }],
    }));
    const answer = await refused(socket, { kind: "summary-edit", sections: forged });
    expect(answer.code).toBe("invalid_request");
  });

  it("pins a message and keeps one out: the next briefing changes by that, and nothing else does", async () => {
    const pinned = await say(socket, "Pin me: the code word is heron.");
    const excluded = await say(socket, "Leave me out: it was a bad joke.");
    const messages = () =>
      scene.owner.rest.get<Page<MessageView>>(`/groups/${group.id}/messages?limit=20`);
    const [before, listed] = [await briefed(), await messages()];
    await give(socket, {
      kind: "briefing-rule-set",
      message: pinned.event.message,
      rule: "pinned",
    });
    await give(socket, {
      kind: "briefing-rule-set",
      message: excluded.event.message,
      rule: "excluded",
    });
    const after = await briefed();
    expect(after.pinned.map(({ message }) => message)).toEqual([pinned.event.message]);
    expect(after.charter).toBe(before.charter);
    expect(after.summary).toBe(before.summary);
    const ids = new Set<string>([pinned.event.message, excluded.event.message]);
    const kept = before.window.filter(({ message }) => !ids.has(message));
    expect(after.window.slice(0, kept.length)).toEqual(kept);
    expect(after.ledger.blocks).toContainEqual(
      expect.objectContaining({ of: excluded.event.message, fate: "left-out" }),
    );
    expect((await messages()).items.slice(-listed.items.length)).not.toEqual([]);
    const later = (await messages()).items.filter(({ seq }) => seq <= listed.items.at(-1)!.seq);
    expect(later).toEqual(listed.items.slice(-later.length));
    for (const { event: said } of [pinned, excluded])
      await give(socket, { kind: "briefing-rule-set", message: said.message, rule: "normal" });
    const back = await briefed();
    expect(back.pinned).toEqual([]);
    expect(back.window.slice(0, before.window.length)).toEqual(before.window);
  });
});

describe("the accordion", () => {
  it("works by itself with a model of a provider, one summary after another", async () => {
    scene.model.summarise((told) => {
      const last = [...told.matchAll(/^\[#(\d+) /gm)].at(-1)?.[1];
      return { text: summaryText({ "Current state": [`Talk goes on [#${last}]`] }) };
    });
    const { version } = (await summaries())[0] as SummaryView;
    for (const next of [1, 2])
      expect(await talkUntilSummary(socket, next * 1000)).toMatchObject({
        kind: "summary-made",
        version: version + next,
      });
  });
});
