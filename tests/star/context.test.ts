// A conversation that is longer than any briefing: what was told early is still known, and a turn costs no more for it.
import {
  estimateTokens,
  type AgentView,
  type Briefing,
  type EventOf,
  type Ledger,
  type LogEvent,
  type Page,
  type SummaryView,
} from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { script, textOf as promptOf } from "../scripted-model.ts";
import type { GroupSocket } from "../socket.ts";
import { enter, event, eventsOf, openScene, runOf, say, textOf, type Scene } from "./scene.ts";
import { SMALL_BUDGET, talk, talkUntilSummary } from "./talk.ts";
import { messagesOf } from "./whole-log.ts";

type Told = Briefing & { readonly ledger: Ledger };

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

/** What an agent says to a message, in its last words, and what it called before. */
async function answerTo(socket: GroupSocket, posted: Awaited<ReturnType<typeof say>>) {
  expect((await runOf(socket, posted)).outcome).toBe("done");
  const { run } = (await event(socket, "run-queued", (one) => one.trigger === posted.event.message))
    .event;
  const events = eventsOf(socket).map((row) => row.event);
  const calls = events.filter((one) => one.kind === "tool-call-made" && one.run === run);
  const said = events.filter((one) => one.kind === "message-posted" && one.run === run);
  return {
    text: textOf({ event: said.at(-1) as EventOf<"message-posted"> }),
    tools: calls.map((one) => (one as EventOf<"tool-call-made">).tool),
  };
}

describe("facts that were told early", () => {
  let socket: GroupSocket;
  let group: string;
  const seqs: Record<string, number> = {};
  const FACTS = {
    decision: "Decision: we ship on Friday at 14:15, not on Thursday.",
    note: "Note: the deploy key lies in /srv/keys/deploy-7731.",
    remember: "Remember that the invoice to Marlow is INV-20931.",
  };

  beforeAll(async () => {
    const ada = await scene.agent("ada", {
      model: "rehearsal/rehearsal-1",
      tools: ["recall", "read_message"],
    });
    group = (await scene.group([ada], SMALL_BUDGET)).id;
    socket = await enter(scene.owner.rest, group, 0);
    for (const [name, text] of Object.entries(FACTS)) seqs[name] = (await say(socket, text)).seq;
    seqs["toner"] = (
      await say(socket, "By the way, our printer on floor three takes toner TN-2420.")
    ).seq;
    for (let version = 1; version <= 4; version += 1)
      expect(await talkUntilSummary(socket, version * 100)).toMatchObject({
        kind: "summary-made",
        version,
      });
  });
  afterAll(() => socket.close());

  const newest = async () => {
    const { items } = await scene.owner.rest.get<Page<SummaryView>>(`/groups/${group}/summaries`);
    return items;
  };

  it("stand in the fourth summary, each with the message it rests on", async () => {
    const [summary, ...before] = await newest();
    expect(before.map(({ version }) => version)).toEqual([3, 2, 1]);
    const bullets = (summary?.sections ?? []).flatMap((section) => section.bullets);
    const { items } = await scene.owner.rest.get<Page<LogEvent>>(
      `/groups/${group}/events?after=0&limit=20`,
    );
    for (const [name, text] of Object.entries(FACTS)) {
      const posted = items.find(({ seq }) => seq === seqs[name]) as LogEvent;
      const { message } = posted.event as EventOf<"message-posted">;
      const told = bullets.filter(({ rests }) => rests.includes(message));
      expect(
        told.map((bullet) => bullet.text),
        text,
      ).toEqual([text]);
    }
  });

  it("are answered from it with the number of the message", async () => {
    const answer = await answerTo(socket, await say(socket, "@ada where is the deploy key?"));
    expect(answer.text).toContain("/srv/keys/deploy-7731");
    expect(answer.text).toContain(`#${seqs["note"]}`);
  });

  it("are found by recall where no summary has them", async () => {
    const [summary] = await newest();
    expect(JSON.stringify(summary)).not.toContain("TN-2420");
    const answer = await answerTo(
      socket,
      await say(socket, "@ada which toner does the printer on floor three take?"),
    );
    expect(answer.tools).toEqual(["recall"]);
    expect(answer.text).toContain("TN-2420");
    expect(answer.text).toContain(`#${seqs["toner"]}`);
  });
});

describe("a turn's briefing", () => {
  it("stays within the budget over 300 messages, whatever the history would come to", async () => {
    const agent = await scene.agent("steady");
    const { id } = await scene.group([agent], SMALL_BUDGET);
    const socket = await enter(scene.owner.rest, id, 0);
    const sent: number[] = [];
    for (let begin = 0; begin < 300; begin += 20) {
      await talk(socket, begin, begin + 19);
      const posted = await say(socket, `@steady ${script({ text: "noted" })}`);
      expect((await runOf(socket, posted)).outcome).toBe("done");
      const { run } = (
        await event(socket, "run-queued", (one) => one.trigger === posted.event.message)
      ).event;
      const told = await scene.owner.rest.get<Told>(`/groups/${id}/runs/${run}/turns/1/briefing`);
      const prompt = scene.model.requests.findLast((one) =>
        promptOf(one).includes(posted.event.message),
      )!;
      sent.push(estimateTokens(promptOf(prompt)));
      expect(told.ledger.exact).toBe(true);
      const head = told.ledger.blocks.filter(({ kind }) =>
        ["pinned", "summary", "message"].includes(kind),
      );
      expect(head.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(4_000);
    }
    // The charter and the closing words come on top: some hundred tokens.
    expect(Math.max(...sent)).toBeLessThan(4_600);
    // Between two cuts it goes up and down, by when a summary was there; the whole history would be ten times as much.
    const history = JSON.stringify(
      (await messagesOf(scene.owner.rest, id)).map(({ parts }) => parts),
    );
    expect(estimateTokens(history)).toBeGreaterThan(10 * Math.max(...sent));
    socket.close();
  });
});

describe("four agents that answer one message", () => {
  it("are sent at least four fifths of their prompts as the same bytes from the beginning", async () => {
    const agents: AgentView[] = [];
    for (const handle of ["north", "east", "south", "west"])
      agents.push(
        await scene.agent(handle, {
          instructions: `You are ${handle}. ${"Look at things from your side. ".repeat(8)}`,
          tools: ["calculate", "recall"],
        }),
      );
    const { id } = await scene.group(agents);
    const socket = await enter(scene.owner.rest, id, 0);
    await talk(socket, 0, 40);
    const posted = await say(
      socket,
      `@north @east @south @west what do you think? ${script({ text: "fine" })}`,
    );
    await expect
      .poll(() => eventsOf(socket).filter((row) => row.event.kind === "run-ended").length)
      .toBe(4);
    const prompts = scene.model.requests
      .filter((one) => promptOf(one).includes(posted.event.message))
      .map((one) => Buffer.from(JSON.stringify([one.tools, one.messages])));
    expect(prompts).toHaveLength(4);
    for (const prompt of prompts) {
      const shared = prompts.reduce(
        (least, other) => Math.min(least, common(prompt, other)),
        Infinity,
      );
      expect(shared / prompt.length).toBeGreaterThan(0.8);
    }
    socket.close();
  });
});

/** Bytes that two texts share from the beginning. */
function common(one: Buffer, other: Buffer): number {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  return at;
}
