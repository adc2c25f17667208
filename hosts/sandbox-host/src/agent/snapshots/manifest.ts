// The list of a workspace's files at one moment: what each is, and in which packs its bytes lie. As bytes it is JSON under
// zstd, named by their SHA-256. What came from elsewhere is believed in nothing: reading it checks everything.
//
//   {version, packs: [[hash, size, bytes]…], roots: {workspace: [entry…], checkpoints: [entry…]}, leftOut}
//   entry: {path | path64, type, mode, mtime, size?, sha256?, parts?: [[pack's index or -1 for zeros, offset, length]…], target?}
import { createHash } from "node:crypto";
import { constants, zstdCompressSync } from "node:zlib";

import { keyOf, textOf, type PathKey } from "../checkpoints/byte-path.ts";

/** Files of the workspace, and the shadow repository, so that checkpoints outlast the sandbox. */
export const ROOTS = ["workspace", "checkpoints"] as const;
export type Root = (typeof ROOTS)[number];

export interface Pack {
  readonly hash: string;
  /** Of its contents, uncompressed. */
  readonly size: number;
  /** Of itself. */
  readonly bytes: number;
}

/** A stretch of a file: bytes of a pack, or that many zeros where there is none. */
export interface Part {
  readonly pack: Pack | null;
  readonly offset: number;
  readonly length: number;
}

interface Named {
  readonly key: PathKey;
  /** Permission bits only: no set-user-id, no sticky bit. */
  readonly mode: number;
  /** Whole milliseconds since 1970. */
  readonly mtime: number;
}
export interface FileEntry extends Named {
  readonly type: "file";
  readonly size: number;
  readonly sha256: string;
  readonly parts: readonly Part[];
}
export interface DirectoryEntry extends Named {
  readonly type: "directory";
}
export interface SymlinkEntry extends Named {
  readonly type: "symlink";
  readonly target: PathKey;
}
export type Entry = FileEntry | DirectoryEntry | SymlinkEntry;

export interface Manifest {
  readonly packs: readonly Pack[];
  /** Each sorted by key, so that a folder comes before what is in it. */
  readonly roots: Readonly<Record<Root, readonly Entry[]>>;
  /** Sockets, FIFOs, devices and what could not be read. */
  readonly leftOut: number;
}

/** The manifest as the bytes that are stored; the same manifest is the same bytes. */
export function encodeManifest(roots: Manifest["roots"], leftOut: number): Buffer {
  const packs = packsOf(roots);
  const indexes = new Map(packs.map((pack, index) => [pack.hash, index]));
  const written = (entry: Entry) => writeEntry(entry, indexes);
  const text = JSON.stringify({
    version: 1,
    packs: packs.map(({ hash, size, bytes }) => [hash, size, bytes]),
    roots: { workspace: roots.workspace.map(written), checkpoints: roots.checkpoints.map(written) },
    leftOut,
  });
  return zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
}

/** The packs that entries need, sorted by their names. */
export function packsOf(roots: Manifest["roots"]): Pack[] {
  const packs = new Map<string, Pack>();
  for (const root of ROOTS) {
    for (const entry of roots[root]) {
      if (entry.type !== "file") continue;
      for (const { pack } of entry.parts) if (pack !== null) packs.set(pack.hash, pack);
    }
  }
  return [...packs.values()].sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

function writeEntry(entry: Entry, indexes: ReadonlyMap<string, number>): object {
  const { key, type, mode, mtime } = entry;
  const head = { ...writeText("path", key), type, mode, mtime };
  if (entry.type === "directory") return head;
  if (entry.type === "symlink") return { ...head, ...writeText("target", entry.target) };
  const parts = entry.parts.map(({ pack, offset, length }) => [
    pack === null ? -1 : indexes.get(pack.hash),
    offset,
    length,
  ]);
  return { ...head, size: entry.size, sha256: entry.sha256, parts };
}

/** Text where it is UTF-8, which JSON can hold; base64 of the bytes where it is not. */
function writeText(name: string, key: PathKey): object {
  const text = textOf(key);
  if (text !== undefined && keyOf(text) === key) return { [name]: text };
  return { [`${name}64`]: Buffer.from(key, "latin1").toString("base64") };
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
