// Random trees of files, random changes to them, and a hash of a whole tree, all from a seed.
import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

/** Numbers from 0 up to, not including, `below`. */
export type Random = (below: number) => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Node = readonly [path: Buffer, type: "file" | "directory" | "symlink" | "other"];

const SLASH = Buffer.from("/");
const below = (parent: Buffer, name: Buffer) => Buffer.concat([parent, SLASH, name]);

/** Everything below a folder, folders first. */
function nodesOf(root: Buffer): Node[] {
  const names = readdirSync(root, { encoding: "buffer" }).sort(Buffer.compare);
  return names.flatMap((name): Node[] => {
    const path = below(root, name);
    const stats = lstatSync(path);
    if (stats.isDirectory()) return [[path, "directory"], ...nodesOf(path)];
    return [[path, stats.isFile() ? "file" : stats.isSymbolicLink() ? "symlink" : "other"]];
  });
}

/** A line for everything below a folder: name, type, mode, time in ms, content. Equal lists are equal trees. */
export function describeTree(folder: string): string[] {
  const root = Buffer.from(folder);
  return nodesOf(root).map(([path, type]) => {
    const stats = lstatSync(path);
    const content =
      type === "file"
        ? readFileSync(path)
        : type === "symlink"
          ? readlinkSync(path, { encoding: "buffer" })
          : "";
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 16);
    const name = path.subarray(root.length + 1).toString("latin1");
    const mode = type === "symlink" ? "" : (stats.mode & 0o7777).toString(8);
    return JSON.stringify([name, type, mode, Math.floor(stats.mtimeMs), stats.size, hash]);
  });
}

const PIECES = [
  "a",
  "B",
  "é",
  "e\u0301",
  "日本",
  " ",
  "\n",
  "-",
  ".",
  '"',
  "\\",
  "'",
  "$",
  "*",
  "😀",
  "\t",
];

function newName(random: Random): Buffer {
  if (random(12) === 0) return Buffer.from([0xff, 0x61 + random(26), 0xfe, 0x30 + random(10)]);
  const count = 1 + random(5);
  const pieces = Array.from({ length: count }, () => PIECES[random(PIECES.length)] ?? "x");
  return Buffer.from(`${random(2) === 0 ? "n" : ""}${pieces.join("")}${random(1_000)}`);
}

function newContent(random: Random): Buffer {
  const size = [0, 1, 40, 700, 9_000, 60_000][random(6)] ?? 0;
  const words = Array.from({ length: Math.ceil(size / 8) }, () =>
    `${random(100_000)}   `.slice(0, 8),
  );
  return Buffer.from(words.join("").slice(0, size));
}

/** What there is to put things into and to link to. */
interface Grown {
  readonly root: Buffer;
  readonly folders: Buffer[];
  readonly files: Buffer[];
  /** Files above the size of a pack. */
  large: number;
}

function grownOf(root: Buffer): Grown {
  const nodes = nodesOf(root);
  const pathsOf = (kind: string) => nodes.filter(([, type]) => type === kind).map(([path]) => path);
  const files = pathsOf("file");
  const large = files.filter((path) => lstatSync(path).size > LARGE_BYTES).length;
  return { root, folders: [root, ...pathsOf("directory")], files, large };
}

const LARGE_BYTES = 4_500_000;
const LARGE_MAX = 3;

/** A new thing in some folder. */
function makeSomething(grown: Grown, random: Random): void {
  const { root, folders, files } = grown;
  const path = below(folders[random(folders.length)] ?? root, newName(random));
  if (lstatExists(path) || path.length - root.length > 600) return;
  const kind = random(60);
  if (kind < 30) {
    writeFileSync(path, newContent(random));
    if (random(4) === 0) chmodSync(path, 0o755);
    if (random(4) === 0)
      utimesSync(path, 1_500_000_000 + random(1e8), 1_500_000_000.5 + random(1e8));
    files.push(path);
  } else if (kind < 40) {
    mkdirSync(path);
    folders.push(path);
  } else if (kind < 45) symlinkSync(Buffer.from("nowhere/at all"), path);
  else if (kind < 50) symlinkSync(folders[random(folders.length)] ?? root, path);
  else if (kind < 57 && files.length > 0) linkSync(files[random(files.length)] ?? path, path);
  else if (grown.large < LARGE_MAX) {
    writeFileSync(path, "begin");
    truncateSync(path, LARGE_BYTES + 1 + random(100));
    grown.large += 1;
  }
}

function lstatExists(path: Buffer): boolean {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    // Nothing is there.
    return false;
  }
}

export function growTree(folder: string, count: number, random: Random): void {
  const grown = grownOf(Buffer.from(folder));
  for (let at = 0; at < count; at += 1) makeSomething(grown, random);
}

function remove(path: Buffer): void {
  if (!lstatSync(path).isDirectory()) unlinkSync(path);
  else {
    for (const [inner, type] of nodesOf(path).reverse()) {
      if (type === "directory") rmdirSync(inner);
      else unlinkSync(inner);
    }
    rmdirSync(path);
  }
}

/** One random change of a tree. */
export function changeTree(folder: string, random: Random): void {
  const root = Buffer.from(folder);
  const nodes = nodesOf(root);
  const [path, type] = nodes[random(nodes.length)] ?? [root, "other" as const];
  const kind = random(10);
  if (type === "other" || kind < 3) makeSomething(grownOf(root), random);
  else if (kind === 3 && (type !== "directory" || random(4) === 0)) remove(path);
  else if (kind === 4 && type !== "directory") {
    remove(path);
    mkdirSync(path);
  } else if (kind === 5) {
    const to = below(root, newName(random));
    if (!lstatExists(to)) renameSync(path, to);
  } else if (type === "file" && kind === 6)
    chmodSync(path, [0o600, 0o644, 0o755, 0o400][random(4)] ?? 0o644);
  else if (type === "file" && kind === 7) appendFileSync(path, newContent(random));
  else if (type === "file") sameSize(path, random);
}

/** Changes a byte and, sometimes, hides it behind the old time. */
function sameSize(path: Buffer, random: Random): void {
  const { mtimeMs } = lstatSync(path);
  const content = readFileSync(path);
  if (content.length > 0) content[random(content.length)] = 65 + random(26);
  writeFileSync(path, content);
  if (random(2) === 0) utimesSync(path, mtimeMs / 1_000, mtimeMs / 1_000);
}
