// Writes of AgentVersions: bytes made once, hashed, put into KV, then committed together with what groups are owed.
import {
  agentVersionKey,
  problem,
  ProblemError,
  type AgentConfig,
  type AgentId,
  type OrgId,
  type UserId,
} from "@acos/protocol";
import { sha256Hex } from "@acos/trust";
import { and, eq, isNull, sql } from "drizzle-orm";

import { fillCache } from "../agent-cache.ts";
import type { ControlPlane } from "../control-plane.ts";
import { oweGroups } from "./adoption-rows.ts";
import { agents, agentVersions, groupAgents } from "./control-tables.ts";
import { isTaken, type Database } from "./database.ts";

export interface AgentVersionDraft {
  readonly agent: AgentId;
  readonly org: OrgId;
  readonly version: number;
  readonly config: AgentConfig;
  readonly by: UserId;
  readonly at: number;
}

export interface PreparedVersion extends AgentVersionDraft {
  readonly body: string;
  readonly sha256: string;
  readonly provider: string;
}

/** Makes a version's bytes and hash: these exact bytes go to KV, D1 and the Agents Worker. */
export async function prepareVersion(draft: AgentVersionDraft): Promise<PreparedVersion> {
  const { agent, org, version, config } = draft;
  const body = JSON.stringify({ agent, org, version, ...config });
  return { ...draft, body, sha256: await sha256Hex(body), provider: providerOf(config.model) };
}

/** The provider's part of `provider/model`. */
export function providerOf(model: string): string {
  return model.slice(0, model.indexOf("/"));
}

/** The statements that make an agent with its first version, for a batch. */
export function insertAgent(db: Database, prepared: PreparedVersion) {
  const { agent: id, org, version, provider, at } = prepared;
  return [
    db
      .insert(agents)
      .values({ id, org, version, revision: 1, provider, createdAt: at, updatedAt: at }),
    insertVersion(db, prepared),
  ] as const;
}

function insertVersion(db: Database, prepared: PreparedVersion) {
  const { agent, version, provider, body, sha256, at: createdAt, by: createdBy } = prepared;
  return db
    .insert(agentVersions)
    .values({ agent, version, provider, body, sha256, createdAt, createdBy });
}

/**
 * Commits the version after `prepared.version - 1`: KV first, then one transaction. Answers false when somebody else
 * committed that version number in between: read again and try again. Groups are told afterwards (adoptions.ts).
 */
export async function commitVersion(
  plane: ControlPlane,
  prepared: PreparedVersion,
): Promise<boolean> {
  const { db } = plane;
  const { agent, version, provider, at } = prepared;
  await fillCache(plane, agentVersionKey(prepared), prepared.body);
  try {
    await db.batch([
      insertVersion(db, prepared),
      db
        .update(agents)
        .set({ version, provider, updatedAt: at, revision: sql`${agents.revision} + 1` })
        .where(eq(agents.id, agent)),
      oweGroups(db, and(eq(agents.id, agent), isNull(groupAgents.version))),
    ]);
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

/** Times a version is tried anew when others change the same agent at the same moment. */
const COMMIT_ATTEMPTS = 8;

/** Runs `attempt` until it commits. Throws ProblemError `conflict` when others were faster each time. */
export async function untilCommitted<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let count = 0; count < COMMIT_ATTEMPTS; count += 1) {
    const done = await attempt();
    if (done !== undefined) return done;
  }
  const words =
    "Others are changing the same thing right now. Read it again and send your change again.";
  throw new ProblemError(problem("conflict", words));
}

/** Deletes an agent and owes its groups the news; its versions stay for runs that pin them. */
export async function deleteAgentRows(db: Database, agent: AgentId, at: number): Promise<void> {
  await db.batch([
    db
      .update(agents)
      .set({ deletedAt: at, updatedAt: at, revision: sql`${agents.revision} + 1` })
      .where(eq(agents.id, agent)),
    oweGroups(db, eq(agents.id, agent)),
  ]);
}

/** A page of an agent's versions, newest first, below `before`. */
export function listVersions(
  db: Database,
  agent: AgentId,
  page: { readonly before: number; readonly limit: number },
) {
  return db
    .select()
    .from(agentVersions)
    .where(and(eq(agentVersions.agent, agent), sql`${agentVersions.version} < ${page.before}`))
    .orderBy(sql`${agentVersions.version} DESC`)
    .limit(page.limit);
}
