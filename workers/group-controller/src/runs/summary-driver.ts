// The driver of summaries: asks the Agents Worker for the one that the log asked for, and brings back what it said.
import { composeSummaryRequest, type GroupCommand, type GroupState } from "@acos/group";
import { problem, type SummaryId } from "@acos/protocol";

import { subjectOf, type Subject } from "../session-keys.ts";
import type { AgentsWorker } from "./agents-worker.ts";
import { pause } from "./pause.ts";
import { readTurn } from "./turn-reader.ts";

export interface SummaryRim {
  readonly agents: AgentsWorker;
  readonly state: () => GroupState;
  /** Contract: carries out the command at once. */
  readonly write: (command: GroupCommand) => void;
}

export class SummaryDriver {
  readonly #rim: SummaryRim;
  #abort: AbortController | null = null;

  constructor(rim: SummaryRim) {
    this.#rim = rim;
  }

  /** Whether a summary is being made in this process. */
  get isWorking(): boolean {
    return this.#abort !== null;
  }

  /** Makes the summary that is asked for, after a while; resolves when its outcome has been written. */
  async start(summary: SummaryId, afterMs: number): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    try {
      if (afterMs > 0) await pause(afterMs, abort.signal);
      if (abort.signal.aborted) return;
      const outcome = await this.#make(abort.signal);
      if (!abort.signal.aborted) this.#rim.write({ kind: "summary-finish", summary, outcome });
    } finally {
      if (this.#abort === abort) this.#abort = null;
    }
  }

  /** Ends the work: nobody waits for it any more. */
  abort(): void {
    this.#abort?.abort();
  }

  async #make(signal: AbortSignal): Promise<Outcome> {
    const request = composeSummaryRequest(this.#rim.state());
    const subject = subjectOf(this.#rim.state());
    if (!request || !subject) return failed(NOTHING.message);
    const now = (): Subject => subjectOf(this.#rim.state()) ?? subject;
    const called = await this.#rim.agents.summary(request, now, signal);
    if (!called.ok) return { ...failed(called.problem.message), lost: called.lost };
    const text: string[] = [];
    const read = await readTurn(called.value, (part) => {
      if (part.type === "text") text[part.part] = (text[part.part] ?? "") + part.text;
      return true;
    });
    if (!read.ok) return { ...failed(read.problem.message), lost: read.lost };
    const { usage, cost, reason } = read.finish;
    if (reason === "length") return { ...failed(CUT_OFF), usage, cost };
    return { ok: true, text: text.join("\n"), model: read.model, usage, cost };
  }
}

type Outcome = Extract<GroupCommand, { kind: "summary-finish" }>["outcome"];

const NOTHING = problem("conflict", "There is nothing to summarise any more.");

const CUT_OFF = "The model was cut off before the summary was whole.";

function failed(reason: string): Extract<Outcome, { ok: false }> {
  return { ok: false, reason };
}
