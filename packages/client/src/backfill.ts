// Events fetched by REST: what is too old for a replay on the socket, and older pages for a reader who scrolls up.
import type { LogEvent } from "@acos/protocol";

import type { Api } from "./api.ts";

/** Events of one page of older ones: about a screenful of talk with its tool calls. */
export const OLDER_PAGE = 200;
/** Largest page a server gives. */
const PAGE_LIMIT = 500;

/**
 * Fetches the events after one seq up to and including another, in order. Throws RequestProblem. It stops early where
 * the log ends; it does not check for holes, its caller does.
 */
export async function fetchEvents(
  api: Api,
  group: string,
  range: { readonly after: number; readonly upTo: number },
): Promise<readonly LogEvent[]> {
  const found: LogEvent[] = [];
  let after = range.after;
  while (after < range.upTo) {
    const query = { after, limit: Math.min(PAGE_LIMIT, range.upTo - after) };
    const page = await api.call("listEvents", { params: { id: group }, query });
    const fitting = page.items.filter(({ seq }) => seq > after && seq <= range.upTo);
    const last = fitting.at(-1);
    if (!last) break;
    found.push(...fitting);
    after = last.seq;
  }
  return found;
}
