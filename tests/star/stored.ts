// What lies in a data folder: the objects of cold storage, and the tables of the groups' own objects. Reads, changes nothing.
import { existsSync, globSync } from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Keys of all that cold storage holds, in order. */
export function keysInArchive(data: string): string[] {
  const folder = join(data, "state/r2/miniflare-R2BucketObject");
  const files = globSync(join(folder, "*.sqlite")).filter((file) => !file.includes("metadata"));
  return files.flatMap((file) =>
    readRows(file, "SELECT key FROM _mf_objects ORDER BY key").map((row) => String(row["key"])),
  );
}

/** The ids of the groups' objects that cold storage holds something of. */
export function objectsInArchive(data: string): string[] {
  return [...new Set(keysInArchive(data).map((key) => key.split("/")[1] ?? ""))];
}

/** How many rows the tables of a group's object have; none where the object is empty. */
export function rowsInObject(data: string, object: string): Readonly<Record<string, number>> {
  const folder = join(data, "state/do/group-controller-GroupController");
  const file = join(folder, `${object}.sqlite`);
  if (!existsSync(file)) return {};
  const query = "SELECT name FROM sqlite_master WHERE type = 'table'";
  const names = readRows(file, query).map((row) => String(row["name"]));
  // What the runtime keeps for itself in every object is no group's.
  const own = names.filter((name) => !/^_cf_|^__cf|^sqlite_/.test(name));
  return Object.fromEntries(
    own.map((name) => [
      name,
      Number(readRows(file, `SELECT count(*) AS n FROM ${name}`)[0]?.["n"]),
    ]),
  );
}

/** Ids of all groups' objects that have a file. */
export function objectsWithFile(data: string): string[] {
  const folder = join(data, "state/do/group-controller-GroupController");
  return globSync(join(folder, "*.sqlite"))
    .map((file) => basename(file, ".sqlite"))
    .filter((name) => name !== "metadata");
}

function readRows(file: string, query: string): Record<string, unknown>[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare(query).all();
  } finally {
    database.close();
  }
}
