// Makes a group old in seconds: writes messages straight into its object's SQLite file while the product is stopped, in
// the form in which the product wrote one itself.
import { globSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

interface EventRow {
  readonly seq: number;
  readonly at: number;
  readonly body: string;
}

/** Rows in one transaction: large enough to be quick, small enough for the journal. */
const BATCH_ROWS = 50_000;
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

/**
 * Appends that many messages to the group's log and answers the new head. The group must hold one message of a person
 * already, which is the pattern. Throws when no file under the folder holds that group, or its log has another form.
 */
export function lengthenLog(dataFolder: string, group: string, count: number): number {
  const database = fileOf(dataFolder, group);
  try {
    database.exec("PRAGMA synchronous = OFF");
    const pattern = newest(database, "kind = 'message-posted' AND run IS NULL");
    const head = newest(database, "true").seq;
    const insert = database.prepare(
      "INSERT INTO events (seq, at, kind, run, message, body) VALUES (?, ?, 'message-posted', NULL, ?, ?)",
    );
    for (let from = 0; from < count; from += BATCH_ROWS) {
      database.exec("BEGIN");
      for (let index = from; index < Math.min(count, from + BATCH_ROWS); index += 1) {
        const message = messageId(index);
        const body = bodyOf(pattern.body, message, `an earlier message, number ${index}`);
        insert.run(head + 1 + index, pattern.at, message, body);
      }
      database.exec("COMMIT");
    }
    return head + count;
  } finally {
    database.close();
  }
}

function fileOf(dataFolder: string, group: string): DatabaseSync {
  for (const path of globSync(join(dataFolder, "**/*.sqlite"))) {
    const database = new DatabaseSync(path);
    if (holdsGroup(database, group)) return database;
    database.close();
  }
  throw new Error(`no object's file below ${dataFolder} holds the log of ${group}`);
}

function holdsGroup(database: DatabaseSync, group: string): boolean {
  const table = "SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = 'events'";
  if (database.prepare(table).get() === undefined) return false;
  const first = database.prepare("SELECT body FROM events ORDER BY seq LIMIT 1").get();
  return typeof first?.["body"] === "string" && first["body"].includes(group);
}

function newest(database: DatabaseSync, condition: string): EventRow {
  const text = `SELECT seq, at, body FROM events WHERE ${condition} ORDER BY seq DESC LIMIT 1`;
  const row = database.prepare(text).get() as unknown as EventRow | undefined;
  if (row === undefined) throw new Error("the group's log holds no message to take as a pattern");
  return row;
}

function bodyOf(pattern: string, message: string, text: string): string {
  const event = JSON.parse(pattern) as Record<string, unknown>;
  return JSON.stringify({ ...event, message, parts: [{ type: "text", text }] });
}

/** Unlike any made by the product: its time part is near the epoch. */
function messageId(index: number): string {
  let digits = "";
  for (let rest = index; digits.length < 26; rest = Math.floor(rest / 32))
    digits = DIGITS.charAt(rest % 32) + digits;
  return `msg_${digits}`;
}
