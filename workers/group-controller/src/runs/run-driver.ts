// The driver of runs: carries out what facts call for at the Agents Worker, and brings each outcome back as a command.
import {
  composeBriefing,
  isSandboxTool,
  type Effect,
  type GroupCommand,
  type GroupState,
  type MadeCall,
  type Run,
} from "@acos/group";
import {
  GROUP_TOOLS,
  type Briefing,
  type ErrorCode,
  type RunId,
  type ToolArguments,
  type ToolResult,
} from "@acos/protocol";
import { argumentsDigest } from "@acos/trust";

import type { SandboxDriver } from "../sandboxes/sandbox-driver.ts";
import { subjectOf, type Subject } from "../session-keys.ts";
import type { Drafts } from "../sockets/drafts.ts";
import type { AgentsWorker } from "./agents-worker.ts";
import { pause } from "./pause.ts";
import { readTurn, type ToolCallPart } from "./turn-reader.ts";

type BriefEffect = Extract<Effect, { kind: "brief" }>;
type CallEffect = Extract<Effect, { kind: "call-tool" }>;
type FollowEffect = Extract<Effect, { kind: "follow-call" }>;

export interface DriverRim {
  readonly agents: AgentsWorker;
  readonly sandboxes: SandboxDriver;
  readonly drafts: Drafts;
  readonly state: () => GroupState;
  /** Contract: carries out the command at once; a refusal is an outcome that nobody waits for any more. */
  readonly write: (command: GroupCommand) => void;
  /** Contract: resolves when everything appended so far is on disk. */
  readonly durable: () => Promise<void>;
  /** Contract: answers a call of a tool of the group's own, from its log. Never rejects. */
  readonly remembers: (call: GroupCall) => Promise<ToolResult>;
  /** Contract: begins to note what was told and never rejects; what it answers keeps the note, and is called once. */
  readonly told: (state: GroupState, briefing: Briefing) => Promise<() => void>;
}

/** A call that the group answers itself. */
export interface GroupCall {
  readonly tool: (typeof GROUP_TOOLS)[number];
  readonly arguments: ToolArguments;
}

export class RunDriver {
  readonly #rim: DriverRim;
  readonly #working = new Map<RunId, Set<AbortController>>();

  constructor(rim: DriverRim) {
    this.#rim = rim;
  }

  /** Whether work for this run is under way in this process. */
  isWorking(run: RunId): boolean {
    return this.#working.has(run);
  }

  /** Begins the work of an effect; resolves when its outcome has been written. */
  async start(effect: BriefEffect | CallEffect | FollowEffect): Promise<void> {
    const abort = new AbortController();
    const working = this.#working.get(effect.run) ?? new Set();
    this.#working.set(effect.run, working.add(abort));
    try {
      if (effect.kind === "brief") await this.#brief(effect, abort);
      else if (effect.kind === "call-tool") await this.#callTool(effect, abort);
      else await this.#rim.sandboxes.follow(effect, abort.signal);
    } finally {
      working.delete(abort);
      if (working.size === 0) this.#working.delete(effect.run);
    }
  }

  /** Ends all work of a run: what still comes of it is nobody's any more. */
  abort(run: RunId): void {
    for (const abort of this.#working.get(run) ?? []) abort.abort();
    this.#rim.drafts.end(run);
  }

  async #brief(
    { run, turn, attempt, afterMs, state }: BriefEffect,
    abort: AbortController,
  ): Promise<void> {
    const { drafts } = this.#rim;
    const found = this.#openTurn(run);
    const briefing = composeBriefing(state, run);
    if (!found || !briefing) return;
    if (afterMs > 0) await pause(afterMs, abort.signal);
    if (abort.signal.aborted) return;
    drafts.begin({ run, by: found.run.member, message: found.open.message });
    const ref = { run, turn, attempt };
    const subject = (): Subject => this.#subjectNow(found.subject);
    const called = await this.#rim.agents.turn(briefing, subject, abort.signal);
    const told = this.#rim.told(state, briefing);
    const read = called.ok
      ? await readTurn(called.value, (part) =>
          drafts.grow(run, part.part, { kind: part.type, text: part.text }),
        )
      : called;
    const keep = await told;
    if (abort.signal.aborted) return keep();
    drafts.flush(run);
    const parts = drafts.partsOf(run);
    drafts.end(run);
    if (!read.ok) {
      const { problem: why, lost } = read;
      keep();
      return this.#rim.write({ kind: "turn-fail", ...ref, parts, problem: why, lost });
    }
    const { finish, model } = read;
    const calls = await Promise.all(read.calls.map(withDigest));
    const { reason, usage, cost, estimatedInput } = finish;
    // Nothing is waited for between the two: they share a commit.
    keep();
    this.#rim.write({
      kind: "turn-finish",
      ...ref,
      parts,
      calls,
      finish: reason,
      usage,
      cost,
      ...(estimatedInput !== undefined && { estimatedInput }),
      model,
    });
  }

  async #callTool({ run, turn, call }: CallEffect, abort: AbortController): Promise<void> {
    const found = this.#openTurn(run);
    const made = found?.open.calls.find((each) => each.call === call);
    if (!found?.run.pin || !made || made.dispatches === 0 || made.result) return;
    const { subject } = found;
    const { tool } = made;
    if (isGroupTool(tool)) {
      const result = await this.#rim.remembers({ tool, arguments: made.arguments });
      return this.#rim.write({ kind: "tool-finish", run, call, result });
    }
    if (isSandboxTool(tool)) return this.#rim.sandboxes.make({ run, turn, call }, abort.signal);
    if (made.effect) await this.#rim.durable();
    const dispatched = {
      group: subject.group,
      org: subject.org,
      run,
      turn,
      call,
      dispatch: made.dispatches,
      pin: found.run.pin,
      tool: made.tool,
      arguments: made.arguments,
      digest: made.digest,
    };
    const now = (): Subject => this.#subjectNow(subject);
    const called = await this.#rim.agents.callTool(dispatched, now, abort.signal);
    if (abort.signal.aborted) return;
    if (called.ok) return this.#rim.write({ kind: "tool-finish", run, call, result: called.value });
    if (called.lost || TAKEN.has(called.problem.code))
      return this.#rim.write({ kind: "tool-lost", run, call });
    const result = { isError: true, text: called.problem.message };
    this.#rim.write({ kind: "tool-finish", run, call, result });
  }

  #subjectNow(before: Subject): Subject {
    return subjectOf(this.#rim.state()) ?? before;
  }

  #openTurn(id: RunId): { run: Run; open: NonNullable<Run["open"]>; subject: Subject } | null {
    const state = this.#rim.state();
    const [run, subject] = [state.runs.get(id), subjectOf(state)];
    return run?.open && subject ? { run, open: run.open, subject } : null;
  }
}

/** Refusals of a call that another request has taken on: what became of that one is not known here. */
const TAKEN: ReadonlySet<ErrorCode> = new Set(["used_token", "conflict"]);

function isGroupTool(tool: string): tool is GroupCall["tool"] {
  return (GROUP_TOOLS as readonly string[]).includes(tool);
}

/** A call with the digest of what it would do: tool and arguments, canonical. Approvals are bound to it. */
async function withDigest(part: ToolCallPart): Promise<MadeCall> {
  const { tool, effect, invalid } = part;
  const digest = await argumentsDigest(tool, part.arguments);
  return { tool, arguments: part.arguments, digest, effect, ...(invalid && { invalid }) };
}
