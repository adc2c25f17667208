// Differences as hunks: the smallest things that are listed and taken back. A hunk's id is a hash of its path and its lines
// without their numbers, so that it stays the same however the rest of the file changes.
import { createHash } from "node:crypto";

import type { CheckpointId, Hunk } from "@acos/protocol";

import { shownPath } from "./byte-path.ts";
import { diffTrees, isOtherKind, NO_FILE, SYMLINK, type FileDiff, type Stretch } from "./diff.ts";
import type { ShadowRepository } from "./repository.ts";
import { takeSources } from "./sources.ts";

/** Hunks that are listed at once; the group asks for smaller spans where there are more. */
const HUNKS_MAX = 500;
/** Their text together. */
const HUNKS_MAX_BYTES = 2 * 1024 * 1024;
/** What is read of a diff to find the hunks that are to be taken back. */
const DIFF_MAX_BYTES = 64 * 1024 * 1024;

type ListedHunk = Pick<Hunk, "hunk" | "path" | "diff" | "added" | "removed">;

/** `lines` is a stretch of a file that is on both sides, `mode` its execute bit, `whole` a file as one thing. */
export type SourceHunk = { readonly id: string; readonly file: FileDiff } & (
  | { readonly kind: "lines"; readonly stretch: Stretch }
  | { readonly kind: "mode" }
  | { readonly kind: "whole"; readonly stretch: Stretch | null }
);

/** Two trees: of a checkpoint, and of a later one or of now. */
export type Span = readonly [from: string, to: string];

/** The trees of a span. Throws ProblemError `not_found`. To be used within the repository's queue. */
export async function spanOf(
  repository: ShadowRepository,
  from: CheckpointId,
  to: CheckpointId | undefined,
): Promise<Span> {
  const first = await repository.commitOf(from);
  if (to !== undefined) return [first, await repository.commitOf(to)];
  return [first, (await takeSources(repository)).tree];
}

/** The hunks of a span as they are listed: at most HUNKS_MAX, and HUNKS_MAX_BYTES. */
export async function listHunks(
  repository: ShadowRepository,
  span: Span,
): Promise<{ hunks: ListedHunk[]; more: boolean }> {
  const found = await findHunks(repository, span, HUNKS_MAX_BYTES * 2);
  const hunks: ListedHunk[] = [];
  let bytes = 0;
  for (const hunk of found.hunks) {
    const listed = listedHunk(hunk);
    bytes += Buffer.byteLength(listed.diff);
    if (hunks.length === HUNKS_MAX || bytes > HUNKS_MAX_BYTES) return { hunks, more: true };
    hunks.push(listed);
  }
  return { hunks, more: found.more };
}

/** All hunks of a span, as far as its diff is within `maxBytes`. */
export async function findHunks(
  repository: ShadowRepository,
  span: Span,
  maxBytes = DIFF_MAX_BYTES,
): Promise<{ hunks: SourceHunk[]; more: boolean }> {
  const { files, more } = await diffTrees(repository, span, maxBytes);
  return { hunks: files.flatMap(hunksOf), more };
}

function hunksOf(file: FileDiff): SourceHunk[] {
  const onBothSides = file.oldMode !== NO_FILE && file.newMode !== NO_FILE;
  const isLink = file.oldMode === SYMLINK || file.newMode === SYMLINK;
  const hunks: SourceHunk[] = [];
  const seen = new Map<string, number>();
  const idOf = (kind: string, content: string) => {
    const text = `${file.path}\0${kind}\0${content}`;
    const times = seen.get(text) ?? 0;
    seen.set(text, times + 1);
    // The same lines may change twice in one file: the second time is another hunk.
    const hash = createHash("sha256").update(text, "latin1");
    return (times === 0 ? hash : hash.update(`\0${times}`)).digest("hex");
  };
  if (onBothSides && !isOtherKind(file) && file.oldMode !== file.newMode) {
    hunks.push({ id: idOf("mode", `${file.oldMode} ${file.newMode}`), file, kind: "mode" });
  }
  if (file.oldBlob === file.newBlob && onBothSides && !isOtherKind(file)) return hunks;
  if (onBothSides && !isLink && file.stretches !== null) {
    for (const stretch of file.stretches) {
      hunks.push({ id: idOf("lines", stretch.lines.join("\n")), file, kind: "lines", stretch });
    }
    return hunks;
  }
  const content = `${file.oldMode} ${file.newMode} ${file.oldBlob} ${file.newBlob}`;
  const stretch = isLink ? null : (file.stretches?.[0] ?? null);
  hunks.push({ id: idOf("whole", content), file, kind: "whole", stretch });
  return hunks;
}

function listedHunk(hunk: SourceHunk): ListedHunk {
  const { file } = hunk;
  const path = shownPath(file.path);
  const stretch = hunk.kind === "mode" ? null : hunk.stretch;
  const heads = [
    file.oldMode === NO_FILE ? "--- /dev/null" : `--- a/${path}`,
    file.newMode === NO_FILE ? "+++ /dev/null" : `+++ b/${path}`,
  ];
  const body = stretch === null ? noteOf(hunk) : textOfStretch(stretch);
  const starting = (mark: string) =>
    stretch === null ? 0 : stretch.lines.filter((line) => line.startsWith(mark)).length;
  return {
    hunk: hunk.id,
    path,
    diff: `${heads.join("\n")}\n${body}\n`,
    added: starting("+"),
    removed: starting("-"),
  };
}

function textOfStretch(stretch: Stretch): string {
  const { oldStart, oldCount, newStart, newCount, lines } = stretch;
  const text = Buffer.from(lines.join("\n"), "latin1").toString("utf8");
  return `@@ -${oldStart},${oldCount} +${newStart},${newCount} @@\n${text}`;
}

/** Says what a hunk without lines is about. */
function noteOf(hunk: SourceHunk): string {
  const { oldMode, newMode, oldBlob, newBlob } = hunk.file;
  if (hunk.kind === "mode") return `old mode ${oldMode}\nnew mode ${newMode}`;
  if (oldMode === SYMLINK || newMode === SYMLINK) {
    const kind = (mode: string) =>
      mode === NO_FILE ? "nothing" : mode === SYMLINK ? "a symlink" : "a file";
    return `Symlink: was ${kind(oldMode)}, is ${kind(newMode)}`;
  }
  if (oldMode === NO_FILE && hunk.file.stretches !== null) return "Empty file: created";
  if (newMode === NO_FILE && hunk.file.stretches !== null) return "Empty file: deleted";
  const short = (mode: string, blob: string) => (mode === NO_FILE ? "none" : blob.slice(0, 12));
  return `Binary file: was ${short(oldMode, oldBlob)}, is ${short(newMode, newBlob)}`;
}
