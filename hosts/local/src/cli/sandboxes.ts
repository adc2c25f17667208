// `acos sandboxes`: the sandboxes of a group, one a line.
import type { SandboxView } from "@acos/protocol";

import { parseArguments } from "./arguments.ts";
import { inColumns } from "./columns.ts";
import { findGroup } from "./find-group.ts";
import { listSandboxes } from "./find-sandbox.ts";
import { minuteOf } from "./moment.ts";
import { plainLine } from "./plain-text.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "sandboxes",
  usage: "acos sandboxes GROUP [--json]",
  options: { json: { type: "boolean" } },
  words: [1, 1],
} as const;

/** Writes a line a sandbox: what it is called, where it stands, since when it is there, and what went wrong. */
export async function sandboxes(args: readonly string[], terminal: Terminal): Promise<void> {
  const given = parseArguments(args, SHAPE);
  const { api } = openSession(terminal);
  const items = await listSandboxes(api, await findGroup(api, given.words[0] ?? ""));
  const { output } = terminal;
  if (given.on("json")) for (const item of items) output.write(`${JSON.stringify(item)}\n`);
  else if (items.length === 0)
    output.write('There is no sandbox in this group yet. "acos exec" and "acos shell" make one.\n');
  else output.write(inColumns(items.map(cellsOf)));
}

function cellsOf({ sandbox, name, state, createdAt, snapshot, problem }: SandboxView): string[] {
  const kept =
    snapshot === undefined ? "no snapshot" : `${snapshot.files} files, ${sizeOf(snapshot.bytes)}`;
  const end = problem === undefined ? kept : plainLine(problem.message);
  return [sandbox, plainLine(name), state, minuteOf(createdAt), end];
}

/** A size for people. */
export function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}
