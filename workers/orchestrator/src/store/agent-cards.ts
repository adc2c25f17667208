// AgentCards: which bytes of an agent and of its provider a group shall use, read in one statement and so never mixed.
import {
  agentVersionSchema,
  parse,
  parseJson,
  type AgentCard,
  type AgentId,
  type AgentVersion,
  type OrgId,
} from "@acos/protocol";
import { and, eq, isNull, sql } from "drizzle-orm";

import { agents, agentVersions, providers, providerVersions } from "./control-tables.ts";
import type { Database } from "./database.ts";
import { IS_LATEST } from "./provider-versions.ts";

export interface AgentState {
  readonly card: AgentCard;
  readonly config: AgentVersion;
  readonly org: OrgId;
  /** The latest version, whichever one the card is about. */
  readonly latest: number;
  readonly deleted: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}

function selectState(db: Database, version: number | null) {
  const ofAgent =
    version === null
      ? eq(agentVersions.version, agents.version)
      : eq(agentVersions.version, version);
  return db
    .select({
      id: agents.id,
      org: agents.org,
      latest: agents.version,
      revision: agents.revision,
      createdAt: agents.createdAt,
      updatedAt: agents.updatedAt,
      deletedAt: agents.deletedAt,
      version: agentVersions.version,
      sha256: agentVersions.sha256,
      body: agentVersions.body,
      provider: providers.name,
      providerVersion: providers.version,
      providerSha256: providerVersions.sha256,
    })
    .from(agents)
    .innerJoin(agentVersions, and(eq(agentVersions.agent, agents.id), ofAgent))
    .leftJoin(
      providers,
      and(
        eq(providers.org, agents.org),
        eq(providers.name, agentVersions.provider),
        isNull(providers.deletedAt),
      ),
    )
    .leftJoin(providerVersions, IS_LATEST);
}

type StateRow = Awaited<ReturnType<typeof selectState>>[number];

/** An agent at one version, or at its latest (`null`); undefined when there is none. Deleted agents are found as well. */
export async function readAgentState(
  db: Database,
  agent: AgentId,
  version: number | null = null,
): Promise<AgentState | undefined> {
  const [row] = await selectState(db, version).where(eq(agents.id, agent));
  return row && stateOf(row);
}

/** A page of an org's agents at their latest versions, oldest first, beginning after `cursor`. */
export async function listAgentStates(
  db: Database,
  org: OrgId,
  page: { readonly cursor: string; readonly limit: number },
): Promise<AgentState[]> {
  const rows = await selectState(db, null)
    .where(and(eq(agents.org, org), isNull(agents.deletedAt), sql`${agents.id} > ${page.cursor}`))
    .orderBy(agents.id)
    .limit(page.limit);
  return rows.map(stateOf);
}

function stateOf(row: StateRow): AgentState {
  const config = parse(
    agentVersionSchema,
    parseJson(row.body, "An agent's version"),
    "An agent's version",
  );
  const { id: agent, org, version, sha256, revision } = row;
  const provider =
    row.provider !== null && row.providerVersion !== null && row.providerSha256 !== null
      ? { name: row.provider, version: row.providerVersion, sha256: row.providerSha256 }
      : null;
  const pin = { agent, org, version, sha256, model: config.model, provider, revision };
  return {
    card: { pin, name: config.name, handle: config.handle, about: config.about ?? "" },
    config,
    org,
    latest: row.latest,
    deleted: row.deletedAt !== null,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}
