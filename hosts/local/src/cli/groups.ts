// `acos groups`: the groups of the user, one a line.
import { parseArguments } from "./arguments.ts";
import { listGroups } from "./find-group.ts";
import { plainLine } from "./plain-text.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "groups",
  usage: "acos groups [--json]",
  options: { json: { type: "boolean" } },
  words: [0, 0],
} as const;

/** Writes id, name and organization of every group; with `--json` one JSON object a line. */
export async function groups(args: readonly string[], terminal: Terminal): Promise<void> {
  const given = parseArguments(args, SHAPE);
  const found = await listGroups(openSession(terminal).api);
  for (const group of found)
    terminal.output.write(
      given.on("json")
        ? `${JSON.stringify(group)}\n`
        : `${group.id}  ${plainLine(group.name)}  (${plainLine(group.orgName)})${group.archived ? "  archived" : ""}\n`,
    );
  if (found.length === 0 && !given.on("json"))
    terminal.output.write("You are in no group yet. Make one in the web app.\n");
}
