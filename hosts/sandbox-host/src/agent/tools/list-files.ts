// list_files: what is in a folder, and below it.
import { lstat, stat } from "node:fs/promises";

import { resolvePath, shownPath } from "../files/paths.ts";
import { ToolRefusal } from "./arguments.ts";
import type { ToolWork } from "./tool.ts";
import { walk, type Found } from "./walk.ts";

/** Lines of one result. */
const ENTRIES_MAX = 1_000;

export const listFiles: ToolWork<"list_files"> = async (given, { environment, signal }) => {
  const { place } = environment;
  const path = resolvePath(place, given.path);
  const shown = shownPath(place, path);
  if (!(await stat(path)).isDirectory())
    throw new ToolRefusal(`${shown} is a file. Read it with read_file.`);
  const lines: string[] = [];
  for (const found of walk(path, given)) {
    signal.throwIfAborted();
    if (lines.length === ENTRIES_MAX) {
      lines.push(`[… there is more: list a folder of it, or less depth …]`);
      break;
    }
    lines.push(await lineOf(found));
  }
  return { text: lines.length === 0 ? `${shown} is empty.` : `${shown}:\n${lines.join("\n")}` };
};

async function lineOf({ path, depth, entry, skipped }: Found): Promise<string> {
  const indent = "  ".repeat(depth);
  if (entry.isDirectory()) return `${indent}${entry.name}/${skipped ? " (not listed)" : ""}`;
  if (entry.isSymbolicLink()) return `${indent}${entry.name} (link)`;
  if (!entry.isFile()) return `${indent}${entry.name} (no file)`;
  const size = (await lstat(path).catch(() => undefined))?.size ?? 0; // Gone meanwhile.
  return `${indent}${entry.name} (${size})`;
}
