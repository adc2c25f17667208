// `acos jobs`: the work on a group's storage, newest first.
import type { JobView } from "@acos/protocol";

import { parseArguments } from "./arguments.ts";
import { inColumns } from "./columns.ts";
import { findGroup } from "./find-group.ts";
import { minuteOf } from "./moment.ts";
import { plainLine } from "./plain-text.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "jobs",
  usage: "acos jobs GROUP [--json]",
  options: { json: { type: "boolean" } },
  words: [1, 1],
} as const;

/** Writes a line a job: when it began, what it is, how far it is, and what went wrong. */
export async function jobs(args: readonly string[], terminal: Terminal): Promise<void> {
  const given = parseArguments(args, SHAPE);
  const { api } = openSession(terminal);
  const id = await findGroup(api, given.words[0] ?? "");
  const { items } = await api.call("listJobs", { params: { id } });
  const { output } = terminal;
  if (given.on("json")) for (const job of items) output.write(`${JSON.stringify(job)}\n`);
  else if (items.length === 0) output.write("Nothing was done with this group's storage yet.\n");
  else output.write(inColumns(items.map(cellsOf)));
}

function cellsOf({ startedAt, kind, state, step, done, total, problem }: JobView): string[] {
  const events = total === 0 ? `${done} events` : `${done} of ${total} events`;
  const end = problem ? plainLine(problem.message) : plainLine(step);
  return [minuteOf(startedAt), kind, state, events, end];
}
