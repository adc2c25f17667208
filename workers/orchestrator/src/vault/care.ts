// Care for keys: brings everything that is sealed under the keys of today, piece by piece, beside the work of the installation.
//
//   records of the first layout ─▶ data keys under the first master key ─▶ new data keys where the old are too old
//                              ─▶ secrets under their org's newest data key ─▶ data keys that nothing needs are gone
import type { CareReport } from "@acos/protocol";
import { rewrapDataKey, type SealedSecret } from "@acos/trust";
import { and, eq, isNotNull, lt, ne, sql } from "drizzle-orm";

import type { ControlPlane } from "../control-plane.ts";
import { dataKeys, secrets } from "../store/control-tables.ts";
import { storedOf, updateDataKey } from "../store/data-key-rows.ts";
import { countFirstKeys, moveFirstKeys } from "./first-keys.ts";
import { orSkip } from "./or-skip.ts";
import { INSTALLATION } from "./vault.ts";

/** Rows of each sort in one go: one request's share of the platform's thousand calls. */
const ROWS_MAX = 100;
/** How long a replaced data key is kept: an isolate that does not know of its successor yet may still seal under it. */
const REPLACED_KEPT_MS = 10 * 60_000;

/** Does one share of the care. It may run any number of times, also at the same moment. Rejects when the database does. */
export async function careForKeys(plane: ControlPlane): Promise<CareReport> {
  const { keys } = plane;
  const moved = await moveFirstKeys(plane, ROWS_MAX);
  const rewrapped = await rewrapDataKeys(plane);
  const renewed = await renewDataKeys(plane);
  const resealed = await resealSecrets(plane);
  await dropReplaced(plane);
  const left = await countLeft(plane);
  const names = { signing: keys.signing.keyId, kek: keys.master[0].id };
  return { ...names, moved, rewrapped, renewed, resealed, left };
}

async function rewrapDataKeys({ db, keys, clock }: ControlPlane): Promise<number> {
  const [current] = keys.master;
  const rows = await db.select().from(dataKeys).where(ne(dataKeys.kek, current.id)).limit(ROWS_MAX);
  let done = 0;
  for (const stored of rows.map(storedOf)) {
    const { org, version } = stored;
    await orSkip(async () => {
      const wrapped = await rewrapDataKey(keys.master, stored, (length) => clock.random(length));
      await updateDataKey(db, { org, version, wrapped });
      done += 1;
    });
  }
  return done;
}

/** Newest versions by org, as a part of other statements. */
const NEWEST = sql`(SELECT max(newest.version) FROM data_key newest WHERE newest.org_id = ${dataKeys.org})`;

async function renewDataKeys({ db, keys, vault }: ControlPlane): Promise<number> {
  const old = await db
    .select({ org: dataKeys.org, version: dataKeys.version })
    .from(dataKeys)
    .where(and(lt(dataKeys.createdAt, keys.dataKeysSince), eq(dataKeys.version, NEWEST)))
    .limit(ROWS_MAX);
  for (const key of old) await vault.makeNext(key);
  return old.length;
}

/** Secrets that lie under an earlier data key than their org's newest. */
const UNDER_EARLIER = and(
  isNotNull(secrets.sealed),
  sql`${secrets.dataKey} < (SELECT max(newest.version) FROM data_key newest WHERE newest.org_id = ${secrets.org})`,
);

async function resealSecrets({ db, vault }: ControlPlane): Promise<number> {
  const rows = await db.select().from(secrets).where(UNDER_EARLIER).limit(ROWS_MAX);
  let done = 0;
  for (const { org, name, version, sealed: text } of rows)
    await orSkip(async () => {
      const sealed = JSON.parse(text ?? "null") as SealedSecret;
      const plaintext = await vault.open(org, { name, version, sealed });
      const next = await vault.seal(org, { name, version, plaintext });
      await db
        .update(secrets)
        .set({ sealed: JSON.stringify(next), dataKey: next.dataKey })
        .where(
          and(
            eq(secrets.org, org),
            eq(secrets.name, name),
            eq(secrets.version, version),
            // Only what was read is replaced: a secret that was deleted meanwhile stays deleted.
            eq(secrets.sealed, text ?? ""),
          ),
        );
      done += 1;
    });
  return done;
}

/** The installation's own data keys stay: what is sealed under them is not listed here. */
async function dropReplaced({ db, clock }: ControlPlane): Promise<void> {
  const replacedBefore = clock.now() - REPLACED_KEPT_MS;
  await db
    .delete(dataKeys)
    .where(
      and(
        ne(dataKeys.org, INSTALLATION),
        sql`EXISTS (SELECT 1 FROM data_key newer WHERE newer.org_id = ${dataKeys.org} AND newer.version > ${dataKeys.version} AND newer.created_at < ${replacedBefore})`,
        sql`NOT EXISTS (SELECT 1 FROM secret WHERE secret.org_id = ${dataKeys.org} AND secret.data_key = ${dataKeys.version} AND secret.sealed IS NOT NULL)`,
      ),
    );
}

async function countLeft({ db, keys }: ControlPlane): Promise<number> {
  const count = sql<number>`count(*)`;
  const [[wrapped], [sealed]] = await db.batch([
    db.select({ count }).from(dataKeys).where(ne(dataKeys.kek, keys.master[0].id)),
    db.select({ count }).from(secrets).where(UNDER_EARLIER),
  ]);
  return (wrapped?.count ?? 0) + (sealed?.count ?? 0) + (await countFirstKeys(db));
}
