// `acos export`: a whole group as one file that another installation opens.
import { existsSync, statSync } from "node:fs";

import { UsageError } from "../usage-error.ts";
import { parseArguments } from "./arguments.ts";
import { askForBundle, saveBundle } from "./bundle-transfer.ts";
import { findGroup } from "./find-group.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "export",
  usage: "acos export GROUP [FILE] [--force]",
  options: { force: { type: "boolean" } },
  words: [1, 2],
} as const;

/** Saves a group's bundle. Throws UsageError when the file is there already and `--force` is not. */
export async function exportGroup(args: readonly string[], terminal: Terminal): Promise<void> {
  const given = parseArguments(args, SHAPE);
  const [named = "", file] = given.words;
  const requireFree = (path: string) => {
    if (existsSync(path) && !given.on("force"))
      throw new UsageError(
        `${path} is there already. Name another file, or replace it with --force.`,
      );
  };
  if (file !== undefined) requireFree(file);
  const { api, options } = openSession(terminal);
  const id = await findGroup(api, named);
  const stop = new AbortController();
  void terminal.interrupted.then(() => stop.abort());
  const { signal } = stop;
  const response = await askForBundle(options, {
    method: "GET",
    path: `/groups/${id}/export`,
    signal,
  });
  const path = file ?? fileNameOf(response);
  if (file === undefined) requireFree(path);
  await saveBundle(response, path, signal);
  terminal.output.write(`${path}  ${statSync(path).size} bytes\n`);
}

/** The name the server suggests; what is no plain name of a bundle leads nowhere else. */
function fileNameOf(response: Response): string {
  const told = response.headers.get("content-disposition") ?? "";
  const [, name] = /filename="([a-z0-9-]{1,64}\.acos-group\.tar)"/.exec(told) ?? [];
  return name ?? "group.acos-group.tar";
}
