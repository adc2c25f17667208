// Builders of ids, members, events and frames with everything that a test does not care about filled in.
import {
  makeId,
  policySchema,
  SUMMARY_SECTIONS,
  type AgentMember,
  type EventOf,
  type GroupEvent,
  type GroupView,
  type IdKind,
  type Member,
  type UserMember,
} from "@acos/protocol";

export function id<K extends IdKind>(kind: K, number: number): ReturnType<typeof makeId<K>> {
  return makeId(kind, number, new Uint8Array(10));
}

export const USER: UserMember = {
  type: "user",
  member: id("member", 1),
  user: id("user", 1),
  name: "Lin",
  handle: "lin",
  role: "admin",
};

export function agent(number: number, name: string): AgentMember {
  const handle = name.toLowerCase();
  const pin = {
    agent: id("agent", number),
    org: id("org", 1),
    version: 1,
    sha256: "0".repeat(64),
    model: "rehearsal/rehearsal-1",
    provider: null,
    revision: 1,
  };
  const member = id("member", number);
  const role = "member";
  const about = "";
  return {
    type: "agent",
    member,
    agent: pin.agent,
    name,
    handle,
    about,
    role,
    follow: "latest",
    version: 1,
    pin,
  };
}

export const ADA = agent(2, "Ada");
const POLICY = policySchema.parse({});

export function groupView(change: Partial<GroupView> = {}): GroupView {
  return {
    id: id("group", 1),
    org: id("org", 1),
    name: "Welcome",
    policy: POLICY,
    head: 0,
    createdAt: "1970-01-01T00:00:00.000Z",
    members: [USER, ADA],
    runs: [],
    approvals: [],
    briefingRules: [],
    summary: null,
    sandboxes: [],
    state: "active",
    ...change,
  };
}

export function joined(member: Member): GroupEvent {
  return { kind: "member-joined", member };
}

export function posted(number: number, text: string, by: Member = USER): GroupEvent {
  const parts = [{ type: "text" as const, text }];
  return {
    kind: "message-posted",
    message: id("message", number),
    by: by.member,
    parts,
    mentions: [],
  };
}

const USAGE = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
const RUN = id("run", 1);
const CALL = id("toolCall", 1);
const APPROVAL = id("approval", 1);

/** The events of one run of Ada's, as far as `upTo`. */
export const RUN_EVENTS = {
  queued: {
    kind: "run-queued",
    run: RUN,
    member: ADA.member,
    agent: ADA.agent,
    version: 1,
    trigger: id("message", 1),
    depth: 0,
    root: id("message", 1),
  },
  started: { kind: "run-started", run: RUN, version: 1, pin: ADA.pin },
  turn: {
    kind: "turn-started",
    run: RUN,
    turn: 1,
    attempt: 1,
    message: id("message", 50),
    briefing: id("briefing", 1),
  },
  call: {
    kind: "tool-call-made",
    run: RUN,
    turn: 1,
    call: CALL,
    tool: "files",
    arguments: { path: "a" },
    digest: "d",
    effect: true,
  },
  asked: {
    kind: "approval-asked",
    approval: APPROVAL,
    run: RUN,
    call: CALL,
    tool: "files",
    arguments: { path: "a" },
    digest: "d",
  },
  paused: { kind: "run-paused", run: RUN, reason: "approval" },
  denied: {
    kind: "approval-decided",
    approval: APPROVAL,
    run: RUN,
    call: CALL,
    decision: "deny",
    by: USER.member,
    arguments: { path: "a" },
    digest: "d",
  },
  approved: {
    kind: "approval-decided",
    approval: APPROVAL,
    run: RUN,
    call: CALL,
    decision: "approve",
    by: USER.member,
    arguments: { path: "b" },
    digest: "e",
  },
  dispatched: { kind: "tool-call-dispatched", run: RUN, turn: 1, call: CALL, digest: "e" },
  result: {
    kind: "tool-result-received",
    run: RUN,
    turn: 1,
    call: CALL,
    result: { isError: false, text: "ok" },
  },
  failed: {
    kind: "run-ended",
    run: RUN,
    outcome: "failed",
    usage: USAGE,
    cost: 0,
    reason: "The provider refused the key.",
  },
  done: { kind: "run-ended", run: RUN, outcome: "done", usage: USAGE, cost: 0 },
} as const satisfies Record<string, GroupEvent>;

const BULLET = { text: "Ship on Friday", rests: [id("message", 1)] };

/** What may happen to a group's summary, its pins and its storage. */
export const HISTORY_EVENTS = {
  summaryAsked: { kind: "summary-asked", summary: id("summary", 1), upTo: 9, pin: ADA.pin },
  summaryMade: {
    kind: "summary-made",
    summary: id("summary", 1),
    version: 1,
    upTo: 9,
    sections: SUMMARY_SECTIONS.map((section) => ({
      section,
      bullets: section === "Goals" ? [BULLET] : [],
    })),
    model: "rehearsal/rehearsal-1",
  },
  summaryRefused: {
    kind: "summary-refused",
    summary: id("summary", 2),
    reason: "A line rests on no message.",
  },
  pinned: {
    kind: "briefing-rule-set",
    message: id("message", 1),
    rule: "pinned",
    label: "[#1]",
    text: "one",
    by: USER.member,
  },
  archived: { kind: "group-archived", by: USER.member },
  restored: { kind: "group-restored", generation: 1 },
} satisfies Record<string, GroupEvent>;

/** A fork's beginning: Lin made it of another group, with Ada in it. */
export function copied(change: Partial<EventOf<"group-copied">> = {}): GroupEvent {
  return {
    kind: "group-copied",
    how: "fork",
    from: { group: id("group", 9), name: "Before", seq: 4 },
    group: id("group", 1),
    org: id("org", 1),
    name: "Before, again",
    creator: USER,
    agents: [ADA],
    ...change,
  };
}
