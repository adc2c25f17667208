// Pages of lists that the Orchestrator makes itself, and their cursors, which are checked before anything is read.
import { isId, type IdKind, type Page } from "@acos/protocol";

import { invalidField } from "./invalid-field.ts";

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

/** A page of a list that is at hand as a whole; its cursor is a place in it. Throws `invalid_request` for another cursor. */
export function pageOfAll<T>(
  all: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined },
): Page<T> {
  const from = numberCursor(cursor) ?? 0;
  const end = from + limit;
  return { items: all.slice(from, end), nextCursor: end < all.length ? String(end) : null };
}

/** A cursor that is an id of one kind. Throws `invalid_request` for anything else, so that no reader mistakes it for the end. */
export function idCursor(kind: IdKind, cursor: string | undefined): string | undefined {
  if (cursor === undefined || isId(kind, cursor)) return cursor;
  throw notOurs();
}

/** A cursor that is a number: a seq, a version or a place. Throws `invalid_request` for anything else. */
export function numberCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw notOurs();
}

function notOurs() {
  const words =
    "This cursor is none of this list's. Send the nextCursor of the page before, as it was, or leave it out to begin anew.";
  return invalidField("cursor", words);
}
