// Rows of the transcript from a local view.
import type { LocalRun, LocalView, PendingCommand } from "@acos/client";
import type { MemberId, MessageId, MessageView, RunId, ToolCallId } from "@acos/protocol";
import { expect, it } from "vitest";

import { transcriptRows } from "../src/group/transcript-rows.ts";

const LIN = "mbr_lin" as MemberId;
const ADA = "mbr_ada" as MemberId;
const RUN = "run_1" as RunId;

const EMPTY: LocalView = {
  self: LIN,
  briefingRules: new Map(),
  members: new Map(),
  messages: new Map(),
  runs: new Map(),
  calls: new Map(),
  sandboxes: new Map(),
  drafts: new Map(),
  outputs: new Map(),
  entries: [],
  online: new Set(),
  typing: new Set(),
};

function message(seq: number, by: MemberId, at: number): MessageView {
  return {
    message: `msg_${seq}` as MessageId,
    seq,
    at,
    by,
    parts: [],
    mentions: [],
    reactions: [],
  };
}

function viewOf(messages: readonly MessageView[], more: Partial<LocalView> = {}): LocalView {
  return {
    ...EMPTY,
    messages: new Map(messages.map((each) => [each.message, each])),
    entries: messages.map(({ seq, at, message: id }) => ({ kind: "message", seq, at, id })),
    ...more,
  };
}

const run: LocalRun = { run: RUN, member: ADA, state: "running", startedAt: 10 };
const pending: PendingCommand = {
  id: "c-1",
  at: 20,
  state: "sending",
  command: { kind: "message-post", parts: [{ type: "text", text: "hi" }] },
};
const oneDay = (): string => "today";

it("[W1] rows stand in the order of the log, then pending ones, then what streams", () => {
  const draft = { message: "msg_9" as MessageId, run: RUN, by: ADA, parts: [] };
  const view = viewOf([message(1, LIN, 1), message(2, ADA, 2)], {
    runs: new Map([[RUN, run]]),
    drafts: new Map([[draft.message, draft]]),
  });
  const rows = transcriptRows(view, [pending], oneDay);
  expect(rows.map(({ key }) => key)).toEqual(["day today", "msg_1", "msg_2", "c-1", "msg_9"]);
  const posted = viewOf([message(9, ADA, 30)]);
  expect(transcriptRows(posted, [], oneDay).at(-1)?.key).toBe("msg_9");
});

it("[W1] an agent that runs without a draft is shown as thinking", () => {
  const rows = transcriptRows(viewOf([], { runs: new Map([[RUN, run]]) }), [], oneDay);
  expect(rows.map(({ kind }) => kind)).toEqual(["thinking"]);
});

it("[W2] a row shows its author where a stretch of that author's begins", () => {
  const late = 6 * 60_000;
  const messages = [
    message(1, LIN, 1),
    message(2, LIN, 2),
    message(3, ADA, 3),
    message(4, ADA, late),
  ];
  const heads = transcriptRows(viewOf(messages), [], oneDay)
    .slice(1)
    .map(({ head }) => head);
  expect(heads).toEqual([true, false, true, true]);
});

it("[W3] notices in a row make one row, and a day is named once", () => {
  const left = { kind: "member-left", member: ADA } as const;
  const entries = [1, 2, 3].map((seq) => ({ kind: "notice", seq, at: seq, event: left }) as const);
  const rows = transcriptRows({ ...EMPTY, entries }, [], oneDay);
  expect(rows.map(({ kind }) => kind)).toEqual(["day", "notice"]);
  const dayOf = (at: number): string => `day ${at}`;
  expect(transcriptRows({ ...EMPTY, entries }, [], dayOf).map(({ kind }) => kind)).toEqual([
    "day",
    "notice",
    "day",
    "notice",
    "day",
    "notice",
  ]);
});

it("[W4] a call that waits is shown even without its place in the log", () => {
  const id = "tcl_1" as ToolCallId;
  const call = { call: id, run: RUN, at: 1, tool: "desk", arguments: {}, effect: true } as const;
  const waiting = { ...EMPTY, calls: new Map([[id, { ...call, state: "waiting" as const }]]) };
  expect(transcriptRows(waiting, [], oneDay).map(({ key }) => key)).toEqual([id]);
  const done = { ...EMPTY, calls: new Map([[id, { ...call, state: "done" as const }]]) };
  expect(transcriptRows(done, [], oneDay)).toEqual([]);
});
