// Builder for tests: a group in memory that speaks in handles, keeps its log and has a clock of its own.
import {
  makeId,
  textOf,
  type AgentCard,
  type Command,
  type LogEvent,
  type Member,
  type MemberPut,
  type MessageId,
  type OrgId,
  type Policy,
  type Role,
  type SummarySections,
  type Usage,
  SUMMARY_SECTIONS,
  policySchema,
} from "@acos/protocol";

import {
  decide,
  EMPTY_STATE,
  type Accepted,
  type Decision,
  type Effect,
  type GroupCommand,
  type GroupState,
  type MadeCall,
  type MessageFacts,
  type Run,
} from "../src/index.ts";
import type { Approval } from "../src/state.ts";

const USAGE: Usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** Ids for tests: the same number, the same id. */
export function testId<K extends Parameters<typeof makeId>[0]>(
  kind: K,
  number: number,
): ReturnType<typeof makeId<K>> {
  const bytes = new Uint8Array(10);
  new DataView(bytes.buffer).setUint32(0, number);
  return makeId(kind, 1_700_000_000_000, bytes);
}

export const ORG: OrgId = testId("org", 1);

export function card(
  handle: string,
  change: { version?: number; revision?: number } = {},
): AgentCard {
  const { version = 1, revision = 1 } = change;
  const number =
    Array.from(handle, (letter) => letter.charCodeAt(0)).reduce((sum, code) => sum * 31 + code, 7) %
    100_000;
  return {
    name: handle[0]!.toUpperCase() + handle.slice(1),
    handle,
    about: `knows ${handle} things`,
    pin: {
      agent: testId("agent", number),
      org: ORG,
      version,
      sha256: version.toString(16).padStart(64, "0"),
      model: "rehearsal/rehearsal-1",
      provider: null,
      revision,
    },
  };
}

/** A summary's sections, empty but for the lines that are given. */
export function sectionsOf(
  lines: Partial<Record<(typeof SUMMARY_SECTIONS)[number], SummarySections[number]["bullets"]>>,
): SummarySections {
  return SUMMARY_SECTIONS.map((section) => ({ section, bullets: lines[section] ?? [] }));
}

/** A summary as a model writes it: its lines under the first heading, the other sections empty. */
export function answerOf(...lines: readonly string[]): string {
  const [first, ...rest] = SUMMARY_SECTIONS.map((section) => `## ${section}`);
  return [first, ...lines.map((line) => `- ${line}`), ...rest].join("\n");
}

export class Scenario {
  state: GroupState = EMPTY_STATE;
  readonly log: LogEvent[] = [];
  at = 1_800_000_000_000;
  #seed = 1;
  #effects: Effect[] = [];

  /** A group of Lena (admin) and the named agents. */
  static of(agents: readonly string[] = ["ada", "grace"], policy: Partial<Policy> = {}): Scenario {
    const scenario = new Scenario();
    scenario.ok({
      kind: "group-create",
      creation: {
        group: testId("group", 1),
        org: ORG,
        name: "Garden",
        policy: policySchema.parse(policy),
        creator: { user: testId("user", 1), name: "Lena", handle: "lena" },
        agents: agents.map((handle) => ({ card: card(handle), follow: "latest" as const })),
      },
    });
    return scenario;
  }

  decide(command: GroupCommand): Decision {
    this.at += 1;
    this.#seed += 1;
    return decide(this.state, command, { at: this.at, seed: [this.#seed, 2, 3, 4] });
  }

  /** Carries a command out; throws when it is refused. */
  ok(command: GroupCommand): Accepted {
    const decision = this.decide(command);
    if (!decision.ok) throw new Error(`${decision.problem.code}: ${decision.problem.message}`);
    this.take(decision);
    return decision;
  }

  /** Makes what was decided so. */
  take({ events, state, effects }: Accepted): void {
    this.state = state;
    this.log.push(...events);
    this.#effects.push(...effects);
  }

  /** Commands by a member, by handle. */
  command(handle: string, command: Command, facts: MessageFacts | null = null): GroupCommand {
    const by = this.member(handle).member;
    return { kind: "member-command", by, command, facts, digest: null, parts: [], knownRun: true };
  }

  post(handle: string, text: string): Accepted {
    return this.ok(this.command(handle, { kind: "message-post", parts: [{ type: "text", text }] }));
  }

  put(put: MemberPut): Accepted {
    return this.ok({ kind: "member-put", by: null, put });
  }

  addUser(handle: string, number: number, role: Role = "member"): void {
    const name = handle[0]!.toUpperCase() + handle.slice(1);
    this.put({ type: "user", card: { user: testId("user", number), name, handle }, role });
  }

  /** Sets a message's place in briefings. */
  place(handle: string, message: MessageId, rule: "pinned" | "excluded" | "normal"): Decision {
    const command: Command = { kind: "briefing-rule-set", message, rule };
    const decision = this.decide(this.command(handle, command, this.facts(message)));
    if (decision.ok) this.take(decision);
    return decision;
  }

  edit(handle: string, message: MessageId, text: string): Accepted {
    const command: Command = { kind: "message-edit", message, parts: [{ type: "text", text }] };
    return this.ok(this.command(handle, command, this.facts(message)));
  }

  withdraw(handle: string, message: MessageId): Accepted {
    const command: Command = { kind: "message-redact", message };
    return this.ok(this.command(handle, command, this.facts(message)));
  }

  /** What the log says of a message, as a controller looks it up. */
  facts(message: MessageId): MessageFacts | null {
    let facts: MessageFacts | null = null;
    for (const { seq, at, event } of this.log) {
      if (event.kind === "message-posted" && event.message === message)
        facts = { message, by: event.by, seq, at, redacted: false, parts: event.parts };
      if (!facts || !("message" in event) || event.message !== message) continue;
      if (event.kind === "message-edited") facts = { ...facts, parts: event.parts };
      if (event.kind === "message-redacted") facts = { ...facts, parts: [], redacted: true };
    }
    return facts;
  }

  /** The message at an index of the window, from its end where the index is negative. */
  message(index: number): GroupState["window"][number] {
    return this.state.window.at(index)!;
  }

  /** The summary that is being made has come out as this text. */
  summarized(text: string): Decision {
    const decision = this.decide({
      kind: "summary-finish",
      summary: this.state.compaction!.summary,
      outcome: { ok: true, text, model: "rehearsal/rehearsal-1", usage: USAGE, cost: 0.002 },
    });
    if (decision.ok) this.take(decision);
    return decision;
  }

  /** The open turn of an agent ends with words and calls. */
  answer(
    handle: string,
    text: string,
    calls: readonly Partial<MadeCall>[] = [],
    counted: { usage?: Usage; estimatedInput?: number; model?: string } = {},
  ): Accepted {
    const run = this.run(handle);
    const { turn, attempt } = run.open!;
    return this.ok({
      kind: "turn-finish",
      run: run.run,
      turn,
      attempt,
      parts: text ? [{ type: "text", text }] : [],
      calls: calls.map((call, index) => ({ ...CALL, digest: `digest-${index}`, ...call })),
      finish: calls.length > 0 ? "tool-calls" : "stop",
      usage: USAGE,
      cost: 0.001,
      model: "rehearsal/rehearsal-1",
      ...counted,
    });
  }

  /** A result for the agent's call at an index. */
  result(handle: string, index = 0, text = "42"): Accepted {
    const run = this.run(handle);
    const { call } = run.open!.calls[index]!;
    return this.ok({ kind: "tool-finish", run: run.run, call, result: { isError: false, text } });
  }

  member(handle: string): Member {
    for (const member of [...this.state.members.values(), ...this.state.former.values()])
      if (member.handle === handle) return member;
    throw new Error(`nobody is called ${handle}`);
  }

  /** The agent's run that is not queued. */
  run(handle: string): Run {
    const { member } = this.member(handle);
    const run = [...this.state.runs.values()].find(
      (each) => each.member === member && each.state !== "queued",
    );
    if (!run) throw new Error(`${handle} has no run`);
    return run;
  }

  approval(index = 0): Approval {
    return [...this.state.approvals.values()][index]!;
  }

  /** The effects since they were last taken. */
  takeEffects(): Effect[] {
    return this.#effects.splice(0);
  }

  kinds(from = 0): string[] {
    return this.log.slice(from).map(({ event }) => event.kind);
  }

  /** What `handle` has said, in order. */
  said(handle: string): string[] {
    const { member } = this.member(handle);
    return this.log.flatMap(({ event }) =>
      event.kind === "message-posted" && event.by === member ? [textOf(event.parts)] : [],
    );
  }
}

const CALL: MadeCall = {
  tool: "calculate",
  arguments: { expression: "6*7" },
  digest: "digest",
  effect: false,
};
