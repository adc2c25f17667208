// Seeded lives of a group: random commands of every kind, in an order that only the seed decides.
import type { GroupCommand, GroupState } from "../src/index.ts";
import { card, Scenario, testId } from "./scenario.ts";

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
];

type Pick = <T>(values: readonly T[]) => T;
type Step = (scenario: Scenario, pick: Pick) => GroupCommand | null;

const STEPS: readonly Step[] = [
  (scenario, pick) =>
    scenario.command(pick(["lena", "noor", "vic"]), {
      kind: "message-post",
      parts: [{ type: "text", text: pick(TEXTS) }],
    }),
  (scenario, pick) => outcome(scenario, pick, []),
  (scenario, pick) => outcome(scenario, pick, [{ effect: false }]),
  (scenario, pick) => outcome(scenario, pick, [{ effect: true }, { effect: false }]),
  (scenario, pick) => outcome(scenario, pick, [{ effect: false, invalid: "no such tool" }]),
  (scenario, pick) => {
    const run = pick([...scenario.state.runs.values(), null]);
    const call = run?.open?.calls.find((each) => !each.result && each.dispatches > 0);
    if (!run || !call) return null;
    if (pick([true, false, false])) return { kind: "tool-lost", run: run.run, call: call.call };
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
  }),
];

/** A group after so many random steps. Refused steps are part of life. */
export function simulate(
  seed: number,
  steps: number,
  each?: (scenario: Scenario) => void,
): Scenario {
  const random = randomOf(seed);
  const pick: Pick = (values) => values[Math.floor(random() * values.length)]!;
  const scenario = Scenario.of(["ada", "grace"], { wake: pick(["mentions", "everyone"]) });
  scenario.addUser("noor", 2);
  scenario.addUser("vic", 3, "viewer");
  for (let step = 0; step < steps; step += 1) {
    scenario.at += Math.floor(random() * 20_000);
    const command = pick(STEPS)(scenario, pick);
    const decision = command && scenario.decide(command);
    if (decision?.ok) {
      scenario.state = decision.state;
      scenario.log.push(...decision.events);
    }
    each?.(scenario);
  }
  return scenario;
}

function outcome(
  scenario: Scenario,
  pick: Pick,
  calls: readonly { effect: boolean; invalid?: string }[],
): GroupCommand | null {
  const run = pick([...scenario.state.runs.values(), null]);
  if (!run?.open) return null;
  const { turn, attempt } = run.open;
  const ref = { run: run.run, turn, attempt: pick([attempt, attempt, attempt, 9]) };
  const parts = [{ type: "text" as const, text: pick(TEXTS) }];
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
    usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
    cost: 0,
    model: "rehearsal/rehearsal-1",
  };
}
