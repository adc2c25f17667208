// Tool calls and approvals: what only reads runs at once, what has an effect waits for a member's word, bound to its arguments.
import type { AgentView, EventOf, GroupView, RunId } from "@acos/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { signUp, type SignedUpUser } from "../rest.ts";
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
  say,
  type Scene,
} from "./scene.ts";

let scene: Scene;
let doer: AgentView;
let group: GroupView;
let socket: GroupSocket;
let viewer: SignedUpUser;

beforeAll(async () => {
  scene = await openScene();
  const tool = {
    type: "http",
    name: "desk",
    description: "The desk.",
    baseUrl: `${scene.effects.url}/desk`,
    methods: ["GET", "POST"],
    headers: { "x-desk-key": "desk-secret" },
    query: { from: "acos" },
  };
  doer = await scene.agent("doer", { tools: ["calculate", "current_time", tool] });
  group = await scene.group([doer]);
  viewer = await signUp(scene.product.url, "Vera");
  await scene.owner.rest.put(`/groups/${group.id}/members/${viewer.id}`, { role: "viewer" });
});
beforeEach(async () => {
  socket = await enter(scene.owner.rest, group.id);
});
afterAll(() => scene.close());

const desk = (deed: string) => ({
  tool: "desk",
  arguments: { method: "POST", path: "/do", body: { deed } },
});

/** Wakes the agent with a script and answers its run. */
async function wake(...turns: ScriptedTurn[]): Promise<RunId> {
  const posted = await say(socket, `@doer ${script(...turns)}`);
  return (await event(socket, "run-queued", (one) => one.trigger === posted.event.message)).event
    .run;
}

const askedBy = (run: string, nth = 0) =>
  event(socket, "approval-asked", (one) => {
    const asked = eventsOf(socket).filter(
      (row) => row.event.kind === "approval-asked" && row.event.run === run,
    );
    return (
      one.run === run &&
      (asked[nth]?.event as EventOf<"approval-asked"> | undefined)?.approval === one.approval
    );
  });

const resultsOf = (run: string) =>
  eventsOf(socket)
    .map((row) => row.event)
    .filter((one) => one.kind === "tool-result-received")
    .filter((one) => one.run === run);

const hitsWith = (deed: string) => scene.effects.hits.filter((hit) => hit.body.includes(deed));

describe("a tool that only reads", () => {
  it("runs without asking, and the model is told its result", async () => {
    const run = await wake(
      { text: "Let me count.", calls: [{ tool: "calculate", arguments: { expression: "6 * 7" } }] },
      { text: "counted" },
    );
    expect((await endOf(socket, run)).outcome).toBe("done");
    expect(resultsOf(run).map((one) => one.result.isError)).toEqual([false]);
    expect(resultsOf(run)[0]?.result.text).toContain("42");
    expect(JSON.stringify(scene.model.requests.at(-1)?.messages)).toContain("42");
  });

  it("over HTTP reaches the service with the agent's own headers and query", async () => {
    const run = await wake(
      { calls: [{ tool: "desk", arguments: { method: "GET", path: "/read" } }] },
      { text: "read" },
    );
    expect((await endOf(socket, run)).outcome).toBe("done");
    const hit = scene.effects.hits.at(-1);
    expect(hit?.method).toBe("GET");
    expect(hit?.path).toBe("/desk/read?from=acos");
    expect(hit?.headers["x-desk-key"]).toBe("desk-secret");
    expect(JSON.stringify(eventsOf(socket))).not.toContain("desk-secret");
  });

  it("that fails, is unknown or reaches for forbidden addresses is a result for the model, not the end", async () => {
    const run = await wake(
      {
        calls: [
          { tool: "calculate", arguments: { expression: "1 +" } },
          { tool: "no_such_tool", arguments: {} },
          { tool: "desk", arguments: { method: "GET", path: "/../../escape" } },
          { tool: "desk", arguments: { method: "GET", path: "//169.254.169.254/" } },
        ],
      },
      { text: "I saw" },
    );
    expect((await endOf(socket, run)).outcome).toBe("done");
    expect(resultsOf(run).map((one) => one.result.isError)).toEqual([true, true, true, true]);
    expect(scene.effects.hits.some((hit) => hit.path.includes("escape"))).toBe(false);
  });
});

describe("a tool with an effect", () => {
  it("waits for an approval, shows the whole call, then is done once", async () => {
    const run = await wake({ calls: [desk("deed-1")] }, { text: "done" });
    const { event: asked } = await askedBy(run);
    expect(asked.arguments).toEqual(desk("deed-1").arguments);
    expect(hitsWith("deed-1")).toHaveLength(0);
    const view = await scene.owner.rest.get<GroupView>(`/groups/${group.id}`);
    expect(view.approvals.map((one) => one.approval)).toContain(asked.approval);
    expect(view.runs.find((one) => one.run === run)?.state).toBe("waiting");
    await give(socket, { kind: "approval-decide", approval: asked.approval, decision: "approve" });
    expect((await endOf(socket, run)).outcome).toBe("done");
    expect(hitsWith("deed-1")).toHaveLength(1);
    const kinds = eventsOf(socket)
      .map((row) => row.event)
      .filter((one) => "call" in one && one.call === asked.call)
      .map((one) => one.kind);
    expect(kinds).toEqual([
      "tool-call-made",
      "approval-asked",
      "approval-decided",
      "tool-call-dispatched",
      "tool-result-received",
    ]);
  });

  it("that is denied never goes out, and the model is told", async () => {
    const run = await wake({ calls: [desk("deed-2")] }, { text: "as you wish" });
    const { approval } = (await askedBy(run)).event;
    await give(socket, { kind: "approval-decide", approval, decision: "deny" });
    expect((await endOf(socket, run)).outcome).toBe("done");
    expect(hitsWith("deed-2")).toHaveLength(0);
    expect(resultsOf(run).map((one) => one.result.isError)).toEqual([true]);
  });

  it("goes out with the arguments that the member edited", async () => {
    const run = await wake({ calls: [desk("deed-3")] }, { text: "done" });
    const { approval, digest } = (await askedBy(run)).event;
    const edited = { method: "POST", path: "/do", body: { deed: "deed-3-gently" } };
    await give(socket, {
      kind: "approval-decide",
      approval,
      decision: "approve",
      arguments: edited,
    });
    await endOf(socket, run);
    const decided = (await event(socket, "approval-decided", (one) => one.approval === approval))
      .event;
    expect(decided.arguments).toEqual(edited);
    expect(decided.digest).not.toBe(digest);
    expect(
      scene.effects.hits.filter((hit) => hit.body.includes("deed-3")).map((hit) => hit.body),
    ).toEqual(['{"deed":"deed-3-gently"}']);
  });

  it("is decided once: a second answer, by anybody, is refused", async () => {
    const run = await wake({ calls: [desk("deed-4")] }, { text: "done" });
    const { approval } = (await askedBy(run)).event;
    const approve = { kind: "approval-decide", approval, decision: "approve" } as const;
    const seq = await give(socket, approve, "decide-4");
    expect(await give(socket, approve, "decide-4")).toBe(seq);
    expect((await refused(socket, approve)).code).toBe("approval_closed");
    expect((await refused(socket, { ...approve, decision: "deny" })).code).toBe("approval_closed");
    await endOf(socket, run);
    expect((await refused(socket, approve)).code).toBe("approval_closed");
    expect(hitsWith("deed-4")).toHaveLength(1);
  });

  it("may not be approved by a viewer", async () => {
    const run = await wake({ calls: [desk("deed-5")] }, { text: "done" });
    const { approval } = (await askedBy(run)).event;
    const watching = await enter(viewer.rest, group.id);
    const approve = { kind: "approval-decide", approval, decision: "approve" } as const;
    expect((await refused(watching, approve)).code).toBe("forbidden");
    watching.close();
    await give(socket, { ...approve, decision: "deny" });
    await endOf(socket, run);
    expect(hitsWith("deed-5")).toHaveLength(0);
  });

  it("twice in one turn asks twice, and each answer counts for its own call", async () => {
    const run = await wake({ calls: [desk("deed-6a"), desk("deed-6b")] }, { text: "done" });
    const [first, second] = [(await askedBy(run, 0)).event, (await askedBy(run, 1)).event];
    await give(socket, { kind: "approval-decide", approval: second.approval, decision: "approve" });
    await give(socket, { kind: "approval-decide", approval: first.approval, decision: "deny" });
    expect((await endOf(socket, run)).outcome).toBe("done");
    expect([hitsWith("deed-6a").length, hitsWith("deed-6b").length]).toEqual([0, 1]);
  });

  it("that is answered long after others have spoken still goes on", async () => {
    const run = await wake({ calls: [desk("deed-7")] }, { text: "done" });
    const { approval } = (await askedBy(run)).event;
    for (const text of ["meanwhile", "others", "talk"]) await say(socket, text);
    await give(socket, { kind: "approval-decide", approval, decision: "approve" });
    expect((await endOf(socket, run)).outcome).toBe("done");
    expect(hitsWith("deed-7")).toHaveLength(1);
  });

  it("is closed by cancelling its run", async () => {
    const run = await wake({ calls: [desk("deed-8")] }, { text: "done" });
    const { approval } = (await askedBy(run)).event;
    await give(socket, { kind: "run-cancel", run });
    expect((await endOf(socket, run)).outcome).toBe("cancelled");
    const late = await refused(socket, { kind: "approval-decide", approval, decision: "approve" });
    expect(late.code).toMatch(/approval_closed|run_ended/);
    expect(hitsWith("deed-8")).toHaveLength(0);
    const view = await scene.owner.rest.get<GroupView>(`/groups/${group.id}`);
    expect(view.approvals.map((one) => one.approval)).not.toContain(approval);
  });
});
