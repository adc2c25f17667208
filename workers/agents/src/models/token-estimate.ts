// Token counts where a provider reports none, and before a call, for the certificate's cap.
import type { LanguageModelV4Usage } from "@ai-sdk/provider";
import { estimateTokens, type Usage } from "@acos/protocol";

import type { ModelCall } from "./model.ts";

/** Estimated tokens of everything a call sends. */
export function estimateCall(call: Pick<ModelCall, "prompt" | "tools">): number {
  const tools = call.tools?.length ? estimateTokens(JSON.stringify(call.tools)) : 0;
  return call.prompt.reduce((sum, message) => sum + estimateContent(message.content), tools);
}

function estimateContent(content: ModelCall["prompt"][number]["content"]): number {
  if (typeof content === "string") return estimateTokens(content);
  return content.reduce(
    (sum, part) => sum + estimateTokens(part.type === "text" ? part.text : JSON.stringify(part)),
    0,
  );
}

/**
 * Tokens as the log keeps them, alike for every provider: `inputTokens` are all that were sent, those read from a cache and
 * written to one included. The provider's numbers where it says something sensible, else the estimates.
 */
export function usageOf(
  reported: LanguageModelV4Usage | undefined,
  estimated: { readonly input: () => number; readonly output: () => number },
): Usage {
  const { inputTokens, outputTokens } = reported ?? {};
  const cacheReadTokens = count(inputTokens?.cacheRead) ?? 0;
  const cacheWriteTokens = count(inputTokens?.cacheWrite) ?? 0;
  const cached = cacheReadTokens + cacheWriteTokens;
  // No call sends nothing: a total of 0 was not counted.
  const told = count(inputTokens?.total) || estimated.input();
  return {
    // A total below its cached part counts the fresh ones alone.
    inputTokens: told < cached ? told + cached : told,
    outputTokens: count(outputTokens?.total) ?? estimated.output(),
    cacheReadTokens,
    cacheWriteTokens,
  };
}

function count(tokens: number | undefined): number | undefined {
  return tokens !== undefined && tokens >= 0 && Number.isFinite(tokens)
    ? Math.round(tokens)
    : undefined;
}
