// Decides which files keep their place in earlier packs, and which are packed again so that packs do not fill with dead bytes
// or become too many.
import { SNAPSHOT_PACK_BYTES } from "@acos/protocol";

import type { PathKey } from "../checkpoints/byte-path.ts";
import { compareFile, type Content, type FileList, type Listed } from "./file-list.ts";
import { ROOTS, type Pack, type Root } from "./manifest.ts";
import type { Seen } from "./walk.ts";

/** A pack whose live bytes are a smaller share is made anew. */
const LIVE_SHARE = 0.5;
/** A pack below this size is small … */
const SMALL_PACK_BYTES = SNAPSHOT_PACK_BYTES / 4;
/** … and so many small ones become few large ones. */
const SMALL_PACKS_MAX = 32;

export interface Reuse {
  /** Files that are as the list knows them and stay where they are: they are not read. */
  readonly files: Readonly<Record<Root, ReadonlyMap<PathKey, Listed>>>;
  /** Contents in packs that stay, by `contentKey`: a file with the same bytes goes there too. */
  readonly contents: ReadonlyMap<string, Content>;
}

export function contentKey(sha256: string, size: number): string {
  return `${sha256} ${size}`;
}

/** Pure: looks at nothing but its arguments. */
export function chooseReuse(list: FileList, seen: Readonly<Record<Root, readonly Seen[]>>): Reuse {
  const same = { workspace: new Map<PathKey, Listed>(), checkpoints: new Map<PathKey, Listed>() };
  const live: Content[] = [];
  for (const root of ROOTS) {
    for (const { key, stats } of seen[root]) {
      const listed = stats.isFile() ? list.files[root].get(key) : undefined;
      const standing = listed === undefined ? "other" : compareFile(listed, stats);
      if (listed === undefined || standing === "other") continue;
      live.push(listed);
      if (standing === "same") same[root].set(key, listed);
    }
  }
  const staying = packsToKeep(list, live);
  const stays = (content: Content) =>
    content.parts.every(({ pack }) => pack === null || staying.has(pack.hash));
  for (const root of ROOTS) {
    for (const [key, content] of same[root]) if (!stays(content)) same[root].delete(key);
  }
  const contents = new Map<string, Content>();
  for (const root of ROOTS) {
    for (const one of list.files[root].values()) {
      if (one.size > 0 && stays(one)) contents.set(contentKey(one.sha256, one.size), one);
    }
  }
  return { files: same, contents };
}

function packsToKeep(list: FileList, live: readonly Content[]): ReadonlySet<string> {
  const packs = new Map<string, Pack>();
  const liveBytes = new Map<string, number>();
  const places = new Set<string>();
  for (const { parts } of live) {
    for (const { pack, offset, length } of parts) {
      if (pack === null || places.has(`${pack.hash} ${offset}`)) continue;
      places.add(`${pack.hash} ${offset}`);
      packs.set(pack.hash, pack);
      liveBytes.set(pack.hash, (liveBytes.get(pack.hash) ?? 0) + length);
    }
  }
  const isAlive = ({ hash, size }: Pack) => (liveBytes.get(hash) ?? 0) >= size * LIVE_SHARE;
  const alive = [...packs.values()].filter((pack) => isAlive(pack) && !list.lost.has(pack.hash));
  const small = alive.filter(({ size }) => size < SMALL_PACK_BYTES);
  const merged = new Set(small.length > SMALL_PACKS_MAX ? small : []);
  return new Set(alive.filter((pack) => !merged.has(pack)).map(({ hash }) => hash));
}
