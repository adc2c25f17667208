// The fold of summaries, pins, archives and copies.
import type { GroupEvent, GroupView, LogEvent } from "@acos/protocol";
import { expect, it } from "vitest";

import { EventLog } from "../src/event-log.ts";
import { fold, refold } from "../src/fold.ts";
import { openRuns } from "../src/index.ts";
import { EMPTY_VIEW, type LocalView, type Welcome } from "../src/local-view.ts";
import {
  ADA,
  agent,
  copied,
  groupView,
  HISTORY_EVENTS as HISTORY,
  id,
  joined,
  posted,
  RUN_EVENTS as RUN,
  USER,
} from "./builders.ts";

function welcome(group: Partial<GroupView> = {}): Welcome {
  const view = groupView(group);
  return { type: "welcome", protocol: 1, head: view.head, member: USER, group: view };
}
function entries(events: readonly GroupEvent[]): LogEvent[] {
  return events.map((event, index) => ({ seq: index + 1, at: index + 1, event }));
}
function viewOf(group: Partial<GroupView>, ...events: GroupEvent[]): LocalView {
  const told = entries(events).map((entry) => ({ type: "event", ...entry }) as const);
  return fold(EMPTY_VIEW, [welcome(group), ...told]);
}

it("[V9] a summary is being made from its asking until it is there or refused", () => {
  const { summaryAsked, summaryMade, summaryRefused } = HISTORY;
  expect(viewOf({}).summary).toBeUndefined();
  expect(viewOf({}, summaryAsked).summary).toMatchObject({ version: 0, making: true });
  const made = viewOf({}, summaryAsked, summaryMade);
  expect(made.summary).toEqual({ version: 1, upTo: 9, making: false });
  expect(made.entries).toMatchObject([{ kind: "notice", seq: 2, event: summaryMade }]);
  const again = { ...summaryAsked, summary: id("summary", 2) };
  const refused = viewOf({}, summaryAsked, summaryMade, again, summaryRefused);
  const reason = "A line rests on no message.";
  expect(refused.summary).toEqual({ version: 1, upTo: 9, making: false, refused: reason });
  const third = viewOf({}, summaryAsked, summaryMade, again, summaryRefused, again);
  expect(third.summary).toMatchObject({ version: 1, making: true });
  expect(third.summary).not.toHaveProperty("refused");
});

it("[V9] a member's own words are the summary, and end nothing that is being made", () => {
  const { summaryAsked, summaryMade } = HISTORY;
  const own: GroupEvent = { ...summaryMade, version: 2, by: USER.member };
  const again = { ...summaryAsked, summary: id("summary", 2) };
  expect(viewOf({}, summaryMade, again, own).summary).toMatchObject({ version: 2, making: true });
  expect(viewOf({}, summaryMade, own).summary).toMatchObject({ version: 2, making: false });
});

it("[V9] the first welcome says where the summary stands", () => {
  const summary = { version: 4, upTo: 80, making: true };
  expect(viewOf({ summary }).summary).toEqual(summary);
});

it("[V10] a message stays pinned or kept out until it is as usual again", () => {
  const { pinned } = HISTORY;
  const [first, second] = [id("message", 1), id("message", 2)];
  const known = { briefingRules: [{ message: second, rule: "excluded" as const }] };
  expect([...viewOf(known, pinned).briefingRules]).toEqual([
    [second, "excluded"],
    [first, "pinned"],
  ]);
  const usual: GroupEvent = { ...pinned, rule: "normal" };
  expect([...viewOf(known, pinned, usual).briefingRules.keys()]).toEqual([second]);
});

it("[V11] a copy has its creator and agents, and what went on before has ended", () => {
  const grace = agent(3, "Grace");
  const before = [joined(grace), posted(1, "one", grace), RUN.queued, RUN.started, RUN.call];
  const view = viewOf({ state: "copying" }, ...before, RUN.asked, copied());
  expect(view.group).toMatchObject({ name: "Before, again", state: "active" });
  expect(view.members.get(grace.member)).toEqual({ info: grace, present: false });
  expect(view.members.get(ADA.member)?.present).toBe(true);
  expect(openRuns(view.runs)).toEqual([]);
  expect(view.runs.get(RUN.queued.run)?.state).toBe("interrupted");
  expect(view.calls.get(RUN.call.call)?.state).toBe("denied");
  expect(view.entries.at(-1)).toMatchObject({ kind: "notice", event: copied() });
});

it("[V11] what began after a copy goes on when older events are put in front", () => {
  const log = entries([posted(1, "one"), copied(), RUN.queued, RUN.started]);
  const { run, member, trigger } = RUN.queued;
  const open = { run, member, agent: ADA.agent, version: 1, state: "running" as const, trigger };
  const hello = welcome({ head: 4, runs: [open] });
  const late = fold(EMPTY_VIEW, [
    hello,
    ...log.slice(2).map((entry) => ({ type: "event", ...entry }) as const),
  ]);
  expect(openRuns(refold(late, hello, log).runs)).toMatchObject([{ run, state: "running" }]);
});

it("[V12] an event of an unknown kind changes nothing but the seq", () => {
  const log = new EventLog();
  log.note(welcome());
  log.settle();
  const { view } = log;
  const event = { kind: "moon-landed", crew: 3 } as unknown as GroupEvent;
  expect(log.take({ seq: 1, at: 1, event })).toBe("next");
  log.settle();
  expect(log.last).toBe(1);
  expect(log.view).toEqual(view);
});
