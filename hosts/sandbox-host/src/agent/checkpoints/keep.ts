// Keeps a checkpoint: one commit without parents for the sources as they are, under the checkpoint's own ref.
import type { CheckpointId } from "@acos/protocol";

import { CHECKPOINT_REFS, NEWEST_REF, type ShadowRepository } from "./repository.ts";
import { takeSources } from "./sources.ts";
import type { PathKey } from "./byte-path.ts";

/** Checkpoints that are kept; of a busy group that is some days. */
const CHECKPOINTS_MAX = 500;
/** Every so often the objects are packed and those that nothing names any more are dropped. */
const TIDY_EVERY = 64;

export interface Kept {
  /** False where the one before stands for this one too. */
  readonly changed: boolean;
  readonly paths: readonly PathKey[];
}

/**
 * Keeps the sources under an id. The same id again changes nothing: a checkpoint never moves. To be used within the
 * repository's queue.
 */
export async function keepCheckpoint(
  repository: ShadowRepository,
  checkpoint: CheckpointId,
): Promise<Kept> {
  const ref = `${CHECKPOINT_REFS}/${checkpoint}`;
  const format = "--format=%(refname) %(objectname) %(tree) %(subject)";
  const known = await repository.ask("for-each-ref", format, ref, NEWEST_REF);
  const lines = new Map(known.split("\n").map((line) => [line.split(" ")[0], line.split(" ")]));
  const { tree, paths } = await takeSources(repository);
  const there = lines.get(ref);
  if (there !== undefined) return { changed: there[3] === checkpoint, paths };
  const newest = lines.get(NEWEST_REF);
  const changed = newest?.[2] !== tree;
  const commit = changed
    ? await repository.ask("commit-tree", tree, "-m", checkpoint)
    : (newest?.[1] ?? "");
  const input = `update ${ref} ${commit}\nupdate ${NEWEST_REF} ${commit}\n`;
  await repository.git(["update-ref", "--stdin"], { input });
  return { changed, paths };
}

/** Drops all but the newest CHECKPOINTS_MAX, by their ids, which sort by age. Returns how many are left. */
export async function pruneCheckpoints(
  repository: ShadowRepository,
  max = CHECKPOINTS_MAX,
): Promise<number> {
  const listed = await repository.ask("for-each-ref", "--format=%(refname)", CHECKPOINT_REFS);
  const refs = listed.split("\n").filter((ref) => ref !== "");
  const old = refs.slice(0, Math.max(0, refs.length - max));
  if (old.length === 0) return refs.length;
  const input = old.map((ref) => `delete ${ref}\n`).join("");
  await repository.git(["update-ref", "--stdin"], { input });
  return refs.length - old.length;
}

const kept = new Map<string, number>();

/** Prunes, and now and then packs what is left. A failure costs room and nothing else. */
export async function tidy(repository: ShadowRepository): Promise<void> {
  const count = (kept.get(repository.gitDir) ?? 0) + 1;
  kept.set(repository.gitDir, count);
  await pruneCheckpoints(repository);
  if (count % TIDY_EVERY !== 0) return;
  await repository.git(["pack-refs", "--all", "--prune"]);
  await repository.git(["repack", "-a", "-d", "-q"]);
  await repository.git(["prune", "--expire=now"]);
}
