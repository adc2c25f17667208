// How well one message fits a query.
import type { MessageText } from "./message-text.ts";
import { hasPhrase, oneSpaced, type SearchQuery } from "./search-query.ts";
import { fold, tokensOf } from "./terms.ts";
import { pairing } from "./word-pairs.ts";

/** What all terms together are worth beyond their sum. */
const ALL_BONUS = 1.2;
/** Past this length a text has many words by chance … */
const USUAL_CHARS = 600;
/** … and each doubling costs this much. */
const LENGTH_COST = 0.1;

/** Which of the query's terms a text has, as bits. */
export function maskOf(query: SearchQuery, text: string): number {
  const folded = fold(text);
  // Every term is a stretch of the folded text, and a pair is two: most messages are passed over without being cut up.
  if (!query.terms.some(({ term }) => folded.includes(term))) return 0;
  const bits = new Map(query.terms.map(({ term }, index) => [term, 1 << index]));
  const pairOf = pairing();
  let mask = 0;
  for (const token of tokensOf(text)) {
    for (const term of token.terms) mask |= bits.get(term) ?? 0;
    mask |= bits.get(token.whole ?? "") ?? 0;
    mask |= bits.get(pairOf(token) ?? "") ?? 0;
  }
  return mask;
}

/** Whether a text has every phrase of the query. */
export function hasPhrases(query: SearchQuery, text: string): boolean {
  if (query.phrases.length === 0) return true;
  const spaced = oneSpaced(text);
  return query.phrases.every((phrase) => hasPhrase(spaced, phrase));
}

/** What a message with these terms scores at most. */
export function mostOf(query: SearchQuery, weights: readonly number[], mask: number): number {
  let score = 0;
  let all = true;
  for (const [index, { extra }] of query.terms.entries()) {
    if ((mask & (1 << index)) !== 0) score += weights[index]!;
    else if (!extra) all = false;
  }
  return all ? score * ALL_BONUS : score;
}

/** A message's score from what it could be at most. */
export function scoreOf({ text }: MessageText, most: number): number {
  const doublings = Math.log2(Math.max(1, text.length / USUAL_CHARS));
  return most / (1 + LENGTH_COST * doublings);
}
