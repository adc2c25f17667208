// The rehearsal model as a stream: the rule-driven default that needs no key, speaking word by word.
import { estimateTokens } from "@acos/protocol";

import { readSummaryTask } from "../summary-prompt.ts";
import type { Model, ModelCall, ModelPart } from "./model.ts";
import { answerCall, type RehearsalAnswer } from "./rehearsal-answer.ts";
import { estimateCall } from "./token-estimate.ts";

/** However long an answer is, saying it takes no longer. */
const SPEECH_MAX_MS = 4_000;
const TEXT_ID = "text-0";

export interface RehearsalPace {
  /** Milliseconds between two words; 0 says all at once. */
  readonly wordDelayMs: number;
  /** Contract: resolves after that time, or at once when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** Makes the model. It keeps nothing between calls: any copy of the Worker can go on with any run. */
export function createRehearsal(pace: RehearsalPace): Model {
  return {
    modelId: "rehearsal-1",
    doStream: (call) => Promise.resolve({ stream: streamOf(call, pace) }),
  };
}

function streamOf(call: ModelCall, pace: RehearsalPace): ReadableStream<ModelPart> {
  const parts = speak(call, pace);
  return new ReadableStream<ModelPart>({
    async pull(controller) {
      const next = await parts.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await parts.return(undefined);
    },
  });
}

async function* speak(
  call: ModelCall,
  pace: RehearsalPace,
): AsyncGenerator<ModelPart, void, undefined> {
  const answer = answerCall(call);
  const words = answer.text.match(/\s*\S+/g) ?? [];
  // A summary is read by nobody as it comes, and waited for.
  const wordDelayMs = readSummaryTask(call.prompt) ? 0 : pace.wordDelayMs;
  const delayMs = Math.min(wordDelayMs, SPEECH_MAX_MS / Math.max(1, words.length));
  if (words.length > 0) yield { type: "text-start", id: TEXT_ID };
  for (const [index, word] of words.entries()) {
    if (delayMs > 0 && index > 0) await pace.wait(delayMs, call.abortSignal);
    call.abortSignal?.throwIfAborted();
    yield { type: "text-delta", id: TEXT_ID, delta: word };
  }
  if (words.length > 0) yield { type: "text-end", id: TEXT_ID };
  if (answer.call) {
    const { tool, input } = answer.call;
    yield { type: "tool-call", toolCallId: "call-0", toolName: tool, input };
  }
  yield finish(call, answer);
}

function finish(call: ModelCall, answer: RehearsalAnswer): ModelPart {
  const input = estimateCall(call);
  const output = estimateTokens(answer.text + (answer.call?.input ?? ""));
  return {
    type: "finish",
    finishReason: { unified: answer.call ? "tool-calls" : "stop", raw: undefined },
    usage: {
      inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: output, text: output, reasoning: 0 },
    },
  };
}
