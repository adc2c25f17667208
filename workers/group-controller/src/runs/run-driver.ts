// The driver of runs: carries out what facts call for at the Agents Worker, and brings each outcome back as a command.
import {
  composeBriefing,
  type Effect,
  type GroupCommand,
  type GroupState,
  type MadeCall,
  type Run,
} from "@acos/group";
import type { ErrorCode, RunId } from "@acos/protocol";
import { argumentsDigest } from "@acos/trust";

import { subjectOf, type Subject } from "../session-keys.ts";
import type { Drafts } from "../sockets/drafts.ts";
import type { AgentsWorker } from "./agents-worker.ts";
import { readTurn, type ToolCallPart } from "./turn-reader.ts";

type BriefEffect = Extract<Effect, { kind: "brief" }>;
type CallEffect = Extract<Effect, { kind: "call-tool" }>;

export interface DriverRim {
  readonly agents: AgentsWorker;
  readonly drafts: Drafts;
  readonly state: () => GroupState;
  /** Contract: carries out the command at once; a refusal is an outcome that nobody waits for any more. */
  readonly write: (command: GroupCommand) => void;
  /** Contract: resolves when everything appended so far is on disk. */
  readonly durable: () => Promise<void>;
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
  async start(effect: BriefEffect | CallEffect): Promise<void> {
    const abort = new AbortController();
    const working = this.#working.get(effect.run) ?? new Set();
    this.#working.set(effect.run, working.add(abort));
    try {
      await (effect.kind === "brief" ? this.#brief(effect, abort) : this.#callTool(effect, abort));
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
    { run, turn, attempt, afterMs }: BriefEffect,
    abort: AbortController,
  ): Promise<void> {
    const { drafts } = this.#rim;
    const found = this.#openTurn(run);
    const briefing = composeBriefing(this.#rim.state(), run);
    if (!found || !briefing) return;
    if (afterMs > 0) await pause(afterMs, abort.signal);
    if (abort.signal.aborted) return;
    drafts.begin({ run, by: found.run.member, message: found.open.message });
    const ref = { run, turn, attempt };
    const subject = (): Subject => this.#subjectNow(found.subject);
    const called = await this.#rim.agents.turn(briefing, subject, abort.signal);
    const read = called.ok
      ? await readTurn(called.value, (part) =>
          drafts.grow(run, part.part, { kind: part.type, text: part.text }),
        )
      : called;
    if (abort.signal.aborted) return;
    drafts.flush(run);
    const parts = drafts.partsOf(run);
    drafts.end(run);
    if (!read.ok) {
      const { problem: why, lost } = read;
      return this.#rim.write({ kind: "turn-fail", ...ref, parts, problem: why, lost });
    }
    const { finish, model } = read;
    const calls = await Promise.all(read.calls.map(withDigest));
    const { reason, usage, cost } = finish;
    this.#rim.write({
      kind: "turn-finish",
      ...ref,
      parts,
      calls,
      finish: reason,
      usage,
      cost,
      model,
    });
  }

  async #callTool({ run, turn, call }: CallEffect, abort: AbortController): Promise<void> {
    const found = this.#openTurn(run);
    const made = found?.open.calls.find((each) => each.call === call);
    if (!found?.run.pin || !made || made.dispatches === 0 || made.result) return;
    const { subject } = found;
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

/** A call with the digest of what it would do: tool and arguments, canonical. Approvals are bound to it. */
async function withDigest(part: ToolCallPart): Promise<MadeCall> {
  const { tool, effect, invalid } = part;
  const digest = await argumentsDigest(tool, part.arguments);
  return { tool, arguments: part.arguments, digest, effect, ...(invalid && { invalid }) };
}

/** Waits, at most until the work is called off. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
