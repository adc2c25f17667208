// What a group takes on disk: its object's SQLite file, and its objects in R2, looked up in the product's data folder.
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface GroupStorage {
  /** Pages of the object's database: the size of its file once everything is written back. */
  readonly objectBytes: number;
  /** Of these, without the pages that are free to be used again. */
  readonly usedBytes: number;
  /** Of these, what the table of segments takes. */
  readonly tableBytes: number;
  /** Of these, the ledgers of turns that have not moved yet, and how many there are. */
  readonly ledgerBytes: number;
  readonly ledgers: number;
  readonly segments: number;
  readonly r2Bytes: number;
}

/** Reads the files of a running product. Throws when no object holds that group; it must be one that was copied. */
export function storageOf(dataFolder: string, group: string): GroupStorage {
  for (const path of globSync(join(dataFolder, "state/do/*/*.sqlite"))) {
    const found = reading(path, (database) => objectOf(database, group));
    if (found === undefined) continue;
    const r2Bytes = r2BytesOf(dataFolder, basename(path, ".sqlite"));
    return { ...found, r2Bytes };
  }
  throw new Error(`no object's file below ${dataFolder} holds ${group}`);
}

function objectOf(
  database: DatabaseSync,
  group: string,
): Omit<GroupStorage, "r2Bytes"> | undefined {
  const number = (query: string, ...bindings: string[]) =>
    Number(Object.values(database.prepare(query).get(...bindings) ?? {})[0] ?? 0);
  const notes = "SELECT count(*) FROM sqlite_master WHERE name = 'notes'";
  const copied = "SELECT count(*) FROM notes WHERE key = 'copied' AND body = ?";
  if (number(notes) === 0 || number(copied, JSON.stringify(group)) === 0) return undefined;
  const sizeOf = (table: string) => number("SELECT sum(pgsize) FROM dbstat WHERE name = ?", table);
  const [pages, free] = [number("PRAGMA page_count"), number("PRAGMA freelist_count")];
  const pageBytes = number("PRAGMA page_size");
  return {
    objectBytes: pages * pageBytes,
    usedBytes: (pages - free) * pageBytes,
    tableBytes: sizeOf("segments"),
    ledgerBytes: sizeOf("ledger"),
    ledgers: number("SELECT count(*) FROM ledger"),
    segments: number("SELECT count(*) FROM segments"),
  };
}

function r2BytesOf(dataFolder: string, object: string): number {
  const query = "SELECT sum(size) AS bytes FROM _mf_objects WHERE key LIKE ?";
  const sums = globSync(join(dataFolder, "state/r2/*/*.sqlite"))
    .filter((path) => basename(path) !== "metadata.sqlite")
    .map((path) =>
      reading(path, (database) => database.prepare(query).get(`groups/${object}/%`)?.["bytes"]),
    );
  return sums.reduce<number>((total, bytes) => total + Number(bytes ?? 0), 0);
}

function reading<T>(path: string, read: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return read(database);
  } finally {
    database.close();
  }
}
