// The fold of the local view, input by input.
import { TOOL_OUTPUT_SHOWN_CHARS, type GroupEvent } from "@acos/protocol";
import { expect, it } from "vitest";

import { fold, refold } from "../src/fold.ts";
import { EMPTY_VIEW, type LocalView, type ViewInput, type Welcome } from "../src/local-view.ts";
import { connectGroup, openRuns } from "../src/index.ts";
import { ADA, agent, groupView, id, joined, posted, RUN_EVENTS as RUN, USER } from "./builders.ts";
import { FakeClock, settled } from "./fake-clock.ts";
import { FakeGroup } from "./fake-group.ts";

const WELCOME: Welcome = {
  type: "welcome",
  protocol: 1,
  head: 0,
  member: USER,
  group: groupView(),
};
const START = fold(EMPTY_VIEW, [WELCOME]);

function log(events: readonly GroupEvent[]): ViewInput[] {
  return events.map((event, index) => ({ type: "event", seq: index + 1, at: index + 1, event }));
}

const viewOf = (...events: GroupEvent[]): LocalView => fold(START, log(events));
const runOf = (view: LocalView) => view.runs.get(RUN.queued.run);
const callOf = (view: LocalView) => view.calls.get(RUN.call.call);
const draftText = (view: LocalView) => view.drafts.get(RUN.turn.message)?.parts[0]?.text;

function delta(offset: number, text: string): ViewInput {
  const { run, message } = RUN.turn;
  return { type: "delta", run, by: ADA.member, message, part: 0, kind: "text", offset, text };
}

it("[V1] edits, redactions and reactions change a message in its place", () => {
  const message = id("message", 1);
  const by = USER.member;
  const parts = [{ type: "text" as const, text: "better" }];
  const edited: GroupEvent = { kind: "message-edited", message, by, parts, mentions: [] };
  const on: GroupEvent = { kind: "reaction-set", message, by, reaction: "👍", on: true };
  const view = viewOf(posted(1, "good"), posted(2, "next"), edited, on, on);
  expect(view.entries.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(view.messages.get(message)).toMatchObject({
    parts,
    editedAt: "1970-01-01T00:00:00.003Z",
    reactions: [{ reaction: "👍", members: [by] }],
  });
  const off = fold(view, [{ type: "event", seq: 6, at: 6, event: { ...on, on: false } }]);
  expect(off.messages.get(message)?.reactions).toEqual([]);
  const gone = fold(view, [
    { type: "event", seq: 6, at: 6, event: { kind: "message-redacted", message, by } },
  ]);
  expect(gone.messages.get(message)).toMatchObject({
    parts: [],
    redactedAt: "1970-01-01T00:00:00.006Z",
  });
});

it("[V2] a delta cuts the part at its offset and appends", () => {
  const view = fold(START, [
    delta(0, "Hello"),
    delta(5, " wor"),
    delta(5, " world"),
    delta(0, "Hello world!"),
  ]);
  expect(draftText(view)).toBe("Hello world!");
  expect(draftText(fold(view, [delta(40, "late")]))).toBe("Hello world!");
});

it("[V3] the posted message takes the place of its draft", () => {
  const answer: GroupEvent = { ...posted(50, "Hello world", ADA), run: RUN.turn.run } as GroupEvent;
  const view = fold(START, [delta(0, "Hello"), ...log([answer]), delta(0, "Hello again")]);
  expect(view.drafts.size).toBe(0);
  expect(view.messages.get(RUN.turn.message)?.parts).toEqual([
    { type: "text", text: "Hello world" },
  ]);
});

it("[V3] a new attempt and the end of a run drop what was streaming", () => {
  const streaming = fold(START, [...log([RUN.queued, RUN.started, RUN.turn]), delta(0, "Hel")]);
  expect(draftText(streaming)).toBe("Hel");
  const again = { type: "event", seq: 4, at: 4, event: { ...RUN.turn, attempt: 2 } } as const;
  expect(fold(streaming, [again]).drafts.size).toBe(0);
  const ended = { type: "event", seq: 4, at: 4, event: RUN.failed } as const;
  expect(fold(streaming, [ended]).drafts.size).toBe(0);
});

const output = (offset: number, text: string): ViewInput => {
  const { run, call } = RUN.call;
  return { type: "tool-output", run, call, offset, text };
};
const outputOf = (view: LocalView) => view.outputs.get(RUN.call.call);

it("[V15] what a command says grows by its offsets, and begins anew where something was left out", () => {
  const calling = viewOf(RUN.queued, RUN.started, RUN.turn, RUN.call);
  const said = fold(calling, [output(0, "one "), output(4, "two")]);
  expect(outputOf(said)).toMatchObject({ text: "one two", end: 7, isCut: false });
  expect(outputOf(fold(said, [output(100, "late")]))).toMatchObject({ text: "late", isCut: true });
  expect(outputOf(fold(said, [output(0, "again")]))).toMatchObject({ text: "again", isCut: false });
  const long = fold(said, [output(7, "x".repeat(TOOL_OUTPUT_SHOWN_CHARS - 1))]);
  expect(outputOf(long)?.text).toMatch(/^ox+$/);
  expect(outputOf(long)).toMatchObject({ isCut: true, end: TOOL_OUTPUT_SHOWN_CHARS + 6 });
  expect(outputOf(calling)).toBeUndefined();
});

it("[V15] the result of a call and the end of its run drop what it said", () => {
  const events = [RUN.queued, RUN.started, RUN.turn, RUN.call];
  const said = fold(viewOf(...events), [output(0, "so far")]);
  const then = (event: GroupEvent) =>
    fold(said, [{ type: "event", seq: events.length + 1, at: 9, event }]);
  const done = then(RUN.result);
  expect(outputOf(done)).toBeUndefined();
  expect(outputOf(fold(done, [output(6, " late")]))).toBeUndefined();
  expect(outputOf(then(RUN.failed))).toBeUndefined();
});

it("[V4] a run is shown from its queueing to its end", () => {
  expect(runOf(viewOf(RUN.queued))).toMatchObject({ state: "queued", member: ADA.member });
  const running = viewOf(RUN.queued, RUN.started);
  expect(runOf(running)).toMatchObject({ state: "running", model: "rehearsal/rehearsal-1" });
  expect(openRuns(running.runs)).toHaveLength(1);
  const waiting = viewOf(RUN.queued, RUN.started, RUN.turn, RUN.call, RUN.asked, RUN.paused);
  expect(runOf(waiting)?.state).toBe("waiting");
  const paused: GroupEvent = { kind: "run-paused", run: RUN.queued.run, reason: "turn-limit" };
  expect(runOf(viewOf(RUN.queued, RUN.started, paused))?.state).toBe("paused");
  const failed = viewOf(RUN.queued, RUN.started, RUN.failed);
  expect(runOf(failed)).toMatchObject({ state: "failed", reason: "The provider refused the key." });
  expect(failed.entries).toMatchObject([{ kind: "run-end", seq: 3 }]);
  expect(openRuns(failed.runs)).toEqual([]);
  expect(viewOf(RUN.queued, RUN.started, RUN.done).entries).toEqual([]);
});

it("[V5] a tool call is shown from its making to its result, as it was decided", () => {
  const asked = [RUN.queued, RUN.started, RUN.turn, RUN.call, RUN.asked] as const;
  expect(callOf(viewOf(...asked))).toMatchObject({
    state: "waiting",
    approval: RUN.asked.approval,
  });
  const approved = viewOf(...asked, RUN.approved);
  expect(callOf(approved)).toMatchObject({
    state: "made",
    arguments: { path: "b" },
    decision: "approve",
  });
  expect(runOf(approved)?.state).toBe("running");
  const done = viewOf(...asked, RUN.approved, RUN.dispatched, RUN.result);
  expect(callOf(done)).toMatchObject({ state: "done", result: { text: "ok" } });
  expect(callOf(viewOf(...asked, RUN.denied, RUN.result))?.state).toBe("denied");
  expect(callOf(viewOf(...asked, RUN.failed))?.state).toBe("denied");
});

it("[V6] replayed events older than the welcome's state end where that state stands", () => {
  const grace = agent(3, "Grace");
  const { run, member, trigger } = RUN.queued;
  const open = { run, member, agent: ADA.agent, version: 1, state: "waiting" as const, trigger };
  const { kind: _kind, ...approval } = RUN.asked;
  const group = groupView({ head: 6, runs: [open], approvals: [approval] });
  const before: GroupEvent[] = [joined(grace), { kind: "member-left", member: grace.member }];
  const first = fold(EMPTY_VIEW, [{ ...WELCOME, head: 6, group }]);
  expect(callOf(first)?.state).toBe("waiting");
  const view = fold(first, log([...before, RUN.queued, RUN.started, RUN.call, RUN.asked]));
  expect(runOf(view)?.state).toBe("waiting");
  expect(callOf(view)?.state).toBe("waiting");
  expect(view.members.get(grace.member)).toEqual({ info: grace, present: false });
  expect(view.members.get(ADA.member)?.present).toBe(true);
});

it("[V6] a later welcome changes nothing that the events did not say", () => {
  const view = viewOf(RUN.queued, RUN.started);
  expect(fold(view, [WELCOME])).toEqual(view);
});

it("[L3] a view folded again with older events is the view of the whole log", () => {
  const events = [
    posted(1, "one"),
    RUN.queued,
    RUN.started,
    posted(2, "two", ADA),
    RUN.done,
    posted(3, "three"),
  ];
  const entries = events.map((event, index) => ({ seq: index + 1, at: index + 1, event }));
  const late = fold(START, log(events).slice(3));
  expect(refold(late, WELCOME, entries)).toEqual(viewOf(...events));
});

it("[V7] a fold leaves the view it was given as it was", () => {
  const before = viewOf(posted(1, "one"));
  const copy = structuredClone(before);
  fold(before, [
    { type: "event", seq: 2, at: 2, event: posted(2, "two") },
    { type: "event", seq: 3, at: 3, event: RUN.queued },
    { type: "presence", online: [USER.member] },
    { type: "typing", member: ADA.member },
    delta(0, "x"),
  ]);
  expect(before).toEqual(copy);
});

it("[V8] somebody counts as typing until five seconds pass or they post", async () => {
  const group = new FakeGroup();
  const clock = new FakeClock();
  const { fetch, webSocket } = group;
  const connection = connectGroup({
    baseUrl: "http://group.test",
    group: "grp_1",
    credentials: { type: "cookie" },
    fetch,
    webSocket,
    clock,
  });
  await clock.advance(0);
  await settled();
  const typing = () => [...connection.snapshot.view.typing];
  group.socket.push({ type: "typing", member: ADA.member });
  await clock.advance(4_999);
  expect(typing()).toEqual([ADA.member]);
  await clock.advance(1);
  expect(typing()).toEqual([]);
  group.socket.push({ type: "typing", member: ADA.member });
  group.append(posted(1, "done", ADA));
  await settled();
  expect(typing()).toEqual([]);
});
