// The ledger of a turn: what an agent was told can be read again to the byte, wherever the turn's part of the log lies by then.
import { createHash } from "node:crypto";

import type { Briefing, GroupView, Ledger, LedgerBlock, LogEvent, Page } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startProduct } from "../product.ts";
import { problemOf, signUp } from "../rest.ts";
import { script, textOf } from "../scripted-model.ts";
import type { GroupSocket } from "../socket.ts";
import { enter, event, give, openScene, runOf, say, type Scene } from "./scene.ts";
import { milestone, SMALL_BUDGET, talk } from "./talk.ts";

type Told = Briefing & { readonly ledger: Ledger };

let scene: Scene;
let group: GroupView;
let socket: GroupSocket;
let path: string;
let first: Told;
let prompt: string;

/** Four kinds of blocks and more: a pin, a summary, a window, and a second turn with a tool's result. */
beforeAll(async () => {
  scene = await openScene();
  group = await scene.group([await scene.agent("clerk", { tools: ["calculate"] })], SMALL_BUDGET);
  socket = await enter(scene.owner.rest, group.id, 0);
  const kept = await say(socket, "Our code word is heron.");
  await talk(socket, 0, 4);
  await milestone(socket);
  const { message } = kept.event;
  await give(socket, { kind: "briefing-rule-set", message, rule: "pinned" });
  await talk(socket, 4, 8);
  const turns = [
    { text: "Let me see.", calls: [{ tool: "calculate", arguments: { expression: "6 * 7" } }] },
    { text: "It is 42." },
  ];
  const posted = await say(socket, `@clerk ${script(...turns)}`);
  await runOf(socket, posted);
  const queued = await event(socket, "run-queued", (one) => one.trigger === posted.event.message);
  path = `/groups/${group.id}/runs/${queued.event.run}/turns/2/briefing`;
  first = await scene.owner.rest.get<Told>(path);
  prompt = textOf(scene.model.requests.at(-1)!);
});
afterAll(() => scene.close());

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** The text that a block of the ledger is of, found in the briefing beside it. */
function textFor(told: Told, { kind, of }: LedgerBlock): string | undefined {
  const named = (list: Told["window"]) => list.find(({ message }) => message === of)?.text;
  switch (kind) {
    case "charter":
      return told.charter;
    case "pinned":
      return named(told.pinned);
    case "summary":
      return told.summary;
    case "message":
      return named(told.window);
    case "closing":
      return told.closing;
    case "trigger":
      return told.trigger.text;
    default:
      return JSON.stringify(told.steps.find(({ turn }) => String(turn) === of));
  }
}

const again = () => scene.owner.rest.get<Told>(path);

describe("the briefing of a turn", () => {
  it("has every block with the SHA-256 of its text, its tokens and what the provider counted", () => {
    const { blocks, exact, tokens, usage } = first.ledger;
    expect(exact).toBe(true);
    expect(new Set(blocks.map(({ kind }) => kind))).toEqual(
      new Set(["charter", "pinned", "summary", "message", "closing", "trigger", "step"]),
    );
    const told = blocks.filter(({ fate }) => fate !== "left-out");
    for (const block of told)
      expect(block.hash, `${block.kind} ${block.of}`).toBe(sha256(textFor(first, block) ?? ""));
    expect(told).toHaveLength(5 + first.window.length + first.pinned.length);
    expect(tokens).toBe(told.reduce((sum, block) => sum + block.tokens, 0));
    expect(usage).toMatchObject({ inputTokens: 100, outputTokens: 10 });
  });

  it("is what the model was sent, in this order", () => {
    const { charter, pinned, summary, window, closing, trigger } = first;
    const texts = [charter, ...pinned.map(({ text }) => text), summary];
    texts.push(...window.map(({ text }) => text), closing, trigger.text);
    let at = 0;
    for (const text of texts) {
      const found = prompt.indexOf(text, at);
      expect(found, text.slice(0, 80)).toBeGreaterThanOrEqual(at);
      at = found + text.length;
    }
  });

  it("is not for people outside of the group", async () => {
    const stranger = await signUp(scene.product.url, "Stranger");
    const answer = await stranger.rest.call("GET", path);
    expect([answer.status, problemOf(answer).code]).toEqual([404, "not_found"]);
  });
});

describe("told again, the briefing is the same to the byte", () => {
  it("after the group has talked on and been summarised", async () => {
    await talk(socket, 8, 60);
    expect(await again()).toEqual(first);
  });

  it("after the product was killed and started again", async () => {
    const { data, port } = scene.product;
    socket.close();
    await scene.product.kill9();
    const product = await startProduct({ data, port });
    try {
      expect(await again()).toEqual(first);
      const back = await enter(scene.owner.rest, group.id, 0);
      // More than an archive keeps in its snapshot: the turn moves to a segment.
      await talk(back, 60, 360);
      back.close();
      const { items } = await scene.owner.rest.get<Page<LogEvent>>(
        `/groups/${group.id}/events?after=300&limit=1`,
      );
      expect(items).toHaveLength(1);
      await scene.owner.rest.post(`/groups/${group.id}/archive`);
      expect(await again()).toEqual(first);
      await scene.owner.rest.post(`/groups/${group.id}/archive`);
      expect(await again()).toEqual(first);
    } finally {
      await product.stop();
    }
  });
});
