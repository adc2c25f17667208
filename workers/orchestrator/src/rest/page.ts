// Pages of lists that live in D1: one row more than asked for tells whether there is a next page.
import type { Page } from "@acos/protocol";

/** The page of `limit` items out of up to `limit + 1` rows; `cursorOf` the last item asks for the next one. */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  cursorOf: (item: T) => string,
): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, nextCursor: more ? cursorOf(last) : null };
}
