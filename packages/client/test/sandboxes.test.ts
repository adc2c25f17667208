// The fold of sandboxes: which there are, where each stands, and what the transcript tells of them.
import { sandboxLimitsSchema, type EventOf, type GroupEvent } from "@acos/protocol";
import { expect, it } from "vitest";

import { fold } from "../src/fold.ts";
import { EMPTY_VIEW, type LocalView, type Welcome } from "../src/local-view.ts";
import { ADA, groupView, id, RUN_EVENTS, USER } from "./builders.ts";

const sandbox = id("sandbox", 1);
const other = id("sandbox", 2);
const limits = sandboxLimitsSchema.parse({});
const CREATED: EventOf<"sandbox-created"> = {
  kind: "sandbox-created",
  sandbox,
  name: "work",
  limits,
  by: USER.member,
};
const epoch = "epoch001";
const STARTED: GroupEvent = {
  kind: "sandbox-started",
  sandbox,
  epoch,
  workspace: "new",
  startMs: 160,
};
const STOPPED: GroupEvent = { kind: "sandbox-stopped", sandbox, epoch, reason: "idle" };
const snapshot = { snapshot: "a".repeat(64), files: 2, bytes: 9 };
const KEPT: GroupEvent = { kind: "sandbox-snapshotted", sandbox, snapshot };
const problem = { code: "sandbox_failed", message: "It did not start." } as const;
const FAILED: GroupEvent = { kind: "sandbox-failed", sandbox, problem };
const DESTROYED: GroupEvent = { kind: "sandbox-destroyed", sandbox, by: USER.member };

function welcome(change: Parameters<typeof groupView>[0] = {}): Welcome {
  return { type: "welcome", protocol: 1, head: 0, member: USER, group: groupView(change) };
}

function viewOf(events: readonly GroupEvent[], first = welcome()): LocalView {
  const log = events.map((event, index) => ({
    type: "event" as const,
    seq: index + 1,
    at: index + 1,
    event,
  }));
  return fold(EMPTY_VIEW, [first, ...log]);
}

const stateOf = (...events: GroupEvent[]) => viewOf(events).sandboxes.get(sandbox);

it("[V13] a sandbox is shown where it stands, from its making to its end", () => {
  const made = { sandbox, name: "work", limits, createdAt: "1970-01-01T00:00:00.001Z" };
  expect(stateOf(CREATED)).toEqual({ ...made, state: "cold" });
  expect(stateOf(CREATED, STARTED)).toEqual({ ...made, state: "ready", epoch });
  expect(stateOf(CREATED, STARTED, KEPT, STOPPED)).toEqual({
    ...made,
    state: "cold",
    stopped: "idle",
    snapshot,
  });
  expect(stateOf(CREATED, FAILED)).toEqual({ ...made, state: "failed", problem });
  expect(stateOf(CREATED, FAILED, STARTED)).toEqual({ ...made, state: "ready", epoch });
  expect(stateOf(CREATED, STARTED, DESTROYED)).toBeUndefined();
});

it("[V13] the welcome's sandboxes are there, and one that is not known is not made up", () => {
  const known = { sandbox: other, name: "old", limits, state: "ready", epoch } as const;
  const sandboxes = [{ ...known, createdAt: "1970-01-01T00:00:00.000Z" }];
  const view = viewOf([STARTED, STOPPED, KEPT], welcome({ sandboxes }));
  expect([...view.sandboxes.values()]).toEqual(sandboxes);
});

it("[V14] the transcript tells what somebody did or has to know, and not what is kept by itself", () => {
  const run = RUN_EVENTS.queued.run;
  const checkpoint = id("checkpoint", 1);
  const offered: GroupEvent = { kind: "preview-offered", sandbox, port: 5_173, run };
  const view = viewOf([
    { ...CREATED, run },
    STARTED,
    { kind: "checkpoint-made", sandbox, checkpoint, run, turn: 1 },
    { kind: "sandbox-described", sandbox, text: "words" },
    KEPT,
    offered,
    { kind: "checkpoint-made", sandbox, checkpoint, by: USER.member },
    { kind: "changes-undone", sandbox, hunks: 2, paths: ["a"], by: ADA.member },
    { kind: "sandbox-restored", sandbox, to: { checkpoint }, by: USER.member },
    STOPPED,
  ]);
  expect(view.entries.map(({ seq }) => seq)).toEqual([1, 2, 6, 7, 8, 9, 10]);
  expect(view.runs.size).toBe(0);
});

it("[V11] a copy has its origin's sandboxes under new ids, those that were kept, and none runs", () => {
  const lost: GroupEvent = { ...CREATED, sandbox: id("sandbox", 3), name: "lost" };
  const copied: GroupEvent = {
    kind: "group-copied",
    how: "fork",
    from: { group: id("group", 1), name: "Welcome", seq: 4 },
    group: id("group", 2),
    org: id("org", 1),
    name: "Fork",
    creator: USER,
    agents: [ADA],
    sandboxes: [{ from: sandbox, sandbox: other }],
  };
  const view = viewOf([CREATED, lost, KEPT, STARTED, copied]);
  expect([...view.sandboxes.keys()]).toEqual([other]);
  expect(view.sandboxes.get(other)).toMatchObject({ sandbox: other, state: "cold", snapshot });
  expect(view.sandboxes.get(other)).not.toHaveProperty("epoch");
});
