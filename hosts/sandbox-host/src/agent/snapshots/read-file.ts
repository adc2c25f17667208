// Reads a file for a snapshot: its bytes at one moment, or, where it never holds still, bytes that its hash is true of.
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";

import { SNAPSHOT_PACK_BYTES } from "@acos/protocol";

import { isMissing, type Folder, type PathKey } from "../checkpoints/byte-path.ts";
import type { Part } from "./manifest.ts";
import type { PackWriter, PendingPart } from "./pack-writer.ts";

/** Times a file that changes under our eyes is read; the last time counts as it is. */
const TRIES = 3;
/** Of a large file, in one pack: compressed or not, it fits a body. */
const PART_BYTES = 8 * 1024 * 1024;
const ZEROS = Buffer.alloc(PART_BYTES);

export interface ReadFile {
  readonly size: number;
  readonly sha256: string;
  readonly parts: readonly (PendingPart | Part)[];
  /** Of the moment it was read; `null` where it changed meanwhile. */
  readonly still: boolean;
  readonly stats: Stats;
  /** Clock time before its first byte was read. */
  readonly readAt: number;
}

/** Says where a content lies already, by its SHA-256 and size. */
export type KnownContent = (
  sha256: string,
  size: number,
) => readonly (PendingPart | Part)[] | undefined;

/** Reads a file and packs what is not known. `gone` where it is no file any more, `closed` where it may not be read. */
export async function readForSnapshot(
  file: { readonly folder: Folder; readonly key: PathKey },
  packs: PackWriter,
  known: KnownContent,
): Promise<ReadFile | "gone" | "closed"> {
  const opened = open(file.folder, file.key);
  if (typeof opened === "string") return opened;
  try {
    for (let tries = 1; ; tries += 1) {
      const readAt = Date.now();
      const before = fstatSync(opened);
      if (!before.isFile()) return "gone";
      const large = before.size > SNAPSHOT_PACK_BYTES;
      const read = large
        ? await readLarge(opened, before.size, packs)
        : readSmall(opened, before.size);
      const stats = fstatSync(opened);
      const still = read.size === stats.size && isSameMoment(before, stats);
      if (!still && tries < TRIES) continue;
      const { size, sha256 } = read;
      const parts = known(sha256, size) ?? (await partsOf(read, packs));
      return { size, sha256, parts, still, stats, readAt };
    }
  } finally {
    closeSync(opened);
  }
}

function open(folder: Folder, key: PathKey): number | "gone" | "closed" {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return openSync(folder.at(key), flags);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (isMissing(error) || ["ELOOP", "ENXIO"].includes(code)) return "gone";
    if (code === "EACCES" || code === "EPERM") return "closed";
    throw error;
  }
}

function isSameMoment(before: Stats, after: Stats): boolean {
  const same = before.size === after.size && before.mtimeMs === after.mtimeMs;
  return same && before.ctimeMs === after.ctimeMs;
}

type Read = { readonly size: number; readonly sha256: string } & (
  | { readonly content: Buffer }
  | { readonly parts: readonly Part[] }
);

async function partsOf(read: Read, packs: PackWriter): Promise<readonly (PendingPart | Part)[]> {
  if ("parts" in read) return read.parts;
  return read.size === 0 ? [] : [(await packs.add(read.content)).part];
}

function readSmall(file: number, size: number): Read {
  const content = fill(file, Buffer.allocUnsafe(size), 0);
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { size: content.length, sha256, content };
}

/** Reads as much as the file had when it was opened: one that grows faster than it is read must end too. */
async function readLarge(file: number, size: number, packs: PackWriter): Promise<Read> {
  const hash = createHash("sha256");
  const parts: Part[] = [];
  let at = 0;
  while (at < size) {
    const content = fill(file, Buffer.allocUnsafe(Math.min(PART_BYTES, size - at)), at);
    if (content.length === 0) break;
    hash.update(content);
    const { length } = content;
    const isZero = content.equals(ZEROS.subarray(0, length));
    parts.push(isZero ? { pack: null, offset: 0, length } : await packs.addAlone(content));
    at += length;
  }
  return { size: at, sha256: hash.digest("hex"), parts };
}

/** Reads into a buffer from a place of the file; shorter where the file ends. */
function fill(file: number, buffer: Buffer, from: number): Buffer {
  let filled = 0;
  while (filled < buffer.length) {
    const read = readSync(file, buffer, filled, buffer.length - filled, from + filled);
    if (read === 0) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}
