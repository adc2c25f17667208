// Token counts where a provider reports none, and before a call, for the certificate's cap.
import type { LanguageModelV4Usage } from "@ai-sdk/provider";
import type { Usage } from "@acos/protocol";

import type { ModelCall } from "./model.ts";

/** Characters a token of Latin text, code or JSON holds, on the low side so that the estimate errs upward. */
const CHARS_PER_TOKEN = 3.5;
/** Everything from here up (CJK, emoji and most other scripts) counts as a token of its own. */
const WIDE_FROM = 0x0590;

/** Estimated tokens of a text: never far below what a tokenizer says, often above. */
export function estimateTokens(text: string): number {
  let wide = 0;
  for (let index = 0; index < text.length; index += 1)
    if (text.charCodeAt(index) >= WIDE_FROM) wide += 1;
  return Math.ceil((text.length - wide) / CHARS_PER_TOKEN) + wide;
}

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

/** Tokens as the log keeps them: the provider's where it says something sensible, else the estimates. */
export function usageOf(
  reported: LanguageModelV4Usage | undefined,
  estimated: { readonly input: () => number; readonly output: () => number },
): Usage {
  const { inputTokens, outputTokens } = reported ?? {};
  return {
    inputTokens: count(inputTokens?.total) ?? estimated.input(),
    outputTokens: count(outputTokens?.total) ?? estimated.output(),
    cacheReadTokens: count(inputTokens?.cacheRead) ?? 0,
    cacheWriteTokens: count(inputTokens?.cacheWrite) ?? 0,
  };
}

function count(tokens: number | undefined): number | undefined {
  return tokens !== undefined && tokens >= 0 && Number.isFinite(tokens)
    ? Math.round(tokens)
    : undefined;
}
