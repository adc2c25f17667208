// `acos fork`: a new group with another one's history up to some event.
import type { GroupView } from "@acos/protocol";

import { UsageError } from "../usage-error.ts";
import { parseArguments } from "./arguments.ts";
import { findGroup } from "./find-group.ts";
import { plainLine } from "./plain-text.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "fork",
  usage: "acos fork GROUP [--at SEQ] [--name NAME]",
  options: { at: { type: "string" }, name: { type: "string" } },
  words: [1, 1],
} as const;

/** Forks a group and writes the new one's id and name. */
export async function fork(args: readonly string[], terminal: Terminal): Promise<void> {
  const given = parseArguments(args, SHAPE);
  const atSeq = seqOf(given.text("at"));
  const name = given.text("name");
  const { api } = openSession(terminal);
  const id = await findGroup(api, given.words[0] ?? "");
  const body = { ...(atSeq !== undefined && { atSeq }), ...(name !== undefined && { name }) };
  const made = await api.call("forkGroup", { params: { id }, body });
  terminal.output.write(newGroupLine(made));
}

/** A group that was just made, as a line; one whose history is still on its way says so. */
export function newGroupLine({ id, name, state }: GroupView): string {
  const rest = state === "copying" ? "  (its history is still coming)" : "";
  return `${id}  ${plainLine(name)}${rest}\n`;
}

function seqOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new UsageError(
      `"${text}" is not a seq. --at takes the number of the last event to keep.`,
    );
  return Number(text);
}
