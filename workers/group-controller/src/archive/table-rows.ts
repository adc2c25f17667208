// The object's tables as plain rows, and back: what a snapshot is made of. Bounded, because everything that grows lies in segments.

import { migrate } from "../log/schema.ts";

/** Tables in the order in which they are filled. `migrations` says which form the rows have. */
const TABLES = [
  "migrations",
  "events",
  "commands",
  "state_parts",
  "fold_parts",
  "used_tokens",
  "read_marks",
  "audit_told",
  "segments",
  "ledger",
  "notes",
  "jobs",
] as const;

type Value = string | number | null;

/** Rows by table; the columns by name, so that a later version of the tables can still take them. */
export type TableRows = Readonly<
  Record<
    string,
    { readonly columns: readonly string[]; readonly rows: readonly (readonly Value[])[] }
  >
>;

/** Commands whose answer is remembered by a snapshot: what clients may still be sending again. */
const COMMANDS = "SELECT * FROM commands ORDER BY seq DESC LIMIT 2048";

/** All rows as they are at this moment. */
export function readTables(sql: SqlStorage): TableRows {
  const all: Record<string, TableRows[string]> = {};
  for (const table of TABLES) {
    const cursor = sql.exec(table === "commands" ? COMMANDS : `SELECT * FROM ${table}`);
    const columns = cursor.columnNames;
    all[table] = { columns, rows: [...cursor.raw()] as Value[][] };
  }
  return all;
}

/** Makes the tables in the form that the rows have, fills them in one transaction, and brings them to the newest form. */
export function fillTables(storage: DurableObjectStorage, all: TableRows): void {
  storage.transactionSync(() => {
    const versions = (all["migrations"]?.rows ?? []).flat().map(Number);
    migrate(storage, Math.max(0, ...versions));
    for (const table of TABLES) {
      const { columns, rows } = all[table] ?? { columns: [], rows: [] };
      if (table === "migrations") continue;
      const marks = columns.map(() => "?").join(", ");
      const insert = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks})`;
      for (const row of rows) storage.sql.exec(insert, ...row);
    }
    migrate(storage);
  });
}
