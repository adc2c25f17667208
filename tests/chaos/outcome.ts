// After the last restart: waits until everything has come to rest, then reads the whole outcome from the public API.
import { setTimeout as pause } from "node:timers/promises";

import type {
  GroupSummary,
  GroupView,
  JobView,
  LogEvent,
  MessageView,
  Page,
  RunView,
  SearchHit,
} from "@acos/protocol";

import type { Rest } from "../rest.ts";
import type { Outcome } from "./history.ts";

const POLL_MS = 250;
/** Messages that are searched for by their word, from the oldest to the newest. */
const SEARCHES = 40;

export interface Reader {
  readonly rest: Rest;
  readonly org: string;
  readonly group: string;
  /** Groups of the org that were there before. */
  readonly others: readonly string[];
}

/** Waits until no run is queued, running or waiting, no work on storage is left and every copy is whole, at most until the deadline. */
export async function settled(reader: Reader, deadline: number): Promise<void> {
  const { rest, group } = reader;
  while (Date.now() < deadline) {
    const isAtRest = await Promise.all([
      rest.get<GroupView>(`/groups/${group}`),
      rest.get<Page<JobView>>(`/groups/${group}/jobs`),
      copiesOf(reader),
    ]).then(
      ([view, jobs, copies]) =>
        view.runs.every((run) => run.state === "paused") &&
        jobs.items.every((job) => job.state !== "running") &&
        copies.every((copy) => copy.state === "active"),
      () => false,
    );
    if (isAtRest) return;
    await pause(POLL_MS);
  }
}

/** Reads everything. What is refused is part of the outcome: a history that cannot be read is what the checker looks for. */
export async function readOutcome(reader: Reader): Promise<Omit<Outcome, "hits">> {
  const { rest, group } = reader;
  const refusals: string[] = [];
  const log = await readLog(rest, group, refusals);
  const orNone = async <T>(read: Promise<readonly T[]>): Promise<readonly T[]> =>
    read.catch((error: unknown) => {
      refusals.push(String(error));
      return [];
    });
  const copies = [];
  for (const { id, name, state } of await orNone(copiesOf(reader))) {
    const how = name.startsWith("fork ") ? ("fork" as const) : ("import" as const);
    const copied = state === "active" ? await readLog(rest, id, refusals) : [];
    copies.push({ group: id, name, how, state, log: copied });
  }
  return {
    log,
    runs: await orNone(pagesOf<RunView>(rest, `/groups/${group}/runs?limit=100`)),
    messages: await orNone(messagesOf(rest, group)),
    jobs: await orNone(pagesOf<JobView>(rest, `/groups/${group}/jobs?limit=100`)),
    group: await rest.get<GroupView>(`/groups/${group}`),
    finds: await orNone(findSome(rest, group, log)),
    copies,
    refusals,
  };
}

async function copiesOf({ rest, org, group, others }: Reader): Promise<GroupView[]> {
  const listed = await pagesOf<GroupSummary>(rest, `/orgs/${org}/groups?limit=100`);
  const ids = listed.map(({ id }) => id).filter((id) => id !== group && !others.includes(id));
  return Promise.all(ids.map((id) => rest.get<GroupView>(`/groups/${id}`)));
}

/** The log from the beginning. It goes on from the last seq it was given, so a hole stays visible. */
async function readLog(rest: Rest, group: string, refusals: string[]): Promise<LogEvent[]> {
  const log: LogEvent[] = [];
  for (;;) {
    const after = log.at(-1)?.seq ?? 0;
    const path = `/groups/${group}/events?after=${after}&limit=500`;
    const answer = await rest.call<Page<LogEvent>>("GET", path);
    if (answer.status !== 200) {
      refusals.push(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      return log;
    }
    if (answer.body.items.length === 0) return log;
    log.push(...answer.body.items);
  }
}

async function messagesOf(rest: Rest, group: string): Promise<MessageView[]> {
  const pages = await readPages<MessageView>(rest, `/groups/${group}/messages?limit=500`);
  return pages.toReversed().flat();
}

/** Searches for the words that only one message holds, of messages from all over the log that were not edited. */
async function findSome(
  rest: Rest,
  group: string,
  log: readonly LogEvent[],
): Promise<Outcome["finds"]> {
  const edited = new Set<string>();
  for (const { event } of log) if (event.kind === "message-edited") edited.add(event.message);
  const tokens = log.flatMap(({ seq, event }) => {
    if (event.kind !== "message-posted" || event.run !== undefined) return [];
    const token = /^client\d+-w\d+\b/.exec(event.parts[0]?.text ?? "")?.[0];
    return token === undefined || edited.has(event.message) ? [] : [{ token, seq }];
  });
  const step = Math.max(1, Math.floor(tokens.length / SEARCHES));
  const finds: Outcome["finds"][number][] = [];
  for (const { token, seq } of tokens.filter((_, index) => index % step === 0)) {
    const path = `/groups/${group}/search?q=${encodeURIComponent(`"${token}"`)}`;
    const { items } = await rest.get<Page<SearchHit>>(path);
    finds.push({ token, seq, found: items.map((hit) => hit.seq) });
  }
  return finds;
}

const pagesOf = async <T>(rest: Rest, path: string): Promise<T[]> =>
  (await readPages<T>(rest, path)).flat();

async function readPages<T>(rest: Rest, path: string): Promise<(readonly T[])[]> {
  const pages: (readonly T[])[] = [];
  let query = "";
  for (;;) {
    const page = await rest.get<Page<T>>(path + query);
    pages.push(page.items);
    if (page.nextCursor === null) return pages;
    query = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}
