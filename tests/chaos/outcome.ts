// After the last restart: waits until everything has come to rest, then reads the whole outcome from the public API.
import { setTimeout as pause } from "node:timers/promises";

import type { GroupView, LogEvent, Page, RunView } from "@acos/protocol";

import type { Rest } from "../rest.ts";
import type { Outcome } from "./history.ts";

const POLL_MS = 250;

/** Waits until no run is queued, running or waiting, at most until the deadline; whatever is then left is for the checker. */
export async function settled(rest: Rest, group: string, deadline: number): Promise<void> {
  while (Date.now() < deadline) {
    const view = await rest.get<GroupView>(`/groups/${group}`).catch(() => undefined);
    if (view?.runs.every((run) => run.state === "paused") === true) return;
    await pause(POLL_MS);
  }
}

/** Reads log, runs and group. Throws when the API refuses. */
export async function readOutcome(rest: Rest, group: string): Promise<Omit<Outcome, "hits">> {
  return {
    log: await readLog(rest, group),
    runs: await readRuns(rest, group),
    group: await rest.get<GroupView>(`/groups/${group}`),
  };
}

/** The log from the beginning. It goes on from the last seq it was given, so a hole stays visible. */
async function readLog(rest: Rest, group: string): Promise<LogEvent[]> {
  const log: LogEvent[] = [];
  for (;;) {
    const after = log.at(-1)?.seq ?? 0;
    const page = await rest.get<Page<LogEvent>>(`/groups/${group}/events?after=${after}&limit=500`);
    if (page.items.length === 0) return log;
    log.push(...page.items);
  }
}

async function readRuns(rest: Rest, group: string): Promise<RunView[]> {
  const runs: RunView[] = [];
  let query = "";
  for (;;) {
    const page = await rest.get<Page<RunView>>(`/groups/${group}/runs?limit=100${query}`);
    runs.push(...page.items);
    if (page.nextCursor === null) return runs;
    query = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}
