// Model providers that fail in every way they know: the run ends with its reason, and nobody else notices.
import type { AgentView, GroupView, LogEvent, Page } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { problemOf } from "../rest.ts";
import { script, type ScriptedTurn } from "../scripted-model.ts";
import type { GroupSocket } from "../socket.ts";
import { enter, event, eventsOf, openScene, runOf, say, textOf, type Scene } from "./scene.ts";

let scene: Scene;
let unlucky: AgentView;
let lucky: AgentView;
let group: GroupView;
let socket: GroupSocket;

beforeAll(async () => {
  scene = await openScene();
  unlucky = await scene.agent("unlucky");
  lucky = await scene.agent("lucky");
  group = await scene.group([unlucky, lucky]);
  socket = await enter(scene.owner.rest, group.id, 0);
});
afterAll(() => scene.close());

const faults: [string, ScriptedTurn, string][] = [
  ["refuses the key (401)", { fault: 401 }, "provider_refused"],
  ["says slow down (429)", { fault: 429 }, "provider_rate_limited"],
  ["fails (500)", { fault: 500 }, "provider_failed"],
  ["answers garbage", { fault: "garbage" }, "provider_failed"],
  ["answers nothing", { fault: "nothing" }, "provider_failed"],
  [
    "stops in mid-stream",
    { text: "half a sen", pieces: 2, pieceMs: 20, fault: "break" },
    "provider_failed",
  ],
];

describe("a provider that", () => {
  it.each(faults)(
    "%s ends the run as failed with words; others go on",
    async (_name, turn, code) => {
      const bad = say(socket, `@unlucky ${script(turn)}`);
      const good = say(socket, `@lucky ${script({ text: "all is well" })}`);
      const ended = await runOf(socket, await bad);
      expect([ended.outcome, ended.problem?.code]).toEqual(["failed", code]);
      expect(ended.reason?.length).toBeGreaterThan(10);
      expect((await runOf(socket, await good)).outcome).toBe("done");
      const again = await say(socket, `@unlucky ${script({ text: "better now" })}`);
      expect((await runOf(socket, again)).outcome).toBe("done");
    },
  );

  it("stops in mid-stream leaves what had come, marked as incomplete", async () => {
    const turn: ScriptedTurn = {
      text: "half a sentence only",
      pieces: 4,
      pieceMs: 40,
      fault: "break",
    };
    const posted = await say(socket, `@unlucky ${script(turn)}`);
    await runOf(socket, posted);
    const queued = await event(socket, "run-queued", (one) => one.trigger === posted.event.message);
    const half = await event(socket, "message-posted", (one) => one.run === queued.event.run);
    expect(half.event.incomplete).toBe(true);
    expect("half a sentence only".startsWith(textOf(half))).toBe(true);
  });

  it("nobody can reach ends the run as failed", async () => {
    const { org, rest } = scene.owner;
    await rest.put(`/orgs/${org}/providers/nowhere`, {
      kind: "openai-compatible",
      baseUrl: "http://127.0.0.1:9/v1",
    });
    const lost = await scene.agent("lost", { model: "nowhere/model" });
    const alone = await scene.group([lost]);
    const inside = await enter(rest, alone.id, 0);
    const ended = await runOf(inside, await say(inside, "@lost hello?"));
    expect([ended.outcome, ended.problem?.code]).toEqual(["failed", "provider_failed"]);
    inside.close();
  });
});

describe("a provider's key", () => {
  it("is used for the call, and is shown nowhere", async () => {
    const { org, rest } = scene.owner;
    const shown = [
      await rest.get(`/orgs/${org}/providers`),
      await rest.get(`/orgs/${org}/providers/scripted`),
      await rest.get<Page<LogEvent>>(`/groups/${group.id}/events?after=0&limit=500`),
      eventsOf(socket),
    ];
    expect(JSON.stringify(shown)).not.toContain("very-secret");
    expect(scene.product.stderr()).not.toContain("very-secret");
  });

  it("never goes to an address that it was not given for, and a change counts from the next run on", async () => {
    const { org, rest } = scene.owner;
    const path = `/orgs/${org}/providers/scripted`;
    const put = (body: object) =>
      rest.call("PUT", path, { body: { kind: "openai-compatible", ...body } });
    const elsewhere = { baseUrl: "http://127.0.0.1:9/v1" };
    expect((await put(elsewhere)).status).toBe(400);
    expect((await put({ ...elsewhere, apiKey: "sk-very-secret-5678" })).status).toBe(200);
    expect((await runOf(socket, await say(socket, "@lucky hello?"))).outcome).toBe("failed");
    const back = { baseUrl: scene.model.url, apiKey: "sk-very-secret-5678" };
    expect((await put(back)).status).toBe(200);
    const kept = await put({ baseUrl: scene.model.url, models: ["actor"] });
    expect(kept.body).toMatchObject({ hasKey: true });
    const posted = await say(socket, `@lucky ${script({ text: "back" })}`);
    expect((await runOf(socket, posted)).outcome).toBe("done");
  });

  it("cannot be set for a provider that no agent's model names", async () => {
    const answer = await scene.owner.rest.call("POST", `/orgs/${scene.owner.org}/agents`, {
      body: { handle: "ghost", name: "Ghost", model: "unheard-of/model" },
    });
    expect(answer.status).toBe(400);
    expect(problemOf(answer).code).toBe("invalid_request");
  });
});
