// Providers of an org: immutable versions like an agent's; the API key lies sealed beside them and is opened at the egress only.
import {
  parse,
  parseJson,
  providerKeyName,
  providerVersionKey,
  providerVersionSchema,
  type AgentId,
  type OrgId,
  type ProviderVersion,
  type UserId,
} from "@acos/protocol";
import { openFirstSecret, sha256Hex, type FirstSealedSecret } from "@acos/trust";
import { and, eq, isNull, sql } from "drizzle-orm";

import { emptyCache, fillCache } from "../agent-cache.ts";
import type { ControlPlane } from "../control-plane.ts";
import { oweGroups } from "./adoption-rows.ts";
import { agents, agentVersions, providers, providerVersions } from "./control-tables.ts";
import { isTaken, type Database } from "./database.ts";
import { insertSecret, retireSecret, type SecretRow } from "./secret-rows.ts";

export interface ProviderName {
  readonly org: OrgId;
  readonly name: string;
}

/** An org's providers that are not deleted, by name. */
export async function listProviders(db: Database, org: OrgId): Promise<ProviderVersion[]> {
  const rows = await selectLatest(db)
    .where(and(eq(providers.org, org), isNull(providers.deletedAt)))
    .orderBy(providers.name);
  return rows.map(({ body }) => providerOf(body));
}

/** One provider at its latest version; undefined when it is unknown or deleted. */
export async function readProvider(
  db: Database,
  { org, name }: ProviderName,
): Promise<ProviderVersion | undefined> {
  const [row] = await selectLatest(db).where(
    and(eq(providers.org, org), eq(providers.name, name), isNull(providers.deletedAt)),
  );
  return row && providerOf(row.body);
}

/** Joins a provider with its latest version. */
export const IS_LATEST = and(
  eq(providerVersions.org, providers.org),
  eq(providerVersions.name, providers.name),
  eq(providerVersions.version, providers.version),
);

function selectLatest(db: Database) {
  return db
    .select({ body: providerVersions.body })
    .from(providers)
    .innerJoin(providerVersions, IS_LATEST);
}

function providerOf(body: string): ProviderVersion {
  return parse(
    providerVersionSchema,
    parseJson(body, "A provider's version"),
    "A provider's version",
  );
}

/** The number of the last version that name ever had, deleted or not; 0 for none. */
export async function lastProviderVersion(
  db: Database,
  { org, name }: ProviderName,
): Promise<number> {
  const [row] = await db
    .select({ version: providers.version })
    .from(providers)
    .where(and(eq(providers.org, org), eq(providers.name, name)));
  return row?.version ?? 0;
}

/** An API key on its way into the database, sealed for the provider's version that brings it. */
export async function sealProviderKey(
  { vault, clock }: Pick<ControlPlane, "vault" | "clock">,
  { org, name, version, by }: ProviderName & { readonly version: number; readonly by: UserId },
  plaintext: string,
): Promise<SecretRow> {
  const key = { name: providerKeyName(name), version };
  const sealed = await vault.seal(org, { ...key, plaintext });
  return { org, ...key, hosts: null, groups: "all", sealed, createdAt: clock.now(), createdBy: by };
}

/** The key that a record of an earlier product holds itself. Throws TrustError when it cannot be opened. */
export async function openFirstProviderKey(
  { keys }: Pick<ControlPlane, "keys">,
  { org, name, version, sealedKey }: ProviderVersion & { readonly sealedKey: string },
): Promise<string> {
  const sealed = parseJson(sealedKey, "A sealed key") as FirstSealedSecret;
  return openFirstSecret(keys.master, { org, name, version, sealed });
}

export interface ProviderDraft {
  readonly provider: ProviderVersion;
  /** The API key, where this version brings one. */
  readonly key?: SecretRow | undefined;
  readonly by: UserId;
}

/**
 * Commits a provider's next version: KV, then one transaction that also raises the revision of every agent that uses it.
 * Answers those agents; undefined when somebody else committed that version number first.
 */
export async function commitProvider(
  plane: ControlPlane,
  { provider, key, by }: ProviderDraft,
): Promise<AgentId[] | undefined> {
  const { db, clock } = plane;
  const { org, name, version } = provider;
  const body = JSON.stringify(provider);
  const sha256 = await sha256Hex(body);
  const at = clock.now();
  await fillCache(plane, providerVersionKey(org, { name, version, sha256 }), body);
  try {
    const [, , raised] = await db.batch([
      db
        .insert(providerVersions)
        .values({ org, name, version, body, sha256, createdAt: at, createdBy: by }),
      db
        .insert(providers)
        .values({ org, name, version, updatedAt: at })
        .onConflictDoUpdate({
          target: [providers.org, providers.name],
          set: { version, updatedAt: at, deletedAt: null },
        }),
      raiseUsers(db, provider),
      oweUsers(db, provider),
      ...(key ? [insertSecret(db, key)] : []),
    ]);
    return raised.map(({ id }) => id);
  } catch (error) {
    if (isTaken(error)) return undefined;
    throw error;
  }
}

/** Deletes a provider with every version of its key, here and in KV. Answers the agents that used it. */
export async function deleteProvider(plane: ControlPlane, name: ProviderName): Promise<AgentId[]> {
  const { db, clock } = plane;
  const at = clock.now();
  const ofName = and(eq(providerVersions.org, name.org), eq(providerVersions.name, name.name));
  const [removed, , raised] = await db.batch([
    db.delete(providerVersions).where(ofName).returning(),
    db
      .update(providers)
      .set({ deletedAt: at, updatedAt: at })
      .where(and(eq(providers.org, name.org), eq(providers.name, name.name))),
    raiseUsers(db, name),
    oweUsers(db, name),
    // With the rest or not at all: a key that is put a moment later is not this one's to take away.
    retireSecret(db, { org: name.org, name: providerKeyName(name.name) }, at),
  ]);
  await emptyCache(
    plane,
    removed.map((version) => providerVersionKey(version.org, version)),
  );
  return raised.map(({ id }) => id);
}

function raiseUsers(db: Database, { org, name }: ProviderName) {
  const pinned = sql`SELECT ga.agent_id FROM group_agent ga
    JOIN agent_version av ON av.agent_id = ga.agent_id AND av.version = ga.version
    WHERE av.provider = ${name}`;
  return db
    .update(agents)
    .set({ revision: sql`${agents.revision} + 1` })
    .where(
      and(eq(agents.org, org), sql`(${agents.provider} = ${name} OR ${agents.id} IN (${pinned}))`),
    )
    .returning({ id: agents.id });
}

function oweUsers(db: Database, { org, name }: ProviderName) {
  return oweGroups(
    db,
    and(eq(agents.org, org), eq(agentVersions.provider, name), isNull(agents.deletedAt)),
  );
}
