// Tests of tool calls in sandboxes: who makes the sandbox, that a call is made once whatever breaks, and what is kept before it.
import type { ToolOutputFrame } from "@acos/protocol";
import { afterEach, describe, expect, it } from "vitest";

import { host } from "./fake-sandbox-host.ts";
import { MemberSocket, stubOf } from "./member.ts";
import {
  approveAll,
  boxedGroup,
  boxOf,
  call,
  eventsOf,
  groupWith,
  killObject,
  logOf,
  run,
  say,
  waitFor,
  write,
} from "./sandbox-group.ts";
import { clock } from "./worker.ts";

afterEach(() => {
  host.reset();
  clock.aheadMs = 0;
});

/** What frames say together, each in its place. */
const textOf = (frames: readonly ToolOutputFrame[]): string =>
  frames.reduce((text, frame) => text.slice(0, frame.offset) + frame.text, "");

const ranOf = (command: string): number => host.ran.filter((each) => each === command).length;

describe("the sandbox of a call", () => {
  it("[B1] is made by the approved call that needs it first, and by nothing else", async () => {
    const group = await groupWith();
    await say(group, `@ada use ${run("first")} & ${run("second")}`);
    await waitFor(group, "approval-asked", 2);
    expect(await eventsOf(group, "sandbox-created")).toEqual([]);
    await approveAll(group);
    const [ended] = await waitFor(group, "run-ended");
    expect(ended?.outcome).toBe("done");
    expect(await eventsOf(group, "sandbox-created")).toHaveLength(1);
    const [started] = await eventsOf(group, "sandbox-started");
    expect(started).toMatchObject({ workspace: "new", startMs: 12 });
    expect([ranOf("first"), ranOf("second")]).toEqual([1, 1]);
    const results = await eventsOf(group, "tool-result-received");
    expect(results.map(({ result }) => result.text).toSorted()).toEqual([
      "did first",
      "did second",
    ]);
  });

  it("[B1] looking makes and starts none", async () => {
    const group = await groupWith();
    await say(group, `@ada use ${call("read_file", { path: "a" })}`);
    await waitFor(group, "run-ended");
    const [result] = await eventsOf(group, "tool-result-received");
    expect(result?.result.isError).toBe(true);
    expect(await eventsOf(group, "sandbox-created")).toEqual([]);
  });

  it("[B2] that cannot be started is a result in words, and the group goes on", async () => {
    const group = await boxedGroup();
    host.off = true;
    await say(group, `@ada use ${run("nothing")}`);
    await waitFor(group, "run-ended");
    const [result] = await eventsOf(group, "tool-result-received");
    expect(result?.result).toEqual({ isError: true, text: "sandboxes_off" });
    expect(ranOf("nothing")).toBe(0);
  });
});

describe("a call", () => {
  it("[B3] whose link breaks after every frame is read to its result, and made once", async () => {
    const group = await boxedGroup();
    host.breakAt = 1;
    await say(group, `@ada use ${run("broken")}`);
    const [result] = await waitFor(group, "tool-result-received");
    expect(result?.result.text).toBe("did broken");
    expect(ranOf("broken")).toBe(1);
    const froms = host.whatOf(group.box).filter((what) => what.includes("?from="));
    expect(froms.map((what) => what.split("=")[1])).toEqual(["1", "2", "3"]);
  });

  it("[B3] whose sending is not answered is looked for, not made again", async () => {
    const group = await boxedGroup();
    host.lostPosts = 1;
    await say(group, `@ada use ${run("unanswered")}`);
    const [result] = await waitFor(group, "tool-result-received");
    expect(result?.result.text).toBe("did unanswered");
    expect(ranOf("unanswered")).toBe(1);
  });

  it("[B4] goes on without its group's object: the next one asks for its result", async () => {
    const group = await boxedGroup();
    await say(group, `@ada use ${run("hold-4")}`);
    await expect.poll(() => ranOf("hold-4")).toBe(1);
    await killObject(group);
    host.release("hold-4");
    await logOf(group);
    const [result] = await waitFor(group, "tool-result-received");
    expect(result?.result.text).toBe("did hold-4");
    expect(ranOf("hold-4")).toBe(1);
    expect(await eventsOf(group, "tool-call-dispatched")).toHaveLength(1);
  });

  it("[B11] is heard while it runs, by who looks on and who joins, also after the object died", async () => {
    const group = await boxedGroup();
    const socket = await MemberSocket.live(group);
    const heard = (by: MemberSocket) =>
      by.frames.flatMap((frame) => (frame.type === "tool-output" ? frame : []));
    await say(group, `@ada use ${run("hold-11")}`);
    await expect.poll(() => textOf(heard(socket))).toBe("one\ntwo\n");
    const joined = await MemberSocket.live(group);
    await expect.poll(() => heard(joined)).toHaveLength(1);
    expect(heard(joined)[0]).toMatchObject({ offset: 0, text: "one\ntwo\n" });
    await killObject(group);
    const again = { ...group, stub: stubOf(group.id) };
    const after = await MemberSocket.live(again);
    await expect.poll(() => textOf(heard(after))).toBe("one\ntwo\n");
    host.release("hold-11");
    await waitFor(group, "run-ended");
    const late = await MemberSocket.live(again);
    expect(heard(late)).toEqual([]);
    expect(JSON.stringify(await logOf(group))).not.toContain("tool-output");
  });

  it("[B4] that waited for another when the object died is made after it, once", async () => {
    const group = await boxedGroup();
    await say(group, `@ada use ${run("hold-5")} & ${run("after-5")}`);
    await expect.poll(() => ranOf("hold-5")).toBe(1);
    await killObject(group);
    await logOf(group);
    host.release("hold-5");
    const [ended] = await waitFor(group, "run-ended");
    expect(ended?.outcome).toBe("done");
    expect([ranOf("hold-5"), ranOf("after-5")]).toEqual([1, 1]);
  });

  it("[B5] that nobody knows any more interrupts its run and is not made again", async () => {
    const group = await boxedGroup();
    host.breakAt = 2;
    await say(group, `@ada use ${run("hold-6")}`);
    await expect.poll(() => ranOf("hold-6")).toBe(1);
    host.kill(group.box);
    const [ended] = await waitFor(group, "run-ended");
    expect(ended?.outcome).toBe("interrupted");
    expect(ranOf("hold-6")).toBe(1);
  });

  it("[B5] whose sending was lost with the host that took it interrupts its run and is not made again", async () => {
    const group = await boxedGroup();
    Object.assign(host, { lostPosts: 1, lostWithHost: true });
    await say(group, `@ada use ${run("lost-9")}`);
    const [ended] = await waitFor(group, "run-ended");
    expect(ranOf("lost-9")).toBe(1);
    expect(ended?.outcome).toBe("interrupted");
  });

  it("[B5] that was refused since its start was over is made in the next one", async () => {
    const group = await boxedGroup();
    await say(group, `@ada use ${call("start_server", { command: "one" })}`);
    await waitFor(group, "run-ended");
    host.kill(group.box);
    await say(group, `@ada use ${call("read_file", { path: "two" })}`);
    const [, second] = await waitFor(group, "run-ended", 2);
    expect(second?.outcome).toBe("done");
    expect(ranOf("two")).toBe(1);
    const kinds = (await logOf(group)).map(({ event }) => event.kind);
    expect(kinds.filter((kind) => kind === "sandbox-started")).toHaveLength(2);
    expect((await eventsOf(group, "sandbox-stopped"))[0]?.reason).toBe("lost");
  });

  it("[B6] of a run that a member stops is ended in the sandbox too", async () => {
    const group = await boxedGroup();
    await say(group, `@ada use ${run("hold-7")}`);
    await expect.poll(() => ranOf("hold-7")).toBe(1);
    const [queued] = await eventsOf(group, "run-queued");
    const command = { kind: "run-cancel", run: queued!.run } as const;
    await group.control.command(group.lena, { id: "stop-7", command });
    const calls = () => [...boxOf(group.box).calls.values()];
    host.breakAt = 1;
    host.release("hold-7");
    await expect.poll(() => calls()[0]?.cancelled).toBe(true);
  });

  it("[B7] that changes a file waits for one that holds its folder; others do not wait", async () => {
    const group = await boxedGroup();
    const inFolder = call("run_command", { command: "hold-8", cwd: "src" });
    await say(group, `@ada use ${inFolder} & ${write("src/a", "x")} & ${write("docs/b", "y")}`);
    await expect.poll(() => ranOf("docs/b")).toBe(1);
    await expect.poll(() => ranOf("hold-8")).toBe(1);
    expect(ranOf("src/a")).toBe(0);
    host.release("hold-8");
    await waitFor(group, "run-ended");
    expect(ranOf("src/a")).toBe(1);
  });

  it("[B8] that shows a server offers its preview to the members", async () => {
    const group = await boxedGroup();
    await say(group, `@ada use ${call("start_server", { command: "serve" })}`);
    const [offered] = await waitFor(group, "preview-offered");
    expect(offered).toMatchObject({ sandbox: group.box, port: 5173 });
  });
});

describe("a turn", () => {
  it("[B9] that changes something has a checkpoint of what was before, once; one that looks has none", async () => {
    const group = await boxedGroup();
    host.description = "Run the tests.";
    await say(group, `@ada use ${write("a", "1")} & ${write("b", "2")}`);
    await waitFor(group, "run-ended");
    await say(group, `@ada use ${call("read_file", { path: "a" })}`);
    await waitFor(group, "run-ended", 2);
    const made = await eventsOf(group, "checkpoint-made");
    const [queued] = await eventsOf(group, "run-queued");
    expect(made).toMatchObject([{ sandbox: group.box, run: queued!.run, turn: 1 }]);
    expect(boxOf(group.box).checkpoints[0]?.files.size).toBe(0);
    expect((await eventsOf(group, "sandbox-described"))[0]?.text).toBe("Run the tests.");
  });

  it("[B9] its changed lines are the agent's, with the message that made them; a member's are the member's", async () => {
    const group = await boxedGroup();
    await say(group, `@ada use ${write("a", "1")}`);
    await waitFor(group, "run-ended");
    const { control, lena, box } = group;
    await control.checkpoint(lena, box);
    boxOf(box).files.set("b", "2");
    const changes = await control.changes(lena, box, {});
    const [queued] = await eventsOf(group, "run-queued");
    const [turn] = await eventsOf(group, "turn-started");
    const me = (await logOf(group)).flatMap(({ event }) =>
      event.kind === "message-posted" && !event.run ? event.by : [],
    )[0];
    expect(changes).toMatchObject({
      ok: true,
      value: [
        { path: "a", run: queued!.run, turn: 1, by: queued!.member, message: turn!.message },
        { path: "b", by: me },
      ],
    });
    const hunks = changes.ok ? changes.value.map(({ hunk }) => hunk) : [];
    const undone = await control.undo(lena, box, [hunks[1]!, "f".repeat(64)]);
    expect(undone).toMatchObject({ ok: true, value: { undone: [hunks[1]], refused: [{}] } });
    expect([...boxOf(box).files.keys()]).toEqual(["a"]);
    expect((await eventsOf(group, "changes-undone"))[0]).toMatchObject({ hunks: 1, paths: ["b"] });
  });

  it("[B10] its sandbox is told of to the agents in their next briefing", async () => {
    const group = await boxedGroup();
    host.description = "Use tabs.";
    await say(group, `@ada use ${write("a", "1")}`);
    const [ended] = await waitFor(group, "run-ended");
    const told = await group.control.briefing(group.lena, ended!.run, 2);
    expect(told.ok && told.value.charter).toContain("Use tabs.");
    const socket = await MemberSocket.live(group, 0);
    const { group: view } = await socket.next("welcome");
    expect(view.sandboxes).toMatchObject([{ sandbox: group.box, state: "ready" }]);
  });
});
