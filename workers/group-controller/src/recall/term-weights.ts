// What each term of a query is worth: the rarer its messages, the more it says (inverse document frequency).
import type { QueryTerm } from "./search-query.ts";

/** What is known of how often terms occur before any segment is read. */
export interface TermCounts {
  /** Messages that are at hand, and how many of them have each term. */
  readonly messages: number;
  readonly having: readonly number[];
  /** Segments, and how many of their filters have each term. */
  readonly segments: number;
  readonly filters: readonly number[];
}

/** Messages of a segment, roughly: it turns a share of segments into a share of messages. */
const SEGMENT_MESSAGES = 1_000;
/** What even the most common term is worth. */
const LEAST = 0.05;
/** The whole of an identifier counts beside its words, so less than them. */
const EXTRA_SHARE = 0.5;

/** A weight for each term: minus the logarithm of the estimated share of messages that have it. */
export function weigh(terms: readonly QueryTerm[], counts: TermCounts): number[] {
  return terms.map(({ extra }, index) => {
    const weight = Math.max(LEAST, -Math.log(shareOf(counts, index)));
    return extra ? weight * EXTRA_SHARE : weight;
  });
}

/**
 * The share of messages with a term. A term in some segments is in few of their messages; one in all of them may be in
 * few or in all: there the messages at hand say how common it is.
 */
function shareOf({ messages, having, segments, filters }: TermCounts, index: number): number {
  const atHand = (having[index]! + 0.5) / (messages + 1);
  if (segments === 0) return atHand;
  const ofSegments = (filters[index]! + 0.5) / (segments + 1);
  const inSegments = 1 - (1 - ofSegments) ** (1 / SEGMENT_MESSAGES);
  if (filters[index] === segments) return Math.max(atHand, inSegments);
  const stored = segments * SEGMENT_MESSAGES;
  return (atHand * messages + inSegments * stored) / (messages + stored);
}
