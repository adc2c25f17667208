// The ranking of one search: what was found so far, and what unread segments could still bring.
import { SEARCH_HITS_MAX, type MessageId, type SearchHit } from "@acos/protocol";

import { hasPhrases, maskOf, mostOf, scoreOf } from "./message-match.ts";
import { messageTexts, type MessageText } from "./message-text.ts";
import { oneSpaced, type SearchQuery } from "./search-query.ts";
import type { LogMoment, SearchPage, SearchSource, SegmentRange } from "./search-source.ts";
import type { FilterScan } from "./segment-filters.ts";
import { snippetOf } from "./snippet.ts";
import { weigh } from "./term-weights.ts";

/** Messages worth less than this share of the best answer another question. */
const WORTH_SHARE = 0.2;

interface Found extends MessageText {
  readonly score: number;
}

export interface Candidate {
  readonly segment: SegmentRange;
  /** What a message of it scores at most. */
  readonly most: number;
}

/** What a ranking begins with. */
export interface RankingBasis {
  readonly moment: LogMoment;
  readonly scans: readonly FilterScan[];
  readonly author: SearchSource["author"];
}

export class SearchRanking {
  readonly #author: SearchSource["author"];
  readonly #query: SearchQuery;
  readonly #scans: readonly FilterScan[];
  readonly #weights: readonly number[];
  readonly #changed: LogMoment["changed"];
  #found = new Map<MessageId, Found>();

  /** Begins with the messages at hand, and counts how rare each term is. */
  constructor({ moment, scans, author }: RankingBasis, query: SearchQuery) {
    this.#author = author;
    this.#query = query;
    this.#scans = scans;
    this.#changed = moment.changed;
    const masked = atHand(moment).map((each) => ({ each, mask: maskOf(query, each.text) }));
    const count = (of: readonly { mask: number }[]) =>
      query.terms.map((_, index) => of.filter(({ mask }) => (mask & (1 << index)) !== 0).length);
    this.#weights = weigh(query.terms, {
      messages: masked.length,
      having: count(masked),
      segments: scans.length,
      filters: count(scans),
    });
    for (const { each, mask } of masked) this.#take(each, mask);
  }

  /** Segments that may have hits, those that promise the most first, of equals the newest. */
  candidates(): readonly Candidate[] {
    return this.#scans
      .filter(({ possible }) => possible)
      .map(({ segment, mask }) => ({ segment, most: mostOf(this.#query, this.#weights, mask) }))
      .sort((one, other) => other.most - one.most || other.segment.to - one.segment.to);
  }

  /** Adds a segment's messages; those with a newer text elsewhere are passed over. */
  add(messages: readonly MessageText[]): void {
    for (const each of messages)
      if (!this.#changed.has(each.message)) this.#take(each, maskOf(this.#query, each.text));
  }

  /** Whether messages that score `most` at most can change none of the `wanted` first hits. */
  isSettled(wanted: number, most: number): boolean {
    const ranked = this.#ranked();
    const last = ranked[wanted - 1];
    return (last !== undefined && last.score >= most) || this.#isWorthless(most, ranked[0]);
  }

  page({ cursor, limit }: SearchPage): { hits: SearchHit[]; nextCursor: string | null } {
    const ranked = this.#ranked();
    const told = ranked.filter(({ score }) => !this.#isWorthless(score, ranked[0]));
    const end = cursor + limit;
    return {
      hits: told.slice(cursor, end).map((found) => this.#hit(found)),
      nextCursor: end < told.length ? String(end) : null,
    };
  }

  #take(message: MessageText, mask: number): void {
    const { terms, from } = this.#query;
    if (mask === 0 && terms.length > 0) return;
    if (from.length > 0 && !this.#isFrom(message)) return;
    if (!hasPhrases(this.#query, message.text)) return;
    const score = scoreOf(message, mostOf(this.#query, this.#weights, mask));
    this.#found.set(message.message, { ...message, score });
    // Kept: as many as are ever told. In between twice as many, so that sorting is rare.
    if (this.#found.size >= 2 * SEARCH_HITS_MAX)
      this.#found = new Map(this.#ranked().map((each) => [each.message, each]));
  }

  #isFrom({ by }: MessageText): boolean {
    const { name, handle } = this.#author(by);
    const folded = oneSpaced(name);
    const called = new Set([handle, folded, ...folded.split(" ")]);
    return this.#query.from.some((from) => called.has(from));
  }

  #ranked(): readonly Found[] {
    const order = (one: Found, other: Found) => other.score - one.score || other.seq - one.seq;
    return [...this.#found.values()].sort(order).slice(0, SEARCH_HITS_MAX);
  }

  #isWorthless(score: number, best: Found | undefined): boolean {
    return best !== undefined && score < best.score * WORTH_SHARE;
  }

  #hit({ message, seq, at, by, text, score }: Found): SearchHit {
    const weights = new Map(
      this.#query.terms.map(({ term }, index) => [term, this.#weights[index]!]),
    );
    const { name } = this.#author(by);
    return { message, seq, at, by, author: name, snippet: snippetOf(text, weights), score };
  }
}

/** Messages in no segment, and the newest texts of those in segments that were changed since. */
function atHand({ hot, changed }: LogMoment): MessageText[] {
  const posted = messageTexts(hot).filter(({ message }) => !changed.has(message));
  const later = [...changed].flatMap(([message, edited]) =>
    edited === null ? [] : [{ message, ...edited }],
  );
  return [...posted, ...later];
}
