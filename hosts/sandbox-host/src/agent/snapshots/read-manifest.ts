// Reads a manifest that somebody else may have made: nothing of it is used before all of it was found to be sound.
import { zstdDecompressSync } from "node:zlib";

import { problem, ProblemError, SANDBOX_BODY_MAX_BYTES } from "@acos/protocol";

import { isBelow, keyOf, parentOf, type PathKey } from "../checkpoints/byte-path.ts";
import { ROOTS, type Entry, type Manifest, type Pack, type Part, type Root } from "./manifest.ts";

/** A manifest as text; 300 bytes a file, for as many files as a snapshot takes. */
const TEXT_MAX_BYTES = 256 * 1024 * 1024;
/** Files and folders of a snapshot. */
export const ENTRIES_MAX = 600_000;
/** Files together, uncompressed, holes counted: what reading takes minutes is refused. */
export const SNAPSHOT_MAX_BYTES = 64 * 1024 ** 3;
/** Symlink targets; what Linux takes. */
const TARGET_MAX_BYTES = 4_095;
/** What a date can be. */
export const TIME_MAX_MS = 8.64e15;
const HASH = /^[0-9a-f]{64}$/;
/** Of the shadow repository: objects and refs, and nothing that could tell git to do something. */
const SHADOW =
  /^(?:packed-refs|refs(?:\/.*)?|objects(?:\/(?:[0-9a-f]{2}|pack)(?:\/[0-9a-z.-]+)?)?)$/s;

/** Tells which files of the shadow repository a snapshot holds. */
export function isOfShadow(key: PathKey): boolean {
  return SHADOW.test(key) && !/[.]lock$/.test(key);
}

/**
 * The manifest in these bytes, whose hash the caller has checked. Throws ProblemError `storage_damaged` where a path leads
 * out of its root or through something that is no folder, comes twice, or where sizes do not add up.
 */
export function readManifest(bytes: Uint8Array): Manifest {
  try {
    const text = zstdDecompressSync(bytes, { maxOutputLength: TEXT_MAX_BYTES }).toString("utf8");
    return readParsed(JSON.parse(text));
  } catch (error) {
    const words = `The snapshot's list of files cannot be used: ${(error as Error).message}. Restore another snapshot.`;
    throw new ProblemError(problem("storage_damaged", words));
  }
}

type Fields = Readonly<Record<string, unknown>>;

function readParsed(value: unknown): Manifest {
  const whole = fields(value);
  check(whole["version"] === 1, "its version is unknown");
  const packs = list(whole["packs"]).map(readPack);
  check(new Set(packs.map(({ hash }) => hash)).size === packs.length, "a pack comes twice");
  const roots = fields(whole["roots"]);
  const read = (root: Root) => readRoot(root, list(roots[root]), packs);
  const manifest = {
    packs,
    roots: { workspace: read("workspace"), checkpoints: read("checkpoints") },
    leftOut: count(whole["leftOut"], Number.MAX_SAFE_INTEGER),
  };
  const files = ROOTS.flatMap((root) => manifest.roots[root].filter(({ type }) => type === "file"));
  const size = files.reduce((sum, entry) => sum + (entry.type === "file" ? entry.size : 0), 0);
  check(size <= SNAPSHOT_MAX_BYTES, "its files are too large");
  return manifest;
}

function readPack(value: unknown): Pack {
  const [hash, size, bytes] = list(value);
  return {
    hash: hashText(hash),
    size: count(size, SANDBOX_BODY_MAX_BYTES),
    bytes: count(bytes, SANDBOX_BODY_MAX_BYTES),
  };
}

function readRoot(root: Root, values: readonly unknown[], packs: readonly Pack[]): Entry[] {
  check(values.length <= ENTRIES_MAX, "it names too many files");
  const folders = new Set<PathKey>([""]);
  let last = "";
  return values.map((value) => {
    const entry = readEntry(fields(value), packs);
    const { key } = entry;
    check(isBelow(key), "a path leads elsewhere");
    check(root === "workspace" || isOfShadow(key), "a path is none of the shadow repository");
    check(key > last, "paths are not sorted, or come twice");
    check(folders.has(parentOf(key)), "a path leads through something that is no folder");
    check(root === "workspace" || entry.type !== "symlink", "the shadow repository has a symlink");
    if (entry.type === "directory") folders.add(key);
    last = key;
    return entry;
  });
}

function readEntry(value: Fields, packs: readonly Pack[]): Entry {
  const key = readText(value, "path");
  const mode = count(value["mode"], 0o777);
  const mtime = value["mtime"];
  check(Number.isSafeInteger(mtime) && Math.abs(Number(mtime)) <= TIME_MAX_MS, "a time is none");
  const head = { key, mode, mtime: Number(mtime) };
  if (value["type"] === "directory") return { ...head, type: "directory" };
  if (value["type"] === "symlink") {
    const target = readText(value, "target");
    const fits = target.length > 0 && target.length <= TARGET_MAX_BYTES && !target.includes("\0");
    check(fits, "a symlink leads nowhere");
    return { ...head, type: "symlink", target };
  }
  check(value["type"] === "file", "an entry is of an unknown type");
  const size = count(value["size"], SNAPSHOT_MAX_BYTES);
  const parts = list(value["parts"]).map((part) => readPart(list(part), packs));
  const sum = parts.reduce((bytes, { length }) => bytes + length, 0);
  check(sum === size, "a file's parts are not its size");
  return { ...head, type: "file", size, sha256: hashText(value["sha256"]), parts };
}

function readPart(values: readonly unknown[], packs: readonly Pack[]): Part {
  const [index, offset, length] = values;
  const bytes = count(length, SNAPSHOT_MAX_BYTES);
  check(bytes > 0, "a part is empty");
  if (index === -1) return { pack: null, offset: 0, length: bytes };
  const pack = packs[count(index, packs.length)];
  const from = count(offset, SANDBOX_BODY_MAX_BYTES);
  if (pack === undefined || from + bytes > pack.size) throw new Error("a part is in no pack");
  return { pack, offset: from, length: bytes };
}

function readText(value: Fields, name: string): PathKey {
  const text = value[name];
  if (typeof text === "string") return keyOf(text);
  const base64 = value[`${name}64`];
  check(typeof base64 === "string", `a ${name} is missing`);
  return Buffer.from(String(base64), "base64").toString("latin1");
}

function fields(value: unknown): Fields {
  check(typeof value === "object" && value !== null && !Array.isArray(value), "it has no fields");
  return value as Fields;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error("a list is missing");
  return value;
}

function count(value: unknown, max: number): number {
  check(
    Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= max,
    "a number is none",
  );
  return Number(value);
}

function hashText(value: unknown): string {
  check(typeof value === "string" && HASH.test(value), "a hash is none");
  return String(value);
}

function check(holds: boolean, words: string): void {
  if (!holds) throw new Error(words);
}
