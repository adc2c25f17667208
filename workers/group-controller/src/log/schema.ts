// Tables of a group's object: a row per event, never one blob; made when the group is created, not when it is looked at.

/** Each entry brings the schema one version further and is never edited once released. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE events (
     seq INTEGER PRIMARY KEY,
     at INTEGER NOT NULL,
     kind TEXT NOT NULL,
     run TEXT,
     message TEXT,
     body TEXT NOT NULL
   );
   CREATE INDEX events_by_run ON events (run) WHERE run IS NOT NULL;
   CREATE INDEX events_by_message ON events (message) WHERE message IS NOT NULL;
   CREATE TABLE commands (
     giver TEXT NOT NULL,
     id TEXT NOT NULL,
     seq INTEGER NOT NULL,
     PRIMARY KEY (giver, id)
   ) WITHOUT ROWID;
   CREATE TABLE state_parts (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE used_tokens (jti TEXT PRIMARY KEY, exp INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE read_marks (member TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;`,
  `CREATE INDEX events_withdrawn ON events (message) WHERE kind = 'message-redacted';`,
  `CREATE TABLE audit_told (seq INTEGER PRIMARY KEY);
   CREATE INDEX events_of_news ON events (seq) WHERE kind IN ('member-joined', 'member-left', 'member-changed', 'approval-decided', 'settings-changed', 'tool-call-dispatched');`,
  `CREATE TABLE segments (
     from_seq INTEGER PRIMARY KEY,
     to_seq INTEGER NOT NULL,
     from_at INTEGER NOT NULL,
     to_at INTEGER NOT NULL,
     messages INTEGER NOT NULL,
     runs INTEGER NOT NULL,
     summaries INTEGER NOT NULL,
     bytes INTEGER NOT NULL,
     name TEXT NOT NULL,
     filter TEXT NOT NULL
   );
   CREATE TABLE fold_parts (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE ledger (seq INTEGER PRIMARY KEY, body TEXT NOT NULL);
   CREATE TABLE notes (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE jobs (
     job TEXT PRIMARY KEY,
     kind TEXT NOT NULL,
     state TEXT NOT NULL,
     step TEXT NOT NULL,
     done INTEGER NOT NULL,
     total INTEGER NOT NULL,
     started_at INTEGER NOT NULL,
     ended_at INTEGER,
     problem TEXT
   );
   CREATE INDEX commands_by_seq ON commands (seq);`,
  `DROP INDEX events_of_news;
   CREATE INDEX events_of_news ON events (seq) WHERE kind IN ('member-joined', 'member-left', 'member-changed', 'approval-decided', 'settings-changed', 'tool-call-dispatched', 'sandbox-created', 'sandbox-destroyed');`,
];

/** Tells whether this object holds a group. Reads only: looking at an unknown group must leave nothing behind. */
export function hasSchema(sql: SqlStorage): boolean {
  const found = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").toArray();
  return found.length > 0;
}

/** Brings the tables to the newest version, or to an earlier one; does nothing when they are there. */
export function migrate(storage: DurableObjectStorage, version = MIGRATIONS.length): void {
  const { sql } = storage;
  storage.transactionSync(() => {
    sql.exec("CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY)");
    const row = sql.exec<{ version: number | null }>(
      "SELECT max(version) AS version FROM migrations",
    );
    const done = row.one().version ?? 0;
    for (const [index, text] of MIGRATIONS.slice(0, version).entries()) {
      if (index < done) continue;
      sql.exec(text);
      sql.exec("INSERT INTO migrations (version) VALUES (?)", index + 1);
    }
  });
}
