// What differs between two trees of the shadow repository, read from git's own diff: files, and in them stretches of lines.
// Text is one character a byte here: a file need not be UTF-8.
import { problem, ProblemError } from "@acos/protocol";

import { isBelow, type PathKey } from "./byte-path.ts";
import { keysIn } from "./sources.ts";
import type { ShadowRepository } from "./repository.ts";

export const NO_FILE = "000000";
export const SYMLINK = "120000";

/** A file that differs; a mode is NO_FILE on the side where there is none. */
export interface FileChange {
  readonly path: PathKey;
  readonly oldMode: string;
  readonly newMode: string;
  readonly oldBlob: string;
  readonly newBlob: string;
}

/** A stretch of a file, as `@@ -oldStart,oldCount +newStart,newCount @@` and its lines with their first character. */
export interface Stretch {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
  /** Begin with " ", "-" or "+"; "\" says that the line before has no line break. */
  readonly lines: readonly string[];
}

export interface FileDiff extends FileChange {
  /** Null where git shows no lines: binary files. */
  readonly stretches: readonly Stretch[] | null;
}

const PLAIN = ["--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--full-index"];

/**
 * Files that differ between two trees or commits, sorted by path. Throws ProblemError `storage_damaged` where a path leads out
 * of the workspace: git's objects may come from a snapshot that somebody made.
 */
export async function changedFiles(
  repository: ShadowRepository,
  from: string,
  to: string,
): Promise<FileChange[]> {
  const args = ["diff-tree", "-r", "--raw", "-z", "--no-abbrev", "--no-renames", from, to, "--"];
  const parts = keysIn((await repository.git(args)).out);
  const changes: FileChange[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [oldMode = "", newMode = "", oldBlob = "", newBlob = ""] = (parts[at] ?? "")
      .replace(/^:/, "")
      .split(" ");
    const path = parts[at + 1] ?? "";
    if (!isBelow(path)) throw leadsElsewhere();
    changes.push({ path, oldMode, newMode, oldBlob, newBlob });
  }
  return changes;
}

/** Files that differ, with their stretches; `more` says that git's text was longer than `maxBytes` and the rest is missing. */
export async function diffTrees(
  repository: ShadowRepository,
  [from, to]: readonly [string, string],
  maxBytes: number,
): Promise<{ files: FileDiff[]; more: boolean }> {
  const changes = await changedFiles(repository, from, to);
  const args = ["diff-tree", "-r", "-p", "-U3", ...PLAIN, from, to, "--"];
  const said = await repository.git(args, { maxBytes });
  const sections = readSections(said.out.toString("latin1"));
  // The last one may be half of itself.
  if (said.cut) sections.pop();
  const files: FileDiff[] = [];
  let next = 0;
  for (const change of changes) {
    const section = sections[next];
    if (section === undefined) break;
    // A file that became a symlink, or the other way, is told as a removal and a creation.
    const two = change.oldMode !== NO_FILE && change.newMode !== NO_FILE && isOtherKind(change);
    next += two ? 2 : 1;
    files.push({ ...change, stretches: two ? null : section });
  }
  return { files, more: said.cut || files.length < changes.length };
}

/** Stretches without context between two blobs; null where git calls one of them binary. */
export async function diffBlobs(
  repository: ShadowRepository,
  from: string,
  to: string,
): Promise<readonly Stretch[] | null> {
  const said = await repository.git(["diff", "-U0", ...PLAIN, from, to, "--"]);
  const [section] = readSections(said.out.toString("latin1"));
  return section === undefined ? [] : section;
}

function leadsElsewhere(): ProblemError {
  const words = "A checkpoint names files outside the workspace and is not used. Take another one.";
  return new ProblemError(problem("storage_damaged", words));
}

/** Tells whether a change is one between a file and a symlink. */
export function isOtherKind(change: FileChange): boolean {
  return (change.oldMode === SYMLINK) !== (change.newMode === SYMLINK);
}

function readSections(text: string): (readonly Stretch[] | null)[] {
  const lines = text.split("\n");
  const sections: (Stretch[] | null)[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? "";
    if (line.startsWith("diff --git ")) sections.push([]);
    else if (line.startsWith("Binary files ")) sections[sections.length - 1] = null;
    const stretch = line.startsWith("@@ ") ? readStretch(lines, at) : undefined;
    if (stretch !== undefined) sections.at(-1)?.push(stretch);
    at += 1 + (stretch?.lines.length ?? 0);
  }
  return sections;
}

const HEAD = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** Counts say where a stretch ends: its lines may look like anything. */
function readStretch(lines: readonly string[], head: number): Stretch | undefined {
  const match = HEAD.exec(lines[head] ?? "");
  if (match === null) return undefined;
  const [oldStart = 0, oldCount = 1, newStart = 0, newCount = 1] = match
    .slice(1)
    .map((digits) => (digits === undefined ? undefined : Number(digits)));
  let old = oldCount;
  let added = newCount;
  let at = head + 1;
  for (; at < lines.length; at += 1) {
    const mark = (lines[at] ?? "").charAt(0);
    if (mark === "\\") continue;
    if (old === 0 && added === 0) break;
    if (mark !== "+") old -= 1;
    if (mark !== "-") added -= 1;
  }
  return { oldStart, oldCount, newStart, newCount, lines: lines.slice(head + 1, at) };
}
