// Tests of the object in workerd: log, sockets, runs, evictions.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";

import {
  GROUP_ORIGIN,
  PROTOCOL_VERSION,
  TOOL_CALL_CLAIMS_PATH,
  type EventOf,
  type GroupFrame,
  type LogEvent,
  type MessageId,
  type RunId,
} from "@acos/protocol";

import {
  controlOf,
  freshId,
  makeGroup,
  MemberSocket,
  stubOf,
  upgrade,
  type TestGroup,
} from "./member.ts";
import { directory, givenAway } from "./worker.ts";

const post = (text: string) => ({
  kind: "message-post" as const,
  parts: [{ type: "text" as const, text }],
});

async function give(group: TestGroup, id: string, text: string): Promise<number> {
  const given = await group.control.command(group.lena, { id, command: post(text) });
  if (!given.ok) throw new Error(given.problem.message);
  return given.value.seq;
}

/** Ends the object as a crash does: nothing of it is left but what is on disk. */
async function die(group: TestGroup): Promise<void> {
  const dying = runInDurableObject(stubOf(group.id), (_object, context) => context.abort("a test"));
  await expect(dying).rejects.toThrow("a test");
}

async function logOf({ id, lena }: TestGroup): Promise<readonly LogEvent[]> {
  const items: LogEvent[] = [];
  const control = controlOf(stubOf(id));
  for (;;) {
    const page = await control.events(lena, { after: items.length, limit: 100 });
    if (!page.ok) throw new Error(page.problem.message);
    items.push(...page.value.items);
    if (page.value.nextCursor === null) return items;
  }
}

const seqsOf = (socket: MemberSocket): number[] => socket.of("event").map((frame) => frame.seq);
const upTo = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index + 1);

describe("the log", () => {
  it("[L1] every acknowledged command is in the log once, at its seq", async () => {
    const group = await makeGroup();
    const socket = await MemberSocket.live(group, 0);
    for (let number = 0; number < 50; number += 1) socket.post(`c-${number}`, `message ${number}`);
    await socket.until((frame) => frame.type === "ack" && frame.id === "c-49");
    const log = await logOf(group);
    expect(log.map((event) => event.seq)).toEqual(upTo(0, log.length));
    for (const { id, seq } of socket.of("ack"))
      expect(log[seq - 1]!.event).toMatchObject({ parts: [{ text: `message ${id.slice(2)}` }] });
    expect(seqsOf(socket)).toEqual(upTo(0, log.length));
  });

  it("[L2] the same id is answered with the first seq, whichever way and after an eviction", async () => {
    const group = await makeGroup();
    const seq = await give(group, "same", "once");
    expect(await give(group, "same", "twice")).toBe(seq);
    await evictDurableObject(group.stub);
    const socket = await MemberSocket.live(group, seq);
    socket.post("same", "thrice");
    expect(await socket.next("ack")).toMatchObject({ seq });
    expect(await logOf(group)).toHaveLength(seq);
  });

  it("[L2] the same id of another member is another command", async () => {
    const group = await makeGroup();
    const noor = { user: freshId("user"), name: "Noor", orgs: [] };
    const card = { user: noor.user, name: "Noor", handle: "noor" };
    await group.control.putMember(group.lena, { type: "user", card, role: "member" });
    const seq = await give(group, "same", "mine");
    const other = await group.control.command(noor, { id: "same", command: post("hers") });
    expect(other).toEqual({ ok: true, value: { seq: seq + 1 } });
  });

  it("[L3] the object wakes with the state it had, across many snapshots", async () => {
    const group = await makeGroup();
    for (let number = 0; number < 600; number += 1)
      await give(group, `c-${number}`, `message ${number}`);
    const before = await runInDurableObject(group.stub, (object) => object.view(group.lena));
    await evictDurableObject(group.stub);
    expect(await group.control.view(group.lena)).toEqual(before);
    const parts = await runInDurableObject(group.stub, (_object, context) =>
      context.storage.sql.exec("SELECT count(*) AS count FROM state_parts").one(),
    );
    expect(parts["count"]).toBeGreaterThan(100);
  });

  it("[L4] an unknown group and one that is not ours answer alike, and looking leaves nothing", async () => {
    const group = await makeGroup();
    const eve = { user: freshId("user"), name: "Eve", orgs: [] };
    const unknown = stubOf(freshId("group"));
    const there = await group.control.view(eve);
    expect(there).toMatchObject({ ok: false, problem: { code: "not_found" } });
    expect(await controlOf(unknown).view(eve)).toEqual(there);
    expect(await controlOf(unknown).command(eve, { id: "c", command: post("hi") })).toEqual(there);
    const tables = await runInDurableObject(unknown, (_object, context) =>
      context.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'events'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it("[L5] pages of messages join, newest page first", async () => {
    const group = await makeGroup();
    for (let number = 0; number < 25; number += 1) await give(group, `c-${number}`, `${number}`);
    const texts: string[] = [];
    let before: number | undefined;
    for (let pages = 0; pages < 10; pages += 1) {
      const page = await group.control.messages(group.lena, {
        limit: 10,
        ...(before && { before }),
      });
      if (!page.ok) throw new Error(page.problem.message);
      texts.unshift(...page.value.items.map((item) => (item.parts[0] as { text: string }).text));
      if (page.value.nextCursor === null) break;
      before = Number(page.value.nextCursor);
    }
    expect(texts).toEqual(Array.from({ length: 25 }, (_, number) => `${number}`));
  });

  it("[L8] hands out no text of a withdrawn message, and no other one is touched", async () => {
    const group = await makeGroup();
    const socket = await MemberSocket.live(group, 0);
    await give(group, "a", "a secret");
    await give(group, "b", "no secret");
    const posted = (await socket.event("message-posted")).event as { message: MessageId };
    socket.command("c", { kind: "message-redact", message: posted.message });
    await socket.next("ack");
    const told = [await logOf(group), (await MemberSocket.live(group, 0)).frames];
    for (const texts of told.map((each) => JSON.stringify(each))) {
      expect(texts).not.toContain("a secret");
      expect(texts).toContain("no secret");
    }
  });

  it("[L7] tells the directory its new name", async () => {
    const group = await makeGroup();
    const socket = await MemberSocket.live(group, 0);
    socket.command("c", { kind: "settings-change", name: "Orchard" });
    await socket.next("ack");
    await vi.waitFor(() => expect(directory.get(group.id)).toBe("Orchard"));
  });

  it("[L6] a deleted group closes its sockets and is gone", async () => {
    const group = await makeGroup();
    const socket = await MemberSocket.live(group, 0);
    expect(await group.control.deleteGroup(group.lena)).toMatchObject({ ok: true });
    expect(await socket.untilClosed()).toEqual({ code: 4410, reason: "gone" });
    expect(await group.control.view(group.lena)).toMatchObject({ ok: false });
    // A routing token from before the deletion was verified without a look at the group: it ends here.
    expect((await upgrade(group.stub, group.lena)).status).toBe(404);
  });
});

describe("sockets", () => {
  it("[S1] refuses upgrades by HTTP: no claims, a used token, somebody outside", async () => {
    const group = await makeGroup();
    const plain = await group.stub.fetch("https://group.internal/ws");
    expect(plain.status).toBe(426);
    const jti = freshId("request");
    expect((await upgrade(group.stub, group.lena, { jti })).status).toBe(101);
    const again = await upgrade(group.stub, group.lena, { jti });
    expect([again.status, (await again.json<{ code: string }>()).code]).toEqual([
      401,
      "used_token",
    ]);
    const eve = { user: freshId("user"), name: "Eve", orgs: [] };
    expect((await upgrade(group.stub, eve)).status).toBe(404);
  });

  it("[S2] replays first, then goes live, while others keep posting", async () => {
    const group = await makeGroup();
    const writer = await MemberSocket.live(group, 0);
    for (let number = 0; number < 30; number += 1) writer.post(`c-${number}`, `${number}`);
    const readers = await Promise.all([0, 3, 10].map((since) => MemberSocket.live(group, since)));
    for (let number = 30; number < 60; number += 1) writer.post(`c-${number}`, `${number}`);
    await writer.until((frame) => frame.type === "ack" && frame.id === "c-59");
    const head = 3 + 60;
    for (const [index, since] of [0, 3, 10].entries()) {
      const reader = readers[index]!;
      await reader.until((frame) => frame.type === "event" && frame.seq === head);
      expect(seqsOf(reader)).toEqual(upTo(since, head));
      const order = reader.frames.map((frame) => frame.type);
      expect(order[0]).toBe("welcome");
      const live = reader.of("live")[0]!;
      const at = reader.frames.indexOf(live);
      for (const [place, frame] of reader.frames.entries())
        if (frame.type === "event") expect(frame.seq <= live.head).toBe(place < at);
    }
  });

  it("[S3] without since the newest 200 events come, past the head a reset", async () => {
    const group = await makeGroup();
    for (let number = 0; number < 230; number += 1) await give(group, `c-${number}`, `${number}`);
    const newest = await MemberSocket.live(group);
    expect(seqsOf(newest)).toEqual(upTo(33, 233));
    const ahead = await MemberSocket.live(group, 1_000);
    expect(ahead.of("reset")).toEqual([{ type: "reset", head: 233, from: 233 }]);
  });

  it("[S3] what is too much for a socket is announced, and the rest joins without a hole", async () => {
    const group = await makeGroup();
    const text = "x".repeat(30_000);
    for (let number = 0; number < 600; number += 1) await give(group, `c-${number}`, text);
    const socket = await MemberSocket.live(group, 0);
    const [reset] = socket.of("reset");
    // Messages of that size fill windows, so that summaries stand between them.
    expect(reset!.head).toBeGreaterThan(603);
    expect(reset!.from).toBeGreaterThan(0);
    expect(seqsOf(socket)).toEqual(upTo(reset!.from, reset!.head));
  });

  it.each([
    ["no JSON", "{", "invalid_json"],
    [
      "an unknown field",
      { type: "command", id: "x", command: post("a"), extra: 1 },
      "invalid_request",
    ],
    [
      "an unknown kind",
      { type: "command", id: "x", command: { kind: "explode" } },
      "invalid_request",
    ],
    ["a wrong type", { type: "hello", protocol: 1, since: "all" }, "invalid_request"],
    ["an array", [1], "invalid_request"],
    ["an empty message", { type: "command", id: "x", command: post("  ") }, "invalid_request"],
    ["too much", `"${"x".repeat(70_000)}"`, "too_large"],
    ["too much in UTF-8", `"${"é".repeat(40_000)}"`, "too_large"],
    ["broken UTF-8", '{"type":"ping","x":"\uFFFD"}', "invalid_frame"],
    ["binary", new ArrayBuffer(4), "invalid_frame"],
  ])("[S4] answers %s with a Problem and goes on", async (_what, frame, code) => {
    const group = await makeGroup();
    const socket = await MemberSocket.live(group, 0);
    socket.send(frame);
    expect(await socket.next("refused")).toMatchObject({ problem: { code } });
    socket.post("after", "still here");
    expect(await socket.next("ack")).toMatchObject({ id: "after" });
  });

  it("[S4] names the command whose frame was wrong", async () => {
    const socket = await MemberSocket.live(await makeGroup(), 0);
    socket.command("c-7", { kind: "message-post", parts: [] });
    expect(await socket.next("refused")).toMatchObject({ id: "c-7" });
  });

  it("[S5] another protocol closes with 4400, commands before the hello are refused", async () => {
    const group = await makeGroup();
    const early = await MemberSocket.open(group);
    early.post("c", "too early");
    expect(await early.next("refused")).toMatchObject({
      id: "c",
      problem: { code: "invalid_frame" },
    });
    const other = await MemberSocket.open(group);
    other.send({ type: "hello", protocol: PROTOCOL_VERSION + 1 });
    expect(await other.untilClosed()).toEqual({ code: 4400, reason: "unsupported_protocol" });
  });

  it("[S6] a removed member's sockets close at once", async () => {
    const group = await makeGroup();
    const noor = { user: freshId("user"), name: "Noor", orgs: [] };
    const card = { user: noor.user, name: "Noor", handle: "noor" };
    await group.control.putMember(group.lena, { type: "user", card, role: "member" });
    const socket = await MemberSocket.open(group, noor);
    socket.send({ type: "hello", protocol: 1, since: 0 });
    await socket.next("live");
    await group.control.removeMember(group.lena, noor.user);
    expect(await socket.untilClosed()).toMatchObject({ code: 4403 });
    expect((await upgrade(group.stub, noor)).status).toBe(404);
  });

  it("[S7] frames past the budget are refused with the time to wait", async () => {
    const socket = await MemberSocket.live(await makeGroup(), 0);
    for (let number = 0; number < 120; number += 1) socket.post(`c-${number}`, "quick");
    const refused = await socket.next("refused");
    expect(refused.problem.code).toBe("rate_limited");
    expect(refused.problem.retryAfterMs).toBeGreaterThan(0);
  });

  it("[S8] presence names who is there, typing reaches the others", async () => {
    const group = await makeGroup();
    const noor = { user: freshId("user"), name: "Noor", orgs: [] };
    const card = { user: noor.user, name: "Noor", handle: "noor" };
    await group.control.putMember(group.lena, { type: "user", card, role: "member" });
    const lena = await MemberSocket.live(group, 0);
    const other = await MemberSocket.open(group, noor);
    other.send({ type: "hello", protocol: 1 });
    await lena.until((frame) => frame.type === "presence" && frame.online.length === 2);
    other.send({ type: "typing" });
    const typing = await lena.next("typing");
    expect(typing.member).toBe((await other.next("welcome")).member.member);
    other.close();
    const left = (frame: GroupFrame): boolean =>
      frame.type === "presence" && frame.online.length === 1;
    await lena.until(
      (frame) => left(frame) && lena.frames.indexOf(frame) > lena.frames.indexOf(typing),
    );
  });
});

type MadeCall = EventOf<"tool-call-made">;

const callsOf = (socket: MemberSocket): readonly MadeCall[] =>
  socket.of("event").flatMap(({ event }) => (event.kind === "tool-call-made" ? [event] : []));

/** Claims a call as the Agents Worker does before it makes it; answers the status. */
async function claim({ id }: TestGroup, { run, call, digest }: MadeCall): Promise<number> {
  const { ToolCallClaims } = exports as unknown as { readonly ToolCallClaims: Fetcher };
  const body = JSON.stringify({ group: id, run, call, dispatch: 1, digest });
  const url = `${GROUP_ORIGIN}${TOOL_CALL_CLAIMS_PATH}`;
  const response = await ToolCallClaims.fetch(url, { method: "POST", body });
  await response.body?.cancel();
  return response.status;
}

describe("runs", () => {
  it("[T1] deltas join to the message that follows under the same id", async () => {
    const socket = await MemberSocket.live(await makeGroup(), 0);
    socket.post("c", "@ada say one two three four");
    await socket.event("run-ended");
    let text = "";
    for (const delta of socket.of("delta")) {
      expect(delta.offset).toBe(text.length);
      text += delta.text;
    }
    const answer = socket
      .of("event")
      .find(({ event }) => event.kind === "message-posted" && event.run);
    expect(answer!.event).toMatchObject({
      message: socket.of("delta")[0]!.message,
      parts: [{ type: "text", text }],
    });
    expect(text).toBe("one two three four");
    expect(socket.frames.indexOf(socket.of("delta").at(-1)!)).toBeLessThan(
      socket.frames.indexOf(answer!),
    );
  });

  it("[T2] who joins in mid-stream gets all that has been said, at offset 0", async () => {
    const group = await makeGroup();
    const first = await MemberSocket.live(group, 0);
    first.post("c", "@ada hang");
    const { message } = await first.next("delta");
    const second = await MemberSocket.live(group, 0);
    expect(await second.next("delta")).toMatchObject({ message, offset: 0, text: "so far" });
    const run = (await first.event("run-started")).event as { run: RunId };
    first.command("stop", { kind: "run-cancel", run: run.run });
    const ended = await second.event("run-ended");
    expect(ended.event).toMatchObject({ outcome: "cancelled" });
    const kept = second
      .of("event")
      .find(({ event }) => event.kind === "message-posted" && event.run);
    expect(kept!.event).toMatchObject({ message, incomplete: true, parts: [{ text: "so far" }] });
  });

  it("[T3] a failure ends the run with its reason", async () => {
    const socket = await MemberSocket.live(await makeGroup(), 0);
    socket.post("c", "@ada fail");
    expect((await socket.event("run-ended")).event).toMatchObject({
      outcome: "failed",
      reason: "The key is wrong.",
    });
  });

  it("[T3] a stream that breaks off is tried again, then ends visibly with what was said", async () => {
    const socket = await MemberSocket.live(await makeGroup(), 0);
    socket.post("c", "@ada break");
    const ended = await socket.event("run-ended");
    expect(ended.event).toMatchObject({ outcome: "failed", problem: { code: "unavailable" } });
    const kinds = socket.of("event").map(({ event }) => event.kind);
    expect(kinds.filter((kind) => kind === "turn-started")).toHaveLength(3);
    const kept = socket
      .of("event")
      .find(({ event }) => event.kind === "message-posted" && event.run);
    expect(kept!.event).toMatchObject({ incomplete: true, parts: [{ text: "half" }] });
  });

  it("[K3] a proof that is refused is made again with a new certificate, within the same attempt", async () => {
    const socket = await MemberSocket.live(await makeGroup(), 0);
    socket.post("c", "@ada say hello, distrust");
    expect((await socket.event("run-ended")).event).toMatchObject({ outcome: "done" });
    const turns = socket.of("event").filter(({ event }) => event.kind === "turn-started");
    expect(turns).toHaveLength(1);
  });

  it("[T4] a run whose process is gone goes on by the alarm alone, and ends after three tries", async () => {
    const group = await makeGroup();
    await give(group, "c", "@ada hang");
    for (let deaths = 0; deaths < 3; deaths += 1) {
      await die(group);
      await runDurableObjectAlarm(stubOf(group.id));
    }
    const log = await logOf(group);
    const attempts = log.flatMap(({ event }) =>
      event.kind === "turn-started" ? [event.attempt] : [],
    );
    expect(attempts).toEqual([1, 2, 3]);
    expect(log.at(-1)!.event).toMatchObject({ kind: "run-ended", outcome: "interrupted" });
  });

  it("[T5] a call without an effect is made at once, and the next turn is told its result", async () => {
    const socket = await MemberSocket.live(await makeGroup(), 0);
    socket.post("c", "@ada read");
    await socket.event("run-ended");
    const answer = socket
      .of("event")
      .find(({ event }) => event.kind === "message-posted" && event.run);
    expect(answer!.event).toMatchObject({ parts: [{ text: "got forty-two" }] });
  });

  it("[T5] a call with an effect waits for its approval, through an eviction", async () => {
    const group = await makeGroup();
    await give(group, "c", "@ada write");
    const waiting = await MemberSocket.live(group, 0);
    const asked = (await waiting.event("approval-asked")).event as { approval: string };
    await evictDurableObject(group.stub);
    const socket = await MemberSocket.live(group, 0);
    expect(socket.of("welcome")[0]!.group.runs).toMatchObject([{ state: "waiting" }]);
    socket.command("yes", {
      kind: "approval-decide",
      approval: asked.approval,
      decision: "approve",
    });
    expect((await socket.event("run-ended")).event).toMatchObject({ outcome: "done" });
    socket.command("again", {
      kind: "approval-decide",
      approval: asked.approval,
      decision: "deny",
    });
    expect((await socket.next("refused")).problem.code).toBe("approval_closed");
    const dispatched = (await logOf(group)).filter(
      ({ event }) => event.kind === "tool-call-dispatched",
    );
    expect(dispatched).toHaveLength(1);
  });

  const answerOf = (socket: MemberSocket) =>
    socket.of("event").find(({ event }) => event.kind === "message-posted" && event.run)!.event;

  async function approve(group: TestGroup, text: string): Promise<MemberSocket> {
    const socket = await MemberSocket.live(group, 0);
    socket.post("c", text);
    const { approval } = (await socket.event("approval-asked")).event as { approval: string };
    socket.command("yes", { kind: "approval-decide", approval, decision: "approve" });
    return socket;
  }

  it("[T7] leaves a call with an effect to one claim, and to none that is not the journalled call", async () => {
    const group = await makeGroup();
    const socket = await approve(group, "@ada write");
    await socket.event("run-ended");
    expect(answerOf(socket)).toMatchObject({ parts: [{ text: "got 409 409 409 204 409" }] });
  });

  it("[T7] gives no call away that only reads: nobody approved it", async () => {
    const socket = await MemberSocket.live(await makeGroup(), 0);
    socket.post("c", "@ada read claimed");
    await socket.event("run-ended");
    expect(answerOf(socket)).toMatchObject({ parts: [{ text: "got 409" }] });
  });

  it("[T7] gives no call away that has its result, was never dispatched or is of no group", async () => {
    const group = await makeGroup();
    const socket = await approve(group, "@ada write");
    await socket.event("run-ended");
    expect(await claim(group, callsOf(socket)[0]!)).toBe(409);
    const waiting = await makeGroup();
    const other = await MemberSocket.live(waiting, 0);
    other.post("c", "@ada write");
    await other.event("approval-asked");
    const [made] = callsOf(other);
    expect(await claim(waiting, made!)).toBe(409);
    expect(await claim({ ...waiting, id: freshId("group") }, made!)).toBe(404);
  });

  it("[T7] a call that was given away is on disk, and after a crash nobody gets it again", async () => {
    const group = await makeGroup();
    const socket = await approve(group, "@ada write hold");
    await vi.waitFor(() => expect(givenAway).toContain(callsOf(socket)[0]?.call));
    await die(group);
    const kept = await runInDurableObject(stubOf(group.id), (_object, { storage }) =>
      storage.sql.exec("SELECT jti FROM used_tokens WHERE jti LIKE 'claim:%'").toArray(),
    );
    expect(kept).toHaveLength(1);
    expect(await claim(group, callsOf(socket)[0]!)).toBe(409);
    expect((await logOf(group)).at(-1)!.event).toMatchObject({ outcome: "interrupted" });
  });

  it("[T8] an effect that another request has taken on ends its run as interrupted, never as not done", async () => {
    const socket = await approve(await makeGroup(), "@ada write taken");
    expect((await socket.event("run-ended")).event).toMatchObject({
      outcome: "interrupted",
      reason: expect.stringContaining("not known") as string,
    });
  });

  it("[T8] an effect that was not made because it could not be claimed is told as such, and the run goes on", async () => {
    const socket = await approve(await makeGroup(), "@ada write away");
    expect((await socket.event("run-ended")).event).toMatchObject({ outcome: "done" });
    expect((await socket.event("tool-result-received")).event).toMatchObject({
      result: { isError: true, text: "not made" },
    });
  });

  it("[T6] what an agent was told can be read again", async () => {
    const group = await makeGroup();
    const socket = await MemberSocket.live(group, 0);
    socket.post("c", "@ada read");
    const ended = (await socket.event("run-ended")).event as { run: RunId };
    await give(group, "later", "something else");
    const told = await group.control.briefing(group.lena, ended.run, 2);
    expect(told).toMatchObject({
      ok: true,
      value: { turn: 2, window: [{}], steps: [{ calls: [{ result: { text: "forty-two" } }] }] },
    });
    expect(await group.control.briefing(group.lena, ended.run, 3)).toMatchObject({ ok: false });
  });
});
