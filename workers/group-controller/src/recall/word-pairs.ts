// Pairs of neighbouring words: two words that are each common are rare side by side, in the index as in a question.
import { STOP_WORDS } from "./stop-words.ts";
import { stem, type Token } from "./terms.ts";

const STOP_TERMS: ReadonlySet<string> = new Set([...STOP_WORDS].map(stem));

/**
 * Joins each token of one text, in order, with the one before it, words without a subject left out between them; null where
 * there is none before it. No term has a space, so a pair is never taken for a term.
 */
export function pairing(): (token: Token) => string | null {
  let before: string | null = null;
  return ({ terms }) => {
    const [word] = terms;
    if (word === undefined || (terms.length === 1 && STOP_TERMS.has(word))) return null;
    const pair = before === null ? null : `${before} ${word}`;
    before = word;
    return pair;
  };
}
