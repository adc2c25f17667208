// Audit chains in D1: the only statements that touch them. Entries are inserted and never changed or deleted.
import type { AuditNote } from "@acos/protocol";
import { AUDIT_BEGIN, type AuditEntry, type AuditMark } from "@acos/trust";
import { and, desc, eq, inArray, sql } from "drizzle-orm";

import { auditEntries, auditHeads } from "../store/control-tables.ts";
import type { Database } from "../store/database.ts";

/** A note with its time, and where it came from when the same news may come twice. */
export interface DatedNote {
  readonly at: number;
  readonly note: AuditNote;
  readonly source?: string;
}

export type SealedHead = typeof auditHeads.$inferSelect;
export type EntryRow = typeof auditEntries.$inferSelect;

/** What an append has to know, as of one moment. */
export interface ChainEnd {
  readonly head: SealedHead | undefined;
  /** The last entry itself; as long as nobody tampers it is what the head says. */
  readonly last: AuditMark | undefined;
  /** Entries that say they came from one of the sources. */
  readonly told: readonly Pick<EntryRow, "source" | "body">[];
}

export async function readEnd(
  db: Database,
  chain: string,
  sources: readonly string[],
): Promise<ChainEnd> {
  const [heads, last, told] = await db.batch([
    db.select().from(auditHeads).where(eq(auditHeads.chain, chain)),
    db
      .select({ seq: auditEntries.seq, hash: auditEntries.hash })
      .from(auditEntries)
      .where(eq(auditEntries.chain, chain))
      .orderBy(desc(auditEntries.seq))
      .limit(1),
    db
      .select({ source: auditEntries.source, body: auditEntries.body })
      .from(auditEntries)
      .where(and(eq(auditEntries.chain, chain), inArray(auditEntries.source, [...sources]))),
  ]);
  return { head: heads[0], last: last[0], told };
}

/** Writes entries and the head behind them in one transaction. Throws (isTaken) when somebody else was faster. */
export async function writeEntries(
  db: Database,
  entries: readonly (AuditEntry & { readonly source: string | null })[],
  head: SealedHead,
): Promise<void> {
  const { seq, hash, seal } = head;
  await db.batch([
    db
      .insert(auditHeads)
      .values(head)
      .onConflictDoUpdate({ target: auditHeads.chain, set: { seq, hash, seal } }),
    ...entries.map((entry) => db.insert(auditEntries).values(entry)),
  ]);
}

/** Entries after a seq, in order, each with the hash of the one before it. */
export function listEntries(
  db: Database,
  chain: string,
  page: { readonly after: number; readonly limit: number },
): Promise<(EntryRow & { readonly previous: string })[]> {
  const before = sql<string>`coalesce(lag(${auditEntries.hash}) over (order by ${auditEntries.seq}), ${AUDIT_BEGIN.hash})`;
  const { chain: of, seq, at, body, hash, source } = auditEntries;
  const rows = db
    .select({ chain: of, seq, at, body, hash, source, previous: before.as("previous") })
    .from(auditEntries)
    .where(and(eq(auditEntries.chain, chain), sql`${auditEntries.seq} >= ${page.after}`))
    .orderBy(auditEntries.seq)
    // One more in front, for its hash.
    .limit(page.limit + 1)
    .as("rows");
  return db
    .select()
    .from(rows)
    .where(sql`${rows.seq} > ${page.after}`)
    .limit(page.limit);
}

export async function readHead(db: Database, chain: string): Promise<SealedHead | undefined> {
  const [head] = await db.select().from(auditHeads).where(eq(auditHeads.chain, chain));
  return head;
}
