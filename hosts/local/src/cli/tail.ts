// `acos tail`: follows a group until Ctrl+C, as words or as the log's own JSON, one event a line.
import { UsageError } from "../usage-error.ts";
import { parseArguments } from "./arguments.ts";
import { findGroup } from "./find-group.ts";
import { follow } from "./follow.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";
import { Transcript } from "./transcript.ts";

const SHAPE = {
  verb: "tail",
  usage: "acos tail GROUP [--json] [--since SEQ]",
  options: { json: { type: "boolean" }, since: { type: "string" } },
  words: [1, 1],
} as const;

/** Writes events in seq order, each once, through reconnects too. Without `--since` it begins with the newest. */
export async function tail(args: readonly string[], terminal: Terminal): Promise<void> {
  const given = parseArguments(args, SHAPE);
  const since = sinceOf(given.text("since"));
  const { api, options } = openSession(terminal);
  const group = await findGroup(api, given.words[0] ?? "");
  const { members } = await api.call("getGroup", { params: { id: group } });
  const transcript = new Transcript(members);
  const { output } = terminal;
  const { connection, failed } = follow({
    ...options,
    ...(since === undefined ? {} : { since }),
    group,
    onEvent: (entry) =>
      void output.write(given.on("json") ? `${JSON.stringify(entry)}\n` : transcript.take(entry)),
  });
  try {
    await Promise.race([terminal.interrupted, failed]);
  } finally {
    connection.close();
  }
}

function sinceOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text))
    throw new UsageError(`"${text}" is not a seq. --since takes a number; 0 is the beginning.`);
  return Number(text);
}
