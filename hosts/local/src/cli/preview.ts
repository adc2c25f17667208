// `acos preview`: a link to a server in a sandbox, for one browser.
import { UsageError } from "../usage-error.ts";
import { parseArguments } from "./arguments.ts";
import { findGroup } from "./find-group.ts";
import { findSandbox, SANDBOX_OPTIONS } from "./find-sandbox.ts";
import { plainLine } from "./plain-text.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "preview",
  usage: "acos preview GROUP PORT [--sandbox NAME] [--create]",
  options: SANDBOX_OPTIONS,
  words: [2, 2],
} as const;

/** Writes the link, which works once and for a minute. Does not look whether anything listens on the port. */
export async function preview(args: readonly string[], terminal: Terminal): Promise<void> {
  const given = parseArguments(args, SHAPE);
  const [named = "", text = ""] = given.words;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535)
    throw new UsageError(`"${text}" is not a port. Usage: ${SHAPE.usage}`);
  const { api } = openSession(terminal);
  const group = await findGroup(api, named);
  const ask = { group, named: given.text("sandbox"), create: given.on("create") };
  const { sandbox } = await findSandbox(api, ask, terminal);
  const params = { id: group, sandbox };
  const { url } = await api.call("openPreview", { params, body: { port } });
  terminal.output.write(`${plainLine(url)}\n`);
}
