// `acos import`: a new group from a file that was exported here or elsewhere.
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";

import { IMPORT_MAX_BYTES, type GroupView } from "@acos/protocol";

import { UsageError } from "../usage-error.ts";
import { parseArguments } from "./arguments.ts";
import { askForBundle, uploadOf } from "./bundle-transfer.ts";
import { findOrg } from "./find-org.ts";
import { newGroupLine } from "./fork.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "import",
  usage: "acos import FILE [--org ORG]",
  options: { org: { type: "string" } },
  words: [1, 1],
} as const;

/** Makes a group of a bundle and writes its id and name. */
export async function importGroup(args: readonly string[], terminal: Terminal): Promise<void> {
  const given = parseArguments(args, SHAPE);
  const [file = ""] = given.words;
  const bytes = sizeOf(file);
  const { api, options } = openSession(terminal);
  const org = await findOrg(api, given.text("org"));
  const stop = new AbortController();
  void terminal.interrupted.then(() => stop.abort());
  const { body, headers } = uploadOf(file, bytes);
  const response = await askForBundle(options, {
    method: "POST",
    path: `/orgs/${org}/groups/import`,
    body,
    headers: { ...headers, "idempotency-key": randomUUID() },
    signal: stop.signal,
  });
  terminal.output.write(newGroupLine((await response.json()) as GroupView));
}

function sizeOf(file: string): number {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) throw new UsageError(`There is no file ${file}.`);
  if (found.size > IMPORT_MAX_BYTES)
    throw new UsageError(
      `${file} is larger than ${IMPORT_MAX_BYTES / 1024 / 1024} MiB, which is as much as a server takes.`,
    );
  return found.size;
}
