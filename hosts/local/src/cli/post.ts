// `acos post`: says one thing in a group and waits until the group has it durably.
import { randomUUID } from "node:crypto";
import { text as readAll } from "node:stream/consumers";

import { parseArguments } from "./arguments.ts";
import { findGroup } from "./find-group.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "post",
  usage: "acos post GROUP TEXT (TEXT - reads standard input)",
  options: {},
  words: [2, 2],
} as const;

/** Posts a message and writes its seq. A repeat after a lost answer is made under the same id by the caller's hand only. */
export async function post(args: readonly string[], terminal: Terminal): Promise<void> {
  const [group = "", said = ""] = parseArguments(args, SHAPE).words;
  const { api } = openSession(terminal);
  const id = await findGroup(api, group);
  const text = said === "-" ? (await readAll(terminal.input)).trim() : said;
  const body = {
    id: randomUUID(),
    command: { kind: "message-post" as const, parts: [{ type: "text" as const, text }] },
  };
  const { seq } = await api.call("giveCommand", { params: { id }, body });
  terminal.output.write(`${seq}\n`);
}
