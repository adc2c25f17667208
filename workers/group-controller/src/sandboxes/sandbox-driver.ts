// The driver of tool calls in sandboxes: a lease, a start, a checkpoint, then the call; what comes of it is a command.
//
//   dispatched ─▶ lease of its paths ─▶ sandbox runs ─▶ checkpoint of the turn ─▶ sent (noted before) ─▶ result
//        └── after a crash: noted as sent? followed to its result : handed out again
import {
  chosenSandbox,
  isSandboxTool,
  mayChange,
  type GroupCommand,
  type OpenCall,
} from "@acos/group";
import {
  ProblemError,
  type RunId,
  type SandboxId,
  type SandboxTool,
  type ToolCallId,
} from "@acos/protocol";

import type { UsedTokens } from "../sockets/accept.ts";
import type { ToolOutputs } from "../sockets/tool-outputs.ts";
import { outputReader } from "./call-output.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { leasePaths } from "./lease-paths.ts";
import { PathLeases } from "./path-leases.ts";
import {
  SANDBOX_GONE,
  type CallListener,
  type CallOutcome,
  type SandboxCalls,
  type WantedCall,
} from "./sandbox-calls.ts";
import type { SandboxFacts } from "./sandbox-facts.ts";
import type { SandboxPort, Start } from "./sandbox-port.ts";
import type { SandboxStarts } from "./sandbox-starts.ts";

export interface SandboxDriverRim {
  readonly port: SandboxPort;
  readonly calls: SandboxCalls;
  readonly facts: SandboxFacts;
  readonly starts: SandboxStarts;
  readonly checkpoints: Checkpoints;
  readonly tokens: UsedTokens;
  readonly outputs: ToolOutputs;
  readonly now: () => number;
  /** Contract: carries out the command at once; a refusal is an outcome that nobody waits for any more. */
  readonly write: (command: GroupCommand) => void;
  /** Contract: resolves when everything appended so far is on disk. */
  readonly durable: () => Promise<void>;
}

export interface CallPlace {
  readonly run: RunId;
  readonly turn: number;
  readonly call: ToolCallId;
}

interface Job {
  readonly place: CallPlace;
  readonly tool: SandboxTool;
  readonly made: OpenCall;
  readonly sandbox: SandboxId;
  readonly signal: AbortSignal;
}

/** Longer than a call can last: that it was sent is known as long as its outcome may be asked for. */
const SENT_KEPT_S = 24 * 60 * 60;

export class SandboxDriver {
  readonly #rim: SandboxDriverRim;
  readonly #leases = new Map<SandboxId, PathLeases>();

  constructor(rim: SandboxDriverRim) {
    this.#rim = rim;
  }

  /** Has a dispatched call made; resolves when its outcome has been written. */
  make(place: CallPlace, signal: AbortSignal): Promise<void> {
    return this.#holding(place, signal, (job) => this.#make(job));
  }

  /** Finds out what became of a call that a process before this one had made. */
  follow(place: CallPlace, signal: AbortSignal): Promise<void> {
    return this.#holding(place, signal, (job) => this.#follow(job));
  }

  async #holding(
    place: CallPlace,
    signal: AbortSignal,
    work: (job: Job) => Promise<void>,
  ): Promise<void> {
    const { facts } = this.#rim;
    const open = facts.state.runs.get(place.run)?.open;
    const made = open?.calls.find((each) => each.call === place.call);
    if (!made || made.dispatches === 0 || made.result || !isSandboxTool(made.tool)) return;
    const chosen = chosenSandbox(facts.state.sandboxes, made.arguments);
    if (!chosen) return this.#finish(place, { isError: true, text: SANDBOX_GONE.message });
    const { sandbox } = chosen;
    const leases = this.#leases.get(sandbox) ?? new PathLeases();
    this.#leases.set(sandbox, leases);
    const lease = await leases.take(leasePaths(made.tool, made.arguments), signal);
    if (!lease) return;
    try {
      await work({ place, tool: made.tool, made, sandbox, signal });
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      // Only what comes before the sending throws: the call was not made.
      if (!signal.aborted) this.#finish(place, { isError: true, text: error.problem.message });
    } finally {
      this.#rim.outputs.end(place.call);
      lease.release();
    }
  }

  async #make(job: Job): Promise<void> {
    const { place, tool, sandbox, signal } = job;
    const { starts, checkpoints, durable, calls } = this.#rim;
    await durable();
    const start = await starts.within(sandbox, async (found) => {
      const { run, turn } = place;
      if (mayChange(tool)) await checkpoints.before(found, { run, turn });
      return found;
    });
    if (signal.aborted) return;
    this.#noteSent(job);
    const outcome = await calls.make(start, this.#wanted(job), this.#listener(job));
    await this.#settle(job, start, outcome);
  }

  async #follow(job: Job): Promise<void> {
    const { place, made, sandbox } = job;
    const { facts, calls, tokens } = this.#rim;
    const epoch = facts.find(sandbox)?.epoch;
    const wasSent = tokens.has(sentName(place, made));
    if (!wasSent || !epoch) return this.#lost(job, wasSent);
    const start = { sandbox, epoch };
    const outcome = await calls.follow(start, this.#wanted(job), this.#listener(job));
    await this.#settle(job, start, outcome);
  }

  /** Shows what the call says while it runs, from its beginning. */
  #listener({ place, signal }: Job): CallListener {
    const { outputs } = this.#rim;
    outputs.begin(place.run, place.call);
    const read = outputReader();
    return { signal, hear: (frame) => outputs.grow(place.call, read(frame)) };
  }

  async #settle(job: Job, start: Start, outcome: CallOutcome): Promise<void> {
    const { place } = job;
    const { run } = place;
    switch (outcome.kind) {
      case "result": {
        const { result, port } = outcome;
        const { sandbox } = start;
        if (port !== null) this.#rim.facts.note({ kind: "preview-offered", sandbox, port, run });
        return this.#finish(place, result);
      }
      case "replaced":
        this.#rim.starts.replaced(start);
        return this.#lost(job, false);
      case "unknown":
      case "silent":
        return this.#lost(job, true);
      case "aborted":
        return this.#cancel(start, place);
      default:
        return outcome satisfies never;
    }
  }

  async #cancel(start: Start, { run, call }: CallPlace): Promise<void> {
    try {
      await this.#rim.port.cancelCall(start, run, call);
    } catch {
      // The host does not answer: its own time limit ends the call.
    }
  }

  #finish({ run, call }: CallPlace, result: { isError: boolean; text: string }): void {
    this.#rim.write({ kind: "tool-finish", run, call, result });
  }

  #lost({ place: { run, call } }: Job, sent: boolean): void {
    this.#rim.write({ kind: "tool-lost", run, call, ...(!sent && { unmade: true as const }) });
  }

  /** Notes that the call is sent now. The platform sends nothing before this is on disk. */
  #noteSent({ place, made }: Job): void {
    const { tokens, now } = this.#rim;
    const exp = Math.floor(now() / 1000) + SENT_KEPT_S;
    tokens.use({ jti: sentName(place, made), exp }, now());
  }

  #wanted({ place, tool, made }: Job): WantedCall {
    const { dispatches: dispatch, arguments: args, digest } = made;
    const group = this.#rim.facts.state.group!.id;
    return { ...place, dispatch, tool, arguments: args, digest, group };
  }
}

function sentName({ run, call }: CallPlace, { dispatches }: OpenCall): string {
  return ["sent", run, call, dispatches].join(":");
}
