// What a turn cost: list prices of well-known models, per million tokens, applied to the tokens a provider reports.
import type { ProviderKind, Usage } from "@acos/protocol";

/** US dollars per million tokens: fresh input, output, input read from the cache, input written to it. */
export interface Price {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

const openai = (input: number, output: number, cacheRead: number): Price => ({
  input,
  output,
  cacheRead,
  cacheWrite: input,
});
/** Reading the cache costs a tenth, writing to it a quarter more. */
const anthropic = (input: number, output: number): Price => ({
  input,
  output,
  cacheRead: input * 0.1,
  cacheWrite: input * 1.25,
});

/** List prices as their makers publish them; a model that is not here costs 0, which the docs say. */
const PRICES: Readonly<Partial<Record<ProviderKind, Readonly<Record<string, Price>>>>> = {
  openai: {
    "gpt-5": openai(1.25, 10, 0.125),
    "gpt-5-mini": openai(0.25, 2, 0.025),
    "gpt-5-nano": openai(0.05, 0.4, 0.005),
    "gpt-4.1": openai(2, 8, 0.5),
    "gpt-4.1-mini": openai(0.4, 1.6, 0.1),
    "gpt-4.1-nano": openai(0.1, 0.4, 0.025),
    "gpt-4o": openai(2.5, 10, 1.25),
    "gpt-4o-mini": openai(0.15, 0.6, 0.075),
    o3: openai(2, 8, 0.5),
    "o3-mini": openai(1.1, 4.4, 0.55),
    "o4-mini": openai(1.1, 4.4, 0.275),
  },
  anthropic: {
    "claude-opus-4-5": anthropic(5, 25),
    "claude-opus-4-1": anthropic(15, 75),
    "claude-opus-4": anthropic(15, 75),
    "claude-sonnet-4-5": anthropic(3, 15),
    "claude-sonnet-4": anthropic(3, 15),
    "claude-3-7-sonnet": anthropic(3, 15),
    "claude-haiku-4-5": anthropic(1, 5),
    "claude-3-5-haiku": anthropic(0.8, 4),
  },
};

/** Price of a model at its maker; undefined where none is known. A dated release counts as its model. */
export function priceOf(kind: ProviderKind, model: string): Price | undefined {
  const undated = model.replace(/-(?:latest|\d{4}-?\d{2}-?\d{2}|0)$/, "");
  const prices = PRICES[kind] ?? {};
  return Object.hasOwn(prices, undated) ? prices[undated] : undefined;
}

/** Cost in US dollars; tokens that came from or went to the cache are taken out of the fresh ones first. */
export function costOf(usage: Usage, price: Price | undefined): number {
  if (price === undefined) return 0;
  const fresh = Math.max(0, usage.inputTokens - usage.cacheReadTokens - usage.cacheWriteTokens);
  const millionths =
    fresh * price.input +
    usage.outputTokens * price.output +
    usage.cacheReadTokens * price.cacheRead +
    usage.cacheWriteTokens * price.cacheWrite;
  return millionths / 1_000_000;
}
