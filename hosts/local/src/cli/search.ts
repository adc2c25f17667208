// `acos search`: messages of a group that fit some words, best first, over its whole history.
import { parseArguments } from "./arguments.ts";
import { findGroup } from "./find-group.ts";
import { minuteOf } from "./moment.ts";
import { plainLine } from "./plain-text.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "search",
  usage: "acos search GROUP WORDS… [--json]",
  options: { json: { type: "boolean" } },
  words: [2, 100],
} as const;

/** Hits of one search: as many as a person reads. */
const HITS = 50;

/** Writes a line a hit: its seq, when, by whom, and the stretch that fits; with `--json` the hits as they are. */
export async function search(args: readonly string[], terminal: Terminal): Promise<void> {
  const given = parseArguments(args, SHAPE);
  const [named = "", ...words] = given.words;
  const { api } = openSession(terminal);
  const id = await findGroup(api, named);
  const query = { q: words.join(" "), limit: HITS };
  const { items } = await api.call("searchGroup", { params: { id }, query });
  for (const hit of items) {
    const { seq, at, author, snippet } = hit;
    const line = `#${seq}  ${minuteOf(at)}  ${plainLine(author)}: ${plainLine(snippet)}`;
    terminal.output.write(given.on("json") ? `${JSON.stringify(hit)}\n` : `${line}\n`);
  }
  if (items.length === 0 && !given.on("json")) terminal.output.write("Nothing fits these words.\n");
}
