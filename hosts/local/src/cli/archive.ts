// `acos archive` and `acos restore`: a group goes to cold storage, and comes back.
import { parseArguments } from "./arguments.ts";
import { findGroup } from "./find-group.ts";
import { plainLine } from "./plain-text.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const shapeOf = (verb: string) =>
  ({ verb, usage: `acos ${verb} GROUP`, options: {}, words: [1, 1] }) as const;

/** Archives a group. Any later visit brings it back. */
export async function archive(args: readonly string[], terminal: Terminal): Promise<void> {
  const [named = ""] = parseArguments(args, shapeOf("archive")).words;
  const { api } = openSession(terminal);
  const { name } = await api.call("archiveGroup", { params: { id: await findGroup(api, named) } });
  terminal.output.write(`${plainLine(name)} is archived. The next visit brings it back.\n`);
}

/** Brings an archived group back; one that is not archived stays as it is. */
export async function restore(args: readonly string[], terminal: Terminal): Promise<void> {
  const [named = ""] = parseArguments(args, shapeOf("restore")).words;
  const { api } = openSession(terminal);
  const { name, head } = await api.call("restoreGroup", {
    params: { id: await findGroup(api, named) },
  });
  terminal.output.write(`${plainLine(name)} is here, with its ${head} events.\n`);
}
