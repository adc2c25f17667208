// What the commands of running calls say: the last of it, kept in memory and sent to whoever looks on. Never stored.
import {
  TOOL_OUTPUT_SHOWN_CHARS,
  TOOL_OUTPUT_WINDOW_MS,
  type RunId,
  type ToolCallId,
  type ToolOutputFrame,
} from "@acos/protocol";

import { Pace } from "./pace.ts";

interface Output {
  readonly run: RunId;
  readonly call: ToolCallId;
  readonly pace: Pace;
  /** The last of it. */
  kept: string;
  /** UTF-16 units of all of it, and how many of these went out or were left out. */
  length: number;
  sent: number;
}

export class ToolOutputs {
  readonly #outputs = new Map<ToolCallId, Output>();
  readonly #send: (text: string) => void;

  /** Contract of `send`: hands one frame to every live socket. */
  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  /** Begins a call's output; what was said of it before is replaced from offset 0. */
  begin(run: RunId, call: ToolCallId): void {
    this.end(call);
    const pace = new Pace(TOOL_OUTPUT_WINDOW_MS, () => this.#sendGrowth(begun));
    const begun: Output = { run, call, pace, kept: "", length: 0, sent: 0 };
    this.#outputs.set(call, begun);
  }

  /** Adds text; nothing where the call has ended. */
  grow(call: ToolCallId, text: string): void {
    const output = this.#outputs.get(call);
    if (!output || text === "") return;
    output.kept = (output.kept + text).slice(-TOOL_OUTPUT_SHOWN_CHARS);
    output.length += text.length;
    output.pace.grew();
  }

  /** Forgets it: the call has its result, or nobody waits for one. */
  end(call: ToolCallId): void {
    this.#outputs.get(call)?.pace.end();
    this.#outputs.delete(call);
  }

  /** For a client that joins: one frame a call, with the last of what went out so far. */
  catchUp(): readonly ToolOutputFrame[] {
    return [...this.#outputs.values()]
      .filter(({ sent }) => sent > 0)
      .map((output) => frameOf(output, { from: 0, to: output.sent }));
  }

  #sendGrowth(output: Output): boolean {
    const { sent: from, length: to } = output;
    if (from === to) return false;
    output.sent = to;
    this.#send(JSON.stringify(frameOf(output, { from, to })));
    return true;
  }
}

/** A stretch of the output, or the last of it that is kept. */
function frameOf(output: Output, { from, to }: { from: number; to: number }): ToolOutputFrame {
  const { run, call, kept, length } = output;
  const keptFrom = length - kept.length;
  const offset = Math.max(from, keptFrom);
  return {
    type: "tool-output",
    run,
    call,
    offset,
    // What went out may all lie before what is kept.
    text: kept.slice(offset - keptFrom, Math.max(0, to - keptFrom)),
  };
}
