// All of a group as anybody in it can read it, page by page, and the hash of what must not change.
import { createHash } from "node:crypto";

import type { GroupView, LogEvent, MessageView, Page, RunView, SearchHit } from "@acos/protocol";

import type { Rest } from "../rest.ts";

/** Every page of events from the beginning, in order. It asks on from the last seq, so that holes stay visible. */
export async function logOf(rest: Rest, group: string): Promise<LogEvent[]> {
  const log: LogEvent[] = [];
  for (;;) {
    const after = log.at(-1)?.seq ?? 0;
    const { items } = await rest.get<Page<LogEvent>>(
      `/groups/${group}/events?after=${after}&limit=500`,
    );
    if (items.length === 0) return log;
    log.push(...items);
  }
}

/** Every page of messages, oldest first. */
export async function messagesOf(rest: Rest, group: string): Promise<MessageView[]> {
  const pages = await pagesOf<MessageView>(rest, `/groups/${group}/messages?limit=500`);
  return pages.toReversed().flat();
}

/** Every page of runs, newest first. */
export async function runsOf(rest: Rest, group: string, limit = 100): Promise<RunView[]> {
  return (await pagesOf<RunView>(rest, `/groups/${group}/runs?limit=${limit}`)).flat();
}

/** Every page of what a search finds, best first. */
export async function hitsOf(rest: Rest, group: string, words: string): Promise<SearchHit[]> {
  const path = `/groups/${group}/search?q=${encodeURIComponent(words)}&limit=50`;
  return (await pagesOf<SearchHit>(rest, path)).flat();
}

async function pagesOf<T>(rest: Rest, path: string): Promise<(readonly T[])[]> {
  const pages: (readonly T[])[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const next = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page<T> = await rest.get<Page<T>>(path + next);
    pages.push(page.items);
    cursor = page.nextCursor;
  }
  return pages;
}

const COMINGS = new Set(["group-archived", "group-restored"]);

/** SHA-256 over state and log, but for what an archive and a return note of themselves. */
export async function hashOf(rest: Rest, group: string): Promise<string> {
  const { head: _, ...state } = await rest.get<GroupView>(`/groups/${group}`);
  const log = (await logOf(rest, group)).filter(({ event }) => !COMINGS.has(event.kind));
  const facts = log.map(({ at, event }) => ({ at, event }));
  return createHash("sha256")
    .update(JSON.stringify([state, facts]))
    .digest("hex");
}
