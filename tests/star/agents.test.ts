// Who answers, with which configuration, and how a run is stopped: agents in a group, whole star.
import {
  RUN_QUEUE_MAX,
  RUN_TURNS_MAX,
  type AgentView,
  type EventOf,
  type GroupView,
} from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { script, type ScriptedTurn } from "../scripted-model.ts";
import type { GroupSocket } from "../socket.ts";
import {
  endOf,
  enter,
  event,
  eventsOf,
  give,
  openScene,
  refused,
  runOf,
  say,
  textOf,
  type Scene,
} from "./scene.ts";

let scene: Scene;
let ada: AgentView;
let grace: AgentView;
let group: GroupView;
let socket: GroupSocket;

beforeAll(async () => {
  scene = await openScene();
  ada = await scene.agent("ada");
  grace = await scene.agent("grace");
  group = await scene.group([ada, grace]);
  socket = await enter(scene.owner.rest, group.id, 0);
});
afterAll(() => scene.close());

/** The answer that a run posted last. */
async function answerOf(run: string) {
  await endOf(socket, run);
  const rows = eventsOf(socket).filter(
    (row) => row.event.kind === "message-posted" && row.event.run === run,
  );
  return rows.at(-1) as Parameters<typeof textOf>[0];
}

const agentsWoken = (posted: EventOf<"message-posted">) =>
  (posted.routing ?? []).filter((receipt) => receipt.woken).length;

describe("agents that come and go while a group lives", () => {
  const wakes = async (room: GroupSocket, handle: string) => {
    const posted = await say(room, `@${handle} ${script({ text: `${handle} is here` })}`);
    const queued = await event(room, "run-queued", (one) => one.trigger === posted.event.message);
    return (await endOf(room, queued.event.run)).outcome;
  };

  it("are covered by the group's certificate from their first turn on", async () => {
    const { id } = await scene.group([ada]);
    const room = await enter(scene.owner.rest, id, 0);
    expect(await wakes(room, "ada")).toBe("done");
    await scene.owner.rest.put(`/groups/${id}/members/${grace.id}`, {});
    await event(room, "member-joined", (one) => one.member.handle === "grace");
    expect(await wakes(room, "grace")).toBe("done");
    await scene.owner.rest.delete(`/groups/${id}/members/${ada.id}`);
    await event(room, "member-left");
    expect(await wakes(room, "grace")).toBe("done");
    room.close();
  });
});

describe("waking", () => {
  it("takes a mention: the one who is named answers, the other stays quiet", async () => {
    const posted = await say(socket, `@ada ${script({ text: "here I am" })}`);
    expect(posted.event.mentions.map((mention) => mention.handle)).toEqual(["ada"]);
    const queued = await event(socket, "run-queued", (one) => one.trigger === posted.event.message);
    expect(queued.event.agent).toBe(ada.id);
    expect(textOf(await answerOf(queued.event.run))).toBe("here I am");
  });

  it("takes a reply to something the agent said", async () => {
    const first = await say(socket, `@grace ${script({ text: "ask me more" })}`);
    const queued = await event(socket, "run-queued", (one) => one.trigger === first.event.message);
    const answer = await answerOf(queued.event.run);
    const reply = await say(socket, script({ text: "more" }), answer.event.message);
    const woken = await event(socket, "run-queued", (one) => one.trigger === reply.event.message);
    expect(woken.event.agent).toBe(grace.id);
    expect((await endOf(socket, woken.event.run)).outcome).toBe("done");
  });

  it("does not happen without either, nor for a handle that nobody has", async () => {
    for (const text of ["nobody is meant", "@nobody are you there?", "mail ada@example.org"]) {
      const posted = await say(socket, text);
      expect(agentsWoken(posted.event)).toBe(0);
    }
    const runs = eventsOf(socket).filter((row) => row.event.kind === "run-queued").length;
    const last = await say(socket, `@ada ${script({ text: "only me" })}`);
    await runOf(socket, last);
    expect(eventsOf(socket).filter((row) => row.event.kind === "run-queued").length).toBe(runs + 1);
  });

  it("in the policy `everyone` needs no mention", async () => {
    const open = await scene.group([ada], { wake: "everyone" });
    const inside = await enter(scene.owner.rest, open.id, 0);
    expect((await runOf(inside, await say(inside, script({ text: "hello" })))).outcome).toBe(
      "done",
    );
    inside.close();
  });

  it("between agents comes to an end by itself", async () => {
    const [ping, pong] = [await scene.agent("ping"), await scene.agent("pong")];
    const chatty = await scene.group([ping, pong], {
      agents: { wake: "bounded", rounds: 2, cooldownMs: 0, pairMentions: 3, chainDepth: 6 },
    });
    const inside = await enter(scene.owner.rest, chatty.id, 0);
    const loop = script({ text: "@ping @pong and you?" });
    const posted = await say(inside, `@ping ${loop}`);
    const root = await event(inside, "run-queued", (one) => one.trigger === posted.event.message);
    await endOf(inside, root.event.run);
    await inside.waitFor(
      (frame) =>
        frame.type === "event" &&
        frame.event.kind === "message-posted" &&
        frame.event.run !== undefined &&
        frame.event.routing?.every((receipt) => !receipt.woken) === true
          ? true
          : undefined,
      "an agent's message that wakes nobody",
    );
    const queued = eventsOf(inside).filter((row) => row.event.kind === "run-queued");
    expect(queued.length).toBeGreaterThan(1);
    expect(queued.length).toBeLessThanOrEqual(7);
    inside.close();
  });

  it("between agents can be switched off", async () => {
    const [left, right] = [await scene.agent("left"), await scene.agent("right")];
    const quiet = await scene.group([left, right], { agents: { wake: "off" } });
    const inside = await enter(scene.owner.rest, quiet.id, 0);
    await runOf(inside, await say(inside, `@left ${script({ text: "@right your turn" })}`));
    await say(inside, "is anybody there?");
    expect(eventsOf(inside).filter((row) => row.event.kind === "run-queued")).toHaveLength(1);
    inside.close();
  });
});

describe("a run", () => {
  it("streams, posts under the streamed id, and reports what it used", async () => {
    const text = "a b c d e f g h ".repeat(8).trim();
    const posted = await say(socket, `@ada ${script({ text, pieces: 16, pieceMs: 12 })}`);
    const queued = await event(socket, "run-queued", (one) => one.trigger === posted.event.message);
    const deltas = () =>
      socket.frames.filter((frame) => frame.type === "delta" && frame.run === queued.event.run);
    const answer = await answerOf(queued.event.run);
    expect(textOf(answer)).toBe(text);
    expect(new Set(deltas().map((frame) => frame.type === "delta" && frame.message))).toEqual(
      new Set([answer.event.message]),
    );
    const ended = await endOf(socket, queued.event.run);
    expect(ended.usage.inputTokens).toBe(100);
    expect(ended.usage.outputTokens).toBe(10);
  });

  it("can be cancelled in mid-stream, and what had come stays", async () => {
    const slow = script({ text: "word ".repeat(200), pieces: 200, pieceMs: 50 });
    const posted = await say(socket, `@ada ${slow}`);
    const queued = await event(socket, "run-queued", (one) => one.trigger === posted.event.message);
    const { run } = queued.event;
    await socket.waitFor(
      (frame) =>
        frame.type === "delta" && frame.run === run && frame.offset > 0 ? true : undefined,
      "delta",
    );
    await give(socket, { kind: "run-cancel", run });
    expect((await endOf(socket, run)).outcome).toBe("cancelled");
    expect((await refused(socket, { kind: "run-cancel", run })).code).toBe("run_ended");
    await expect.poll(() => scene.model.hangUps()).toBeGreaterThan(0);
  });

  it("of one agent waits for its run before; another agent's does not", async () => {
    const slow = script({ text: "slowly ".repeat(20), pieces: 20, pieceMs: 40 });
    const first = await say(socket, `@ada ${slow}`);
    const second = await say(socket, `@ada ${script({ text: "after" })}`);
    const other = await say(socket, `@grace ${script({ text: "meanwhile" })}`);
    await Promise.all([runOf(socket, first), runOf(socket, second), runOf(socket, other)]);
    const ends = eventsOf(socket).filter((row) => row.event.kind === "run-ended");
    const place = async (posted: typeof first) => {
      const queued = await event(
        socket,
        "run-queued",
        (one) => one.trigger === posted.event.message,
      );
      return ends.findIndex(
        (row) => row.event.kind === "run-ended" && row.event.run === queued.event.run,
      );
    };
    expect(await place(first)).toBeLessThan(await place(second));
    expect(await place(other)).toBeLessThan(await place(first));
  });
});

describe("a run that will not end", () => {
  it("pauses at the limit of turns and goes on when a member says so", async () => {
    const again: ScriptedTurn = {
      calls: [{ tool: "calculate", arguments: { expression: "1 + 1" } }],
    };
    const endless = await scene.agent("endless", { tools: ["calculate"] });
    const inside = await enter(scene.owner.rest, (await scene.group([endless])).id, 0);
    const turns = Array.from({ length: RUN_TURNS_MAX + 1 }, () => again);
    const posted = await say(inside, `@endless ${script(...turns)}`);
    const queued = await event(inside, "run-queued", (one) => one.trigger === posted.event.message);
    const { run } = queued.event;
    expect((await event(inside, "run-paused")).event).toMatchObject({ run, reason: "turn-limit" });
    await give(inside, { kind: "run-resume", run });
    expect((await endOf(inside, run)).outcome).toBe("done");
    const started = eventsOf(inside).filter((row) => row.event.kind === "turn-started");
    expect(started).toHaveLength(RUN_TURNS_MAX + 2);
    inside.close();
  });
});

describe("a queue", () => {
  it("holds so many runs of one agent; who comes later is told in the routing receipt", async () => {
    const slowpoke = await scene.agent("slowpoke");
    const inside = await enter(scene.owner.rest, (await scene.group([slowpoke])).id, 0);
    const slow = script({ text: "slow", firstMs: 30_000 });
    const first = await say(inside, `@slowpoke ${slow}`);
    for (let count = 0; count < RUN_QUEUE_MAX; count += 1) await say(inside, "@slowpoke and this?");
    const late = await say(inside, "@slowpoke and that?");
    expect(late.event.routing).toMatchObject([{ woken: false, reason: "queue-full" }]);
    const running = await event(inside, "run-started");
    expect(running.event.run).toBe(
      (await event(inside, "run-queued", (one) => one.trigger === first.event.message)).event.run,
    );
    await give(inside, { kind: "run-cancel", run: running.event.run });
    expect((await endOf(inside, running.event.run)).outcome).toBe("cancelled");
    inside.close();
  });
});

describe("a changed agent", () => {
  it("runs with its new configuration from the next run on", async () => {
    const changed = await scene.owner.rest.patch<AgentView>(`/agents/${ada.id}`, {
      instructions: "You are the second ada.",
    });
    expect(changed.version).toBe(2);
    const posted = await say(socket, `@ada ${script({ text: "newer" })}`);
    const queued = await event(socket, "run-queued", (one) => one.trigger === posted.event.message);
    await endOf(socket, queued.event.run);
    const started = await event(socket, "run-started", (one) => one.run === queued.event.run);
    expect(started.event.version).toBe(2);
    expect(JSON.stringify(scene.model.requests.at(-1)?.messages)).toContain("the second ada");
  });

  it("stays as it was in a group that pinned a version", async () => {
    const pinned = await scene.owner.rest.post<GroupView>(`/orgs/${scene.owner.org}/groups`, {
      name: "Pinned",
      agents: [{ id: ada.id, version: 1 }],
    });
    const inside = await enter(scene.owner.rest, pinned.id, 0);
    const posted = await say(inside, `@ada ${script({ text: "older" })}`);
    await runOf(inside, posted);
    const started = await event(inside, "run-started");
    expect(started.event.version).toBe(1);
    expect(JSON.stringify(scene.model.requests.at(-1)?.messages)).toContain("You are ada.");
    inside.close();
  });

  it("never runs with the old one after the answer, however often it changes", async () => {
    for (let round = 0; round < 5; round += 1) {
      const word = `edition-${round}`;
      const { version } = await scene.owner.rest.patch<AgentView>(`/agents/${grace.id}`, {
        instructions: word,
      });
      const posted = await say(socket, `@grace ${script({ text: "yes" })}`);
      await runOf(socket, posted);
      const queued = await event(
        socket,
        "run-queued",
        (one) => one.trigger === posted.event.message,
      );
      const started = await event(socket, "run-started", (one) => one.run === queued.event.run);
      expect(started.event.version).toBe(version);
      expect(JSON.stringify(scene.model.requests.at(-1)?.messages)).toContain(word);
    }
  });
});
