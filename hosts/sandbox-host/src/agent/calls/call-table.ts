// Tool calls of agents: each runs once, whoever asks how often; its frames are kept so that a lost link can be taken up.
//
//   running ── the tool answers, fails, or is cancelled ──▶ ended with `result`
import { isDeepStrictEqual } from "node:util";

import { PROCESS_OUTPUT_KEPT_BYTES, type SandboxCall } from "@acos/protocol";

import { refusal } from "../answer.ts";
import type { AgentEnvironment } from "../environment.ts";
import { FrameLog } from "../frame-log.ts";
import { tidyStreams } from "../kept-logs.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import { ToldDescriptions } from "../tools/nearest-description.ts";
import { runTool } from "../tools/run-tool.ts";

/** Frames of a call are its live view; whoever wants more of a command's output reads its process. */
const KEPT_BYTES = PROCESS_OUTPUT_KEPT_BYTES;

interface Call {
  readonly asked: SandboxCall;
  readonly log: FrameLog;
  readonly cancel: AbortController;
  readonly done: Promise<void>;
  endedAt: number | undefined;
}

export class CallTable {
  readonly #environment: AgentEnvironment;
  readonly #processes: ProcessTable;
  readonly #calls = new Map<string, Call>();
  readonly #told = new ToldDescriptions();

  constructor(environment: AgentEnvironment, processes: ProcessTable) {
    this.#environment = environment;
    this.#processes = processes;
  }

  /** The frames of a call, which is run when it was not yet. Throws ProblemError where the id names another call. */
  open(asked: SandboxCall): FrameLog {
    const known = this.#calls.get(asked.call);
    if (known !== undefined) return sameCall(known, asked).log;
    tidyStreams(this.#calls, Date.now());
    const log = new FrameLog({ capacity: KEPT_BYTES, held: true });
    const cancel = new AbortController();
    log.append({ t: "start" });
    const done = this.#run(asked, log, cancel.signal);
    this.#calls.set(asked.call, { asked, log, cancel, done, endedAt: undefined });
    return log;
  }

  /** Throws ProblemError when there is none, or none any more. */
  get(call: string): FrameLog {
    return this.#find(call).log;
  }

  /** Cancels a call and waits for its result; one that has ended stays as it is. */
  async cancel(call: string): Promise<void> {
    const found = this.#find(call);
    found.cancel.abort();
    await found.done;
  }

  #find(call: string): Call {
    const found = this.#calls.get(call);
    if (found !== undefined) return found;
    throw refusal("not_found", `There is no tool call ${call} in this start of the sandbox.`);
  }

  async #run(asked: SandboxCall, log: FrameLog, signal: AbortSignal): Promise<void> {
    const { port, ...result } = await runTool(asked, {
      environment: this.#environment,
      processes: this.#processes,
      told: this.#told,
      signal,
      emit: (t, data) => log.append({ t, data }),
    });
    log.append({ t: "result", result, ...(port !== undefined && { port }) });
    const call = this.#calls.get(asked.call);
    if (call !== undefined) call.endedAt = Date.now();
  }
}

function sameCall(known: Call, { tool, arguments: given, run }: SandboxCall): Call {
  const { asked } = known;
  const same =
    asked.tool === tool && asked.run === run && isDeepStrictEqual(asked.arguments, given);
  if (same) return known;
  throw refusal("idempotency_conflict", `${asked.call} was another call: of ${asked.tool}.`);
}
