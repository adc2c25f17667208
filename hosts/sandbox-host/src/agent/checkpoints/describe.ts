// What agents are told of a workspace: its AGENTS.md, and where the further ones are.
import { closeSync, constants, openSync, readSync, realpathSync } from "node:fs";

import { DESCRIPTION_MAX_CHARS } from "@acos/protocol";

import { isMissing, textOf, type Folder, type PathKey } from "./byte-path.ts";

const NAME = "AGENTS.md";
/** Paths of further files that are told. */
const BELOW_MAX = 20;
/** A path that is told: longer ones, and ones with control characters, are nobody's honest work. */
const TOLD = /^[^\p{C}]{1,300}$/u;

/** The description; empty where there is no AGENTS.md. A symlink counts where it leads to a file of the workspace. */
export function describeWorkspace(workspace: Folder, sources: readonly PathKey[]): string {
  const own = readClipped(workspace);
  const below = sources
    .filter((key) => key.endsWith(`/${NAME}`))
    .flatMap((key) => textOf(key) ?? [])
    .filter((path) => TOLD.test(path));
  if (below.length === 0) return own;
  const told = below.slice(0, BELOW_MAX).map((path) => `- ${path}`);
  const rest = below.length > BELOW_MAX ? [`and ${below.length - BELOW_MAX} more`] : [];
  const words =
    "There are AGENTS.md files further down too. Read the one nearest to a file before you change it: the nearest wins.";
  return [own, [words, ...told, ...rest].join("\n")].filter((part) => part !== "").join("\n\n");
}

function readClipped(workspace: Folder): string {
  const bytes = Buffer.alloc(DESCRIPTION_MAX_CHARS * 4);
  try {
    const root = realpathSync(workspace.path);
    const path = realpathSync(`${workspace.path}/${NAME}`);
    if (!path.startsWith(`${root}/`)) return "";
    // Not waited for where it is a FIFO; reading a folder fails.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const read = readSync(file, bytes, 0, bytes.length, 0);
      return clip(bytes.subarray(0, read).toString("utf8"));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (isMissing(error) || ["EISDIR", "ELOOP", "EACCES", "ESPIPE", "ENXIO"].includes(code))
      return "";
    throw error;
  }
}

function clip(text: string): string {
  const whole = text.trim();
  if (whole.length <= DESCRIPTION_MAX_CHARS) return whole;
  const end = "\n[AGENTS.md goes on]";
  const kept = whole.slice(0, DESCRIPTION_MAX_CHARS - end.length);
  // Not between the halves of a surrogate pair.
  return kept.replace(/[\uD800-\uDBFF]$/, "") + end;
}
