// Asking every segment's filter which of a query's terms the segment may have.
import type { SearchQuery } from "./search-query.ts";
import type { SearchSource, SegmentRange } from "./search-source.ts";
import type { TermFilter } from "./term-filter.ts";

/** Filters asked for at a time. */
const FILTERS_AT_ONCE = 32;

export interface FilterScan {
  readonly segment: SegmentRange;
  /** Bits of the query's terms that the segment may have. */
  readonly mask: number;
  /** Whether it may have a message that fits: with all phrases, and any of the terms. */
  readonly possible: boolean;
}

/** Scans the filters of segments, in their order. Keeps no filter. */
export async function scanFilters(
  source: Pick<SearchSource, "filter">,
  segments: readonly SegmentRange[],
  query: SearchQuery,
): Promise<readonly FilterScan[]> {
  const scans: FilterScan[] = [];
  for (let from = 0; from < segments.length; from += FILTERS_AT_ONCE) {
    const some = segments.slice(from, from + FILTERS_AT_ONCE);
    const filters = await Promise.all(some.map((segment) => source.filter(segment)));
    scans.push(...some.map((segment, index) => scan(segment, filters[index]!, query)));
  }
  return scans;
}

function scan(segment: SegmentRange, filter: TermFilter, query: SearchQuery): FilterScan {
  const mask = query.terms.reduce(
    (bits, { term }, index) => (filter.has(term) ? bits | (1 << index) : bits),
    0,
  );
  const any = mask !== 0 || query.terms.length === 0;
  return { segment, mask, possible: any && query.required.every((term) => filter.has(term)) };
}
