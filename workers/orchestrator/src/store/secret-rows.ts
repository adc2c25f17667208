// Secrets in D1: one row a version, the value sealed. Only an org's newest living version of a name is in use.
import {
  sealedRecordSchema,
  type GroupId,
  type OrgId,
  type SealedRecord,
  type SecretView,
  type UserId,
} from "@acos/protocol";
import type { SealedSecret } from "@acos/trust";
import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";

import { dataKeys, secrets } from "./control-tables.ts";
import type { Database } from "./database.ts";

export interface SecretKey {
  readonly org: OrgId;
  readonly name: string;
}

/** One version of a secret. `hosts` null = a provider's key. */
export interface SecretRow extends SecretKey {
  readonly version: number;
  readonly hosts: readonly string[] | null;
  readonly groups: SecretView["groups"];
  readonly sealed: SealedSecret;
  readonly createdAt: number;
  readonly createdBy: UserId;
}

/** The statement that adds a version; it fails as taken when somebody else was faster. */
export function insertSecret(db: Database, row: SecretRow) {
  const { hosts, groups, sealed, ...rest } = row;
  return db.insert(secrets).values({
    ...rest,
    hosts: hosts && JSON.stringify(hosts),
    groups: groups === "all" ? null : JSON.stringify(groups),
    dataKey: sealed.dataKey,
    sealed: JSON.stringify(sealed),
  });
}

const isLiving = isNull(secrets.deletedAt);
const ofKey = ({ org, name }: SecretKey) => and(eq(secrets.org, org), eq(secrets.name, name));

/** The statement that takes the values of earlier versions away; their numbers stay taken. */
export function retireBefore(db: Database, key: SecretKey & { version: number }, at: number) {
  return db
    .update(secrets)
    .set({ sealed: null, deletedAt: at })
    .where(and(ofKey(key), isLiving, sql`${secrets.version} < ${key.version}`));
}

/** The statement that takes the value of a secret away, every version of it. */
export function retireSecret(db: Database, key: SecretKey, at: number) {
  return db
    .update(secrets)
    .set({ sealed: null, deletedAt: at })
    .where(and(ofKey(key), isLiving))
    .returning({ version: secrets.version });
}

/** Takes the value of a secret away, every version of it. Answers whether there was one. */
export async function deleteSecretRows(db: Database, key: SecretKey, at: number): Promise<boolean> {
  return (await retireSecret(db, key, at)).length > 0;
}

/** The number of the last version a name ever had, deleted or not; 0 for none. */
export async function lastSecretVersion(db: Database, key: SecretKey): Promise<number> {
  const [row] = await db
    .select({ version: sql<number | null>`max(${secrets.version})` })
    .from(secrets)
    .where(ofKey(key));
  return row?.version ?? 0;
}

/** The living version of a name. */
export async function readSecret(db: Database, key: SecretKey): Promise<SecretRow | undefined> {
  const rows = db
    .select()
    .from(secrets)
    .where(and(ofKey(key), isLiving));
  const [row] = await rows.orderBy(sql`${secrets.version} DESC`).limit(1);
  return row && rowOf(row);
}

/** An org's secrets that somebody named, by name. */
export async function listSecretRows(db: Database, org: OrgId): Promise<SecretRow[]> {
  const rows = await db
    .select()
    .from(secrets)
    .where(and(eq(secrets.org, org), isLiving, isNotNull(secrets.hosts)))
    .orderBy(secrets.name);
  return rows.map(rowOf);
}

/** Which sealed record is asked for: a provider's key of one version, or a secret for the agents of one group. */
export type RecordAsked = SecretKey & ({ readonly version: number } | { readonly group: GroupId });

/** A sealed secret with its sealed data key; undefined when there is none, or it is not for that group. */
export async function readSealedRecord(
  db: Database,
  asked: RecordAsked,
): Promise<SealedRecord | undefined> {
  const which = "version" in asked ? eq(secrets.version, asked.version) : isNotNull(secrets.hosts);
  const [row] = await db
    .select({ secret: secrets, wrapped: dataKeys.wrapped })
    .from(secrets)
    .innerJoin(dataKeys, and(eq(dataKeys.org, secrets.org), eq(dataKeys.version, secrets.dataKey)))
    .where(and(ofKey(asked), isLiving, which))
    .orderBy(sql`${secrets.version} DESC`)
    .limit(1);
  if (!row) return undefined;
  const { org, name, version, hosts, groups, sealed } = rowOf(row.secret);
  if ("group" in asked && groups !== "all" && !groups.includes(asked.group)) return undefined;
  const dataKey: unknown = JSON.parse(row.wrapped);
  return sealedRecordSchema.parse({ org, name, version, hosts, sealed, dataKey });
}

/** A living row as a value. Rows are written by the functions above alone, so their form is not checked again. */
function rowOf(row: typeof secrets.$inferSelect): SecretRow {
  const { org, name, version, createdAt, createdBy } = row;
  return {
    org,
    name,
    version,
    createdAt,
    createdBy,
    hosts: row.hosts === null ? null : (JSON.parse(row.hosts) as string[]),
    groups: row.groups === null ? "all" : (JSON.parse(row.groups) as GroupId[]),
    sealed: JSON.parse(row.sealed ?? "null") as SealedSecret,
  };
}
