// Makes the sources what a checkpoint says. Files that are no sources stay as they are. Cut off in the middle, it is asked
// for again and goes on with what still differs.
import { problem, ProblemError, type CheckpointId } from "@acos/protocol";

import { withBlobs } from "./blobs.ts";
import { shownPath } from "./byte-path.ts";
import { changedFiles, NO_FILE } from "./diff.ts";
import type { ShadowRepository } from "./repository.ts";
import { removeSource, writeSource } from "./source-files.ts";
import { takeSources } from "./sources.ts";

/**
 * Restores a checkpoint; nothing is kept of what was there. Throws ProblemError `not_found`, or `conflict` where a folder
 * with files that are no sources is in a source's place: all others are restored then. To be used within the queue.
 */
export async function restoreCheckpoint(
  repository: ShadowRepository,
  checkpoint: CheckpointId,
): Promise<void> {
  const commit = await repository.commitOf(checkpoint);
  const { tree } = await takeSources(repository);
  const changes = await changedFiles(repository, tree, commit);
  const { workspace } = repository;
  // First what goes: a file may be where a folder is to be.
  const blocked: string[] = [];
  for (const { path, newMode } of changes) {
    if (newMode === NO_FILE && !removeSource(workspace, path)) blocked.push(shownPath(path));
  }
  await withBlobs(repository, async (read) => {
    for (const { path, newMode, newBlob } of changes) {
      if (newMode === NO_FILE) continue;
      const source = { mode: newMode, content: await read(newBlob) };
      if (!writeSource(workspace, path, source)) blocked.push(shownPath(path));
    }
  });
  if (blocked.length === 0) return;
  const words = `${blocked.length} of the checkpoint's files could not be put back, since they may not be written or something that is no source is in their place: ${blocked.slice(0, 5).join(", ")}. Move it away and restore again.`;
  throw new ProblemError(problem("conflict", words));
}
