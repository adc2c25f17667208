// Takes hunks back from the files as they are now. A hunk whose lines changed since is refused; the others are not held up.
import type { Undone } from "@acos/protocol";

import { withBlobs, blobOf } from "./blobs.ts";
import { shownPath, type PathKey } from "./byte-path.ts";
import { changedFiles, NO_FILE, SYMLINK, type FileChange } from "./diff.ts";
import { findHunks, type SourceHunk, type Span } from "./hunks.ts";
import { takeBackLines, type LineHunk } from "./lines.ts";
import type { ShadowRepository } from "./repository.ts";
import { readSource, removeSource, writeSource, type SourceFile } from "./source-files.ts";
import { takeSources } from "./sources.ts";

interface Work {
  readonly repository: ShadowRepository;
  /** What became of files between the end of the span and now. */
  readonly later: ReadonlyMap<PathKey, FileChange>;
  readonly read: (blob: string) => Promise<Buffer>;
}

/** A refusal's reason, by hunk; hunks that are not in it are undone. */
type Refusals = Map<string, string>;

/** Undoes exactly these hunks of a span. To be used within the repository's queue. */
export async function undoHunks(
  repository: ShadowRepository,
  span: Span,
  ids: readonly string[],
): Promise<Undone> {
  const asked = new Set(ids);
  const found = (await findHunks(repository, span)).hunks.filter(({ id }) => asked.has(id));
  const now = (await takeSources(repository)).tree;
  const later = await changedFiles(repository, span[1], now);
  const byPath = Map.groupBy(found, (hunk) => hunk.file.path);
  const refusals: Refusals = new Map();
  for (const id of asked) refusals.set(id, "It is not among these changes; list them again.");
  for (const { id } of found) refusals.delete(id);
  await withBlobs(repository, async (read) => {
    const work = { repository, later: new Map(later.map((change) => [change.path, change])), read };
    for (const hunks of byPath.values()) {
      for (const [id, reason] of await undoInFile(work, hunks)) refusals.set(id, reason);
    }
  });
  return {
    undone: [...asked].filter((id) => !refusals.has(id)),
    refused: [...refusals].map(([hunk, reason]) => ({ hunk, reason })),
  };
}

async function undoInFile(work: Work, hunks: readonly SourceHunk[]): Promise<Refusals> {
  const first = hunks[0];
  if (first === undefined) return new Map();
  const { file } = first;
  const refuseAll = (reason: string) => new Map(hunks.map(({ id }) => [id, reason]));
  const path = shownPath(file.path);
  const changed = work.later.get(file.path);
  const taken = {
    path: file.path,
    mode: changed?.newMode ?? file.newMode,
    blob: changed?.newBlob ?? file.newBlob,
  };
  if (taken.mode === NO_FILE && file.newMode !== NO_FILE) {
    return refuseAll(`${path} is gone, or no source any more.`);
  }
  const there = readSource(work.repository.workspace, file.path);
  if (!isAsTaken(work, taken, there)) {
    return refuseAll(`${path} is being changed right now, or something else is in its place.`);
  }
  if (first.kind === "whole") {
    if (changed !== undefined) return refuseAll(`${path} has changed since.`);
    const done = await putBack(work, file);
    return done ? new Map() : refuseAll(`${path} may not be written, or something is in its way.`);
  }
  if (there === undefined || there.mode === SYMLINK) {
    return refuseAll(`${path} is no file any more.`);
  }
  const { source, refusals } = await takeBack(work, hunks, { ...there, blob: taken.blob });
  if (source.mode === there.mode && source.content === there.content) return refusals;
  return write(work, file.path, source)
    ? refusals
    : refuseAll(`${path} may not be written, or something is in its way.`);
}

/** The file without its mode's change and the stretches that can be taken back. */
async function takeBack(
  work: Work,
  hunks: readonly SourceHunk[],
  there: SourceFile & { readonly blob: string },
): Promise<{ source: SourceFile; refusals: Refusals }> {
  const refusals: Refusals = new Map();
  let { mode, content } = there;
  for (const { kind, id, file } of hunks) {
    if (kind !== "mode") continue;
    if (mode === file.newMode) mode = file.oldMode;
    else refusals.set(id, `The mode of ${shownPath(file.path)} has changed since.`);
  }
  const lines = hunks.filter((hunk): hunk is LineHunk => hunk.kind === "lines");
  const path = shownPath(lines[0]?.file.path ?? "");
  if (lines.length > 0) {
    const taken = await takeBackLines(work.repository, there.blob, { content, hunks: lines });
    for (const id of taken.refused) refusals.set(id, `${path} has changed there since.`);
    content = taken.content;
  }
  return { source: { mode, content }, refusals };
}

/** Tells whether a file still is what the sources were taken with; where there was none, nothing may be there now. */
function isAsTaken(
  work: Work,
  taken: { readonly path: PathKey; readonly mode: string; readonly blob: string },
  there: SourceFile | undefined,
): boolean {
  if (taken.mode === NO_FILE) return work.repository.workspace.look(taken.path) === undefined;
  return there !== undefined && blobOf(there.content) === taken.blob;
}

async function putBack(work: Work, file: FileChange): Promise<boolean> {
  if (file.oldMode !== NO_FILE) {
    return write(work, file.path, { mode: file.oldMode, content: await work.read(file.oldBlob) });
  }
  return removeSource(work.repository.workspace, file.path);
}

function write(work: Work, key: PathKey, source: SourceFile): boolean {
  return writeSource(work.repository.workspace, key, source);
}
