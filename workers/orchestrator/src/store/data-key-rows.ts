// Data keys in D1: one row a version of an org's key, the key itself sealed by a master key.
import type { OrgId } from "@acos/protocol";
import type { DataKeyName, WrappedDataKey } from "@acos/trust";
import { and, desc, eq } from "drizzle-orm";

import { dataKeys } from "./control-tables.ts";
import type { Database } from "./database.ts";

export interface StoredDataKey extends DataKeyName {
  readonly wrapped: WrappedDataKey;
  readonly createdAt: number;
}

/** An org's newest data key; undefined while it has none. */
export async function newestDataKey(db: Database, org: OrgId): Promise<StoredDataKey | undefined> {
  const rows = db.select().from(dataKeys).where(eq(dataKeys.org, org));
  const [row] = await rows.orderBy(desc(dataKeys.version)).limit(1);
  return row && storedOf(row);
}

/** One version of an org's data key; undefined when it is not there any more. */
export async function readDataKey(
  db: Database,
  { org, version }: DataKeyName,
): Promise<StoredDataKey | undefined> {
  const ofName = and(eq(dataKeys.org, org), eq(dataKeys.version, version));
  const [row] = await db.select().from(dataKeys).where(ofName);
  return row && storedOf(row);
}

/** Adds a version, unless somebody else has added it first. */
export async function insertDataKey(db: Database, stored: StoredDataKey): Promise<void> {
  const { org, version, wrapped, createdAt } = stored;
  await db
    .insert(dataKeys)
    .values({ org, version, kek: wrapped.kek, wrapped: JSON.stringify(wrapped), createdAt })
    .onConflictDoNothing();
}

/** The statement that puts a rewrapped key in the place of what it was made of; for a batch. */
export function updateDataKey(
  db: Database,
  { org, version, wrapped }: Omit<StoredDataKey, "createdAt">,
) {
  return db
    .update(dataKeys)
    .set({ kek: wrapped.kek, wrapped: JSON.stringify(wrapped) })
    .where(and(eq(dataKeys.org, org), eq(dataKeys.version, version)));
}

/** A row as a value. Rows are written by the functions above alone, so their form is not checked again. */
export function storedOf(row: typeof dataKeys.$inferSelect): StoredDataKey {
  const { org, version, wrapped, createdAt } = row;
  return { org, version, createdAt, wrapped: JSON.parse(wrapped) as WrappedDataKey };
}
