// How much a model may answer: the agent's own limit, lowered to what the certificate still pays for in the worst case.
import { TURN_TEXT_MAX_CHARS } from "@acos/protocol";

import type { Price } from "./models/price.ts";
import type { Amount } from "./spending-meter.ts";

/**
 * No answer is longer: past so many characters it is broken off, and a token is a character at least. A limit from here up
 * is not sent, since providers refuse numbers that are beyond their model.
 */
const ANSWER_MAX_TOKENS = TURN_TEXT_MAX_CHARS;

export interface TurnBudget {
  /** Absent: the model's own limit is low enough. */
  readonly maxOutputTokens?: number;
  /** What the turn takes at most. More than `left` where not even one token of an answer is paid for. */
  readonly worst: Amount;
}

/** The budget of a call with so many tokens of input. Pure; a model without a known price costs nothing, and only tokens limit it. */
export function budgetOf(
  input: number,
  from: { readonly left: Amount; readonly price: Price | undefined; readonly wished?: number },
): TurnBudget {
  const { left, price, wished = ANSWER_MAX_TOKENS } = from;
  // Dollars per million tokens are millionths of a dollar per token.
  const inputCost = input * Math.max(price?.input ?? 0, price?.cacheWrite ?? 0);
  const outputPrice = price?.output ?? 0;
  const payable = outputPrice === 0 ? Infinity : (left.cost - inputCost) / outputPrice;
  const output = Math.max(1, Math.floor(Math.min(wished, left.tokens - input, payable)));
  const isSent = from.wished !== undefined || output < ANSWER_MAX_TOKENS;
  return {
    ...(isSent && { maxOutputTokens: output }),
    worst: { tokens: input + output, cost: inputCost + output * outputPrice },
  };
}
