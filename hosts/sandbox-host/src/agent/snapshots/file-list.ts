// What the last snapshot knew of each file, so that the next one reads only what changed. It is a cache: without it, or with a
// damaged one, everything is read.
import { readFileSync, renameSync, writeFileSync, type Stats } from "node:fs";
import { join } from "node:path";

import type { PathKey } from "../checkpoints/byte-path.ts";
import { ROOTS, type Pack, type Part, type Root } from "./manifest.ts";

/** File times are as fine as the kernel's tick: a change within it may not show. */
const TICK_MS = 100;

export interface Content {
  readonly size: number;
  readonly sha256: string;
  readonly parts: readonly Part[];
}

/** By which a file is the one that was read. `sure` is false where a change may hide behind the same times. */
export type Fingerprint = readonly [
  size: number,
  mtimeMs: number,
  ctimeMs: number,
  ino: number,
  sure: boolean,
];

export interface Listed extends Content {
  readonly print: Fingerprint;
}

export interface FileList {
  readonly files: Readonly<Record<Root, ReadonlyMap<PathKey, Listed>>>;
  /** Packs that somebody asked for in vain: what they held is packed again. */
  readonly lost: ReadonlySet<string>;
}

const EMPTY_LIST: FileList = {
  files: { workspace: new Map(), checkpoints: new Map() },
  lost: new Set(),
};

/** The fingerprint of a file read at `readAt`. A file restored with an older time shows any later change by its time. */
export function fingerprintOf(stats: Stats, readAt: number, restored = false): Fingerprint {
  const { size, mtimeMs, ctimeMs, ino } = stats;
  const settled = restored ? mtimeMs : Math.max(mtimeMs, ctimeMs);
  return [size, mtimeMs, ctimeMs, ino, settled < readAt - TICK_MS];
}

/**
 * Tells, without reading, how a file stands to what was read of it: `same`; `likely`, which only its bytes can tell; or
 * `other`.
 */
export function compareFile(listed: Listed, stats: Stats): "same" | "likely" | "other" {
  const [size, mtimeMs, ctimeMs, ino, sure] = listed.print;
  if (stats.size !== size || stats.mtimeMs !== mtimeMs) return "other";
  return sure && stats.ctimeMs === ctimeMs && stats.ino === ino ? "same" : "likely";
}

const NAME = "list.json";

type StoredPart = [pack: number, offset: number, length: number];
interface Stored {
  readonly packs: readonly Pack[];
  readonly lost: readonly string[];
  readonly files: Readonly<
    Record<Root, readonly [PathKey, number, string, Fingerprint, StoredPart[]][]>
  >;
}

/** The list in a folder; an empty one where there is none that can be read. */
export function readFileList(folder: string): FileList {
  try {
    const stored = JSON.parse(readFileSync(join(folder, NAME), "utf8")) as Stored;
    const mapOf = (root: Root) =>
      new Map(
        stored.files[root].map(([key, size, sha256, print, parts]): [PathKey, Listed] => [
          key,
          { size, sha256, print, parts: parts.map((part) => loadPart(part, stored.packs)) },
        ]),
      );
    const files = { workspace: mapOf("workspace"), checkpoints: mapOf("checkpoints") };
    return { files, lost: new Set(stored.lost) };
  } catch {
    // It is a cache: everything is read again.
    return EMPTY_LIST;
  }
}

function loadPart([index, offset, length]: StoredPart, packs: readonly Pack[]): Part {
  const pack = index === -1 ? null : packs[index];
  if (pack === undefined) throw new Error("a pack is missing");
  return { pack, offset, length };
}

/** Stores the list, whole or not at all. */
export function writeFileList(folder: string, list: FileList): void {
  const indexes = new Map<string, number>();
  const packs: Pack[] = [];
  const indexOf = (pack: Pack) => {
    const known = indexes.get(pack.hash) ?? packs.push(pack) - 1;
    indexes.set(pack.hash, known);
    return known;
  };
  const storedPart = ({ pack, offset, length }: Part): StoredPart => [
    pack === null ? -1 : indexOf(pack),
    offset,
    length,
  ];
  const [workspace = [], checkpoints = []] = ROOTS.map((root) =>
    [...list.files[root]].map(
      ([key, { size, sha256, print, parts }]): Stored["files"][Root][number] => [
        key,
        size,
        sha256,
        print,
        parts.map(storedPart),
      ],
    ),
  );
  const stored: Stored = { packs, lost: [...list.lost], files: { workspace, checkpoints } };
  const path = join(folder, NAME);
  writeFileSync(`${path}.new`, JSON.stringify(stored));
  renameSync(`${path}.new`, path);
}
