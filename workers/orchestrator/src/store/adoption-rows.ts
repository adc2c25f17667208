// The outbox in D1: which group is still to be told of which agent's change.
import type { AgentId, GroupId } from "@acos/protocol";
import { and, eq, inArray, lte, sql, type SQL } from "drizzle-orm";

import { adoptions, agents, agentVersions, groupAgents, groups } from "./control-tables.ts";
import type { Database } from "./database.ts";

/**
 * The statement that owes news to every group with an agent that fits `which`, a condition on the group's subscription, the
 * agent and the version that group uses. Runs in the transaction of the change itself, so that no news is lost.
 */
export function oweGroups(db: Database, which: SQL | undefined) {
  const used = sql`coalesce(${groupAgents.version}, ${agents.version})`;
  const owed = db
    .select({
      group: groupAgents.group,
      agent: groupAgents.agent,
      revision: agents.revision,
    })
    .from(groupAgents)
    .innerJoin(agents, eq(agents.id, groupAgents.agent))
    .innerJoin(
      agentVersions,
      and(eq(agentVersions.agent, agents.id), eq(agentVersions.version, used)),
    )
    .where(which);
  return db
    .insert(adoptions)
    .select(owed)
    .onConflictDoUpdate({
      target: [adoptions.group, adoptions.agent],
      set: { revision: sql`excluded.revision` },
    });
}

export type OwedAdoption = Awaited<ReturnType<typeof listOwed>>[number];

/** What is owed, of these agents only when some are named. Groups that took an agent out are owed nothing. */
export function listOwed(db: Database, which: { agents?: readonly AgentId[]; limit: number }) {
  return db
    .select({
      group: adoptions.group,
      agent: adoptions.agent,
      revision: adoptions.revision,
      version: groupAgents.version,
      org: groups.org,
    })
    .from(adoptions)
    .innerJoin(
      groupAgents,
      and(eq(groupAgents.group, adoptions.group), eq(groupAgents.agent, adoptions.agent)),
    )
    .innerJoin(groups, eq(groups.id, adoptions.group))
    .where(which.agents && inArray(adoptions.agent, [...which.agents]))
    .limit(which.limit);
}

/** Forgets what a group was owed up to a revision. */
export async function settle(
  db: Database,
  owed: { readonly group: GroupId; readonly agent: AgentId; readonly revision: number },
): Promise<void> {
  await db
    .delete(adoptions)
    .where(
      and(
        eq(adoptions.group, owed.group),
        eq(adoptions.agent, owed.agent),
        lte(adoptions.revision, owed.revision),
      ),
    );
}
