// Seeded lives of a group: random commands of every kind, in an order that only the seed decides.
import { policySchema, type MessageId } from "@acos/protocol";

import { composeSummaryRequest, type GroupCommand, type GroupState } from "../src/index.ts";
import type { Pick } from "./pick.ts";
import { sandboxStep, copiedOf } from "./sandbox-steps.ts";
import { answerOf, card, Scenario, testId } from "./scenario.ts";

/** A small random source for tests (Mulberry32): the same seed, the same life. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A state as text in which equal states are equal: maps become lists in their order, members sort by name. */
export function canonical(state: GroupState): string {
  return JSON.stringify(state, (_key, value: unknown) => {
    if (value instanceof Map) return [...value];
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

const TEXTS = [
  "@ada and @grace, please",
  "@grace what do you think?",
  "just saying",
  "@nobody @ada `@grace`",
  "long ".repeat(900),
  "@all",
  "words and more words ".repeat(40),
];

/** A text with a word that no other message has: `word_7_`. */
function textOf(scenario: Scenario, pick: Pick): string {
  return `word_${scenario.state.head}_ ${pick(TEXTS)}`;
}

type Step = (scenario: Scenario, pick: Pick) => GroupCommand | null;

const STEPS: readonly Step[] = [
  post,
  post,
  post,
  post,
  (scenario, pick) => outcome(scenario, pick, []),
  (scenario, pick) => outcome(scenario, pick, []),
  (scenario, pick) => outcome(scenario, pick, []),
  (scenario, pick) => outcome(scenario, pick, []),
  (scenario, pick) => outcome(scenario, pick, [{ effect: false }]),
  (scenario, pick) => outcome(scenario, pick, [{ effect: true }, { effect: false }]),
  (scenario, pick) => outcome(scenario, pick, [{ effect: false, invalid: "no such tool" }]),
  (scenario, pick) =>
    outcome(scenario, pick, [
      { effect: true, tool: "run_command" },
      { effect: false, tool: "read_file" },
    ]),
  (scenario, pick) => sandboxStep(scenario, pick),
  (scenario, pick) => sandboxStep(scenario, pick),
  (scenario, pick) => {
    const run = pick([...scenario.state.runs.values(), null]);
    const call = run?.open?.calls.find((each) => !each.result && each.dispatches > 0);
    if (!run || !call) return null;
    if (pick([true, false, false]))
      return pick([
        { kind: "tool-lost", run: run.run, call: call.call },
        { kind: "tool-lost", run: run.run, call: call.call, unmade: true },
      ]);
    const result = { isError: pick([true, false]), text: pick(["ok", "x".repeat(9_000)]) };
    return { kind: "tool-finish", run: run.run, call: call.call, result };
  },
  (scenario, pick) => {
    const approval = pick([...scenario.state.approvals.values(), null]);
    if (!approval) return null;
    const decision = pick(["approve", "deny"] as const);
    return scenario.command("lena", {
      kind: "approval-decide",
      approval: approval.approval,
      decision,
    });
  },
  (scenario, pick) => {
    const run = pick([...scenario.state.runs.values(), null]);
    return (
      run &&
      scenario.command("lena", { kind: pick(["run-cancel", "run-resume"] as const), run: run.run })
    );
  },
  (_scenario, pick) => ({
    kind: "agent-adopt",
    card: card(pick(["ada", "grace"]), { version: pick([1, 2, 3]), revision: pick([1, 2, 3]) }),
  }),
  (_scenario, pick) => ({
    kind: "member-put",
    by: null,
    put: {
      type: "agent",
      card: card(pick(["ada", "grace", "alan"])),
      follow: pick(["latest", "pinned"]),
      role: pick(["member", "viewer"]),
    },
  }),
  (_scenario, pick) => ({
    kind: "member-remove",
    by: null,
    who: pick([card("alan").pin.agent, card("ada").pin.agent, testId("user", 2)]),
  }),
  (_scenario, pick) => ({
    kind: "member-put",
    by: null,
    put: {
      type: "user",
      card: { user: testId("user", 2), name: "Noor", handle: "noor" },
      role: pick(["member", "admin", "viewer"]),
    },
  }),
  (scenario, pick) => ({
    kind: "recover",
    runs: [...scenario.state.runs.keys()].filter(() => pick([true, false])),
    summarizing: pick([true, false]),
  }),
  aboutMessage,
  summaryOutcome,
  summaryOutcome,
  (scenario, pick) =>
    pick([false, false, true]) ? scenario.command("lena", { kind: "summary-ask" }) : null,
  (scenario, pick) => (pick([false, true]) ? summaryEdit(scenario, pick) : null),
  (scenario, pick) =>
    pick([true, ...Array.from({ length: 30 }, () => false)]) ? copy(scenario, pick) : null,
  (scenario, pick) => {
    const [by, none] = [scenario.state.members.values().next().value!, null];
    return pick([
      ...Array.from({ length: 9 }, () => null),
      { kind: "archive", by: pick([by, none]) },
    ]);
  },
  (scenario, pick) => {
    const policy = policySchema.parse({ briefingTokens: pick([4_000, 6_000, 32_000]) });
    const set = { ...scenario.state.group!.policy, briefingTokens: policy.briefingTokens };
    return pick([false, false, false, true])
      ? scenario.command("lena", { kind: "settings-change", policy: set })
      : null;
  },
];

/** A group after so many random steps. Refused steps are part of life. */
export function simulate(
  seed: number,
  steps: number,
  each?: (scenario: Scenario) => void,
): Scenario {
  const random = randomOf(seed);
  const pick: Pick = (values) => values[Math.floor(random() * values.length)]!;
  const scenario = Scenario.of(["ada", "grace"], {
    wake: pick(["mentions", "everyone"]),
    briefingTokens: pick([4_000, 4_000, 8_000]),
  });
  scenario.addUser("noor", 2);
  scenario.addUser("vic", 3, "viewer");
  for (let step = 0; step < steps; step += 1) {
    scenario.at += Math.floor(random() * 20_000);
    const command = pick(STEPS)(scenario, pick);
    const decision = command && scenario.decide(command);
    if (decision?.ok) scenario.take(decision);
    each?.(scenario);
  }
  return scenario;
}

function outcome(
  scenario: Scenario,
  pick: Pick,
  calls: readonly { effect: boolean; invalid?: string; tool?: string }[],
): GroupCommand | null {
  const run = pick([...scenario.state.runs.values(), null]);
  if (!run?.open) return null;
  const { turn, attempt } = run.open;
  const ref = { run: run.run, turn, attempt: pick([attempt, attempt, attempt, 9]) };
  const parts = [{ type: "text" as const, text: textOf(scenario, pick) }];
  if (pick([true, false, false, false])) {
    const problem = { code: "unavailable" as const, message: "the link broke" };
    return { kind: "turn-fail", ...ref, parts, problem, lost: pick([true, false]) };
  }
  return {
    kind: "turn-finish",
    ...ref,
    parts,
    calls: calls.map((call) => ({ tool: "tool", arguments: { a: 1 }, digest: "d", ...call })),
    finish: "stop",
    usage: {
      inputTokens: pick([900, 1_100, 1_500]),
      outputTokens: 1,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
    },
    cost: 0,
    model: "rehearsal/rehearsal-1",
    estimatedInput: 1_000,
  };
}

function post(scenario: Scenario, pick: Pick): GroupCommand {
  return scenario.command(pick(["lena", "lena", "lena", "noor", "vic"]), {
    kind: "message-post",
    parts: [{ type: "text", text: textOf(scenario, pick) }],
  });
}

/** A message of the log, any of them. */
function someMessage(scenario: Scenario, pick: Pick): MessageId | null {
  return pick([
    ...scenario.log.flatMap(({ event }) =>
      event.kind === "message-posted" ? [event.message] : [],
    ),
    null,
  ]);
}

/** What a member says about a message. */
function aboutMessage(scenario: Scenario, pick: Pick): GroupCommand | null {
  const message = someMessage(scenario, pick);
  const facts = message && scenario.facts(message);
  if (!message || !facts) return null;
  const rule = pick(["pinned", "excluded", "normal"] as const);
  const parts = [{ type: "text" as const, text: textOf(scenario, pick) }];
  const command = pick([
    { kind: "briefing-rule-set", message, rule } as const,
    { kind: "briefing-rule-set", message, rule } as const,
    { kind: "message-edit", message, parts } as const,
    { kind: "message-redact", message } as const,
  ]);
  return scenario.command(pick(["lena", "noor"]), command, facts);
}

/** The summary that is being made: well made, made badly, lost, or of another one. */
function summaryOutcome(scenario: Scenario, pick: Pick): GroupCommand | null {
  const request = composeSummaryRequest(scenario.state);
  if (!request) return null;
  const words = request.messages.flatMap(({ text }) => {
    const [, seq] = /^\[#(\d+) /.exec(text) ?? [];
    const [word] = /word_\d+_/.exec(text) ?? [];
    return seq && word ? [`said ${word} [#${seq}]`] : [];
  });
  const good = answerOf(...request.previous.split("\n- ").slice(1, 5), ...words.slice(0, 8));
  const text = pick([good, good, good, "## Goals", answerOf("invented [#99999]"), ""]);
  const usage = { inputTokens: 9, outputTokens: 9, cacheReadTokens: 0, cacheWriteTokens: 0 };
  const result = pick([true, true, true, false])
    ? ({ ok: true, text, model: "rehearsal/rehearsal-1", usage, cost: 0 } as const)
    : ({ ok: false, reason: "the provider failed" } as const);
  const summary = pick([request.summary, request.summary, request.summary, testId("summary", 9)]);
  return { kind: "summary-finish", summary, outcome: result };
}

/** A member's own summary, of what is in the one there is. */
function summaryEdit(scenario: Scenario, pick: Pick): GroupCommand | null {
  const sections = scenario.state.summary?.sections.map(({ section, bullets }) => ({
    section,
    bullets: bullets.filter(() => pick([true, true, false])),
  }));
  return sections ? scenario.command("noor", { kind: "summary-edit", sections }) : null;
}

function copy(scenario: Scenario, pick: Pick): GroupCommand {
  const number = scenario.state.head;
  const group = testId("group", number);
  const from = { group: scenario.state.group!.id, name: "Garden", seq: number };
  const creator = pick([
    { user: testId("user", 1), name: "Lena", handle: "lena" },
    { user: testId("user", 2), name: "Noor", handle: "noor" },
  ]);
  const agents = pick([
    null,
    ["ada", "grace"].map((handle) => ({ there: card(handle).pin.agent, card: card(handle) })),
  ]);
  const how = agents ? "import" : "fork";
  return {
    kind: "copy",
    how,
    from,
    group,
    org: card("ada").pin.org,
    name: "Copy",
    creator,
    agents,
    sandboxes: agents ? [] : copiedOf(scenario, number),
  };
}
