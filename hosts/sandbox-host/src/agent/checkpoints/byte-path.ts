// Paths of files as Linux has them: bytes. A key is such a path as text with one character a byte, so that two paths are one
// only where their bytes are, and sorting goes by bytes.
import { lstatSync, mkdirSync, type Stats } from "node:fs";

/** A path below some folder, one character a byte, parts joined by "/". */
export type PathKey = string;

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function keyOf(text: string): PathKey {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** A key as text for people and JSON; undefined where it is not UTF-8. */
export function textOf(key: PathKey): string | undefined {
  try {
    return STRICT.decode(Buffer.from(key, "latin1"));
  } catch {
    return undefined;
  }
}

/** A key as text, with replacements where it is not UTF-8. */
export function shownPath(key: PathKey): string {
  return Buffer.from(key, "latin1").toString("utf8");
}

/** Tells whether a key names something below a folder: relative, no empty part, no "." or "..", no zero byte, within Linux's limits. */
export function isBelow(key: PathKey): boolean {
  if (key.length === 0 || key.length > 4_000 || key.includes("\0")) return false;
  return key
    .split("/")
    .every((part) => part !== "" && part !== "." && part !== ".." && part.length <= 255);
}

/** A folder whose files are named by keys. */
export class Folder {
  readonly path: string;
  readonly #prefix: string;

  constructor(path: string) {
    this.path = path;
    this.#prefix = `${keyOf(path)}/`;
  }

  /** What to hand to functions of node:fs. The key must be `isBelow`; symlinks on its way are not looked at. */
  at(key: PathKey): Buffer {
    return Buffer.from(key === "" ? this.#prefix : this.#prefix + key, "latin1");
  }

  /** What is there, not followed where it is a symlink; undefined where nothing is, or nothing that can be reached. */
  look(key: PathKey): Stats | undefined {
    try {
      return lstatSync(this.at(key), { throwIfNoEntry: false });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      if (isMissing(error) || code === "EACCES" || code === "ENAMETOOLONG") return undefined;
      throw error;
    }
  }

  /**
   * Makes the folders above a key. False where something that is not a folder is in the way: nothing is written through a
   * symlink. Whoever plants one after this look is not caught; the agent can do no more than who planted it.
   */
  makeParents(key: PathKey): boolean {
    for (let end = key.indexOf("/"); end !== -1; end = key.indexOf("/", end + 1)) {
      const parent = key.slice(0, end);
      const there = this.look(parent);
      if (there === undefined) mkdirSync(this.at(parent));
      else if (!there.isDirectory()) return false;
    }
    return true;
  }
}

/** The key of the folder above; empty for the folder itself. */
export function parentOf(key: PathKey): PathKey {
  const slash = key.lastIndexOf("/");
  return slash === -1 ? "" : key.slice(0, slash);
}

export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}
