// Search over a whole log: messages at hand first, then the segments whose filters promise the most, up to a budget.
//
//   query ─▶ terms ─▶ filters of all segments ─▶ weights, best segments first ─▶ read, match, rank ─▶ hits with snippets
import { SEARCH_HITS_MAX } from "@acos/protocol";

import { messageTexts } from "./message-text.ts";
import { parseQuery } from "./search-query.ts";
import { SearchRanking } from "./search-ranking.ts";
import { scanFilters } from "./segment-filters.ts";
import type { SearchAnswer, SearchPage, SearchSource } from "./search-source.ts";

/** Segments that one search reads at most: some seconds of work, a hundred thousand events. */
export const SEARCH_SEGMENTS_MAX = 48;

/**
 * Finds messages by their words, best first. Never finds withdrawn ones, earlier texts of edited ones, or reasoning. The
 * same page of an unchanged log is the same answer. Rejects with what the source rejects with.
 */
export async function search(
  source: SearchSource,
  page: SearchPage,
  segmentsMax = SEARCH_SEGMENTS_MAX,
): Promise<SearchAnswer> {
  const query = parseQuery(page.q);
  if (query.terms.length === 0 && query.from.length === 0)
    return { hits: [], nextCursor: null, unread: 0 };
  const moment = { segments: source.segments(), hot: source.hot(), changed: source.changed() };
  const scans = await scanFilters(source, moment.segments, query);
  const ranking = new SearchRanking(
    { moment, scans, author: (member) => source.author(member) },
    query,
  );
  const candidates = ranking.candidates();
  const wanted = Math.min(SEARCH_HITS_MAX, page.cursor + page.limit + 1);
  let read = 0;
  for (const { segment, most } of candidates) {
    if (ranking.isSettled(wanted, most)) return { ...ranking.page(page), unread: 0 };
    if (read === segmentsMax) break;
    ranking.add(messageTexts(await source.events(segment)));
    read += 1;
  }
  return { ...ranking.page(page), unread: candidates.length - read };
}
