// The index of groups in D1: which there are, who lists them, which agents' news they want. The group itself is its log.
import {
  parse,
  parseJson,
  policySchema,
  type AgentId,
  type GroupId,
  type GroupSummary,
  type OrgId,
  type Policy,
  type UserId,
} from "@acos/protocol";
import { and, eq, sql } from "drizzle-orm";

import { oweGroups } from "./adoption-rows.ts";
import { adoptions, departures, groupAgents, groupMembers, groups } from "./control-tables.ts";
import type { Database } from "./database.ts";

export interface GroupDraft {
  readonly id: GroupId;
  readonly org: OrgId;
  readonly name: string;
  readonly policy: Policy;
  readonly by: UserId;
  readonly at: number;
  /** `version` null = latest. */
  readonly agents: readonly { readonly agent: AgentId; readonly version: number | null }[];
}

/** The statements that note a group down before it is made, subscriptions included, for a batch. */
export function insertGroup(db: Database, draft: GroupDraft) {
  const { id, org, name, by, at } = draft;
  const policy = JSON.stringify(draft.policy);
  const row = { id, org, name, policy, state: "making", createdBy: by, createdAt: at } as const;
  return [
    db.insert(groups).values(row),
    db.insert(groupMembers).values({ group: id, user: by }),
    ...draft.agents.map(({ agent, version }) =>
      db.insert(groupAgents).values({ group: id, agent, version }).onConflictDoNothing(),
    ),
  ] as const;
}

/** What was noted down about a group that is to be made. */
export async function readDraft(db: Database, group: GroupId): Promise<GroupDraft | undefined> {
  const [found, subscribed] = await db.batch([
    db.select().from(groups).where(eq(groups.id, group)),
    // In the order in which they were asked for.
    db
      .select()
      .from(groupAgents)
      .where(eq(groupAgents.group, group))
      .orderBy(sql`rowid`),
  ]);
  const row = found[0];
  if (!row) return undefined;
  const policy = parse(policySchema, parseJson(row.policy, "A group's policy"), "A group's policy");
  const { id, org, name, createdBy: by, createdAt: at } = row;
  return { id, org, name, policy, by, at, agents: subscribed };
}

export async function setGroupState(
  db: Database,
  group: GroupId,
  state: "ready" | "failed",
): Promise<void> {
  await db.update(groups).set({ state }).where(eq(groups.id, group));
}

/** Lists a group that is a copy, with the subscriptions its agents have there, and owes it what they are by now. */
export async function listCopiedGroup(
  db: Database,
  group: GroupId,
  agents: GroupDraft["agents"],
): Promise<void> {
  await db.batch([
    db.update(groups).set({ state: "ready" }).where(eq(groups.id, group)),
    ...agents.map((agent) => subscription(db, group, agent)),
    oweGroups(db, eq(groupAgents.group, group)),
  ]);
}

/** A page of the groups of an org that a user is a member of, newest first, older than `cursor`. */
export async function listGroupSummaries(
  db: Database,
  of: { readonly org: OrgId; readonly user: UserId },
  page: { readonly cursor: string | undefined; readonly limit: number },
): Promise<GroupSummary[]> {
  const older = page.cursor === undefined ? undefined : sql`${groups.id} < ${page.cursor}`;
  const rows = await db
    .select(SUMMARY)
    .from(groupMembers)
    .innerJoin(groups, eq(groups.id, groupMembers.group))
    .where(
      and(eq(groupMembers.user, of.user), eq(groups.org, of.org), eq(groups.state, "ready"), older),
    )
    .orderBy(sql`${groups.id} DESC`)
    .limit(page.limit);
  return rows.map(summaryOf);
}

/** One group as lists show it, to nobody in particular; undefined when it is not listed. */
export async function readGroupSummary(
  db: Database,
  group: GroupId,
): Promise<GroupSummary | undefined> {
  const [row] = await db
    .select(SUMMARY)
    .from(groups)
    .where(and(eq(groups.id, group), eq(groups.state, "ready")));
  return row && summaryOf(row);
}

const SUMMARY = {
  id: groups.id,
  org: groups.org,
  name: groups.name,
  createdAt: groups.createdAt,
  archivedAt: groups.archivedAt,
};

function summaryOf(row: {
  readonly id: GroupId;
  readonly org: OrgId;
  readonly name: string;
  readonly createdAt: number;
  readonly archivedAt: number | null;
}): GroupSummary {
  const { createdAt, archivedAt, ...said } = row;
  return { ...said, createdAt: new Date(createdAt).toISOString(), archived: archivedAt !== null };
}

/** Notes since when a group lies in cold storage; null = it does not. A time that is noted stays. */
export async function markArchived(db: Database, group: GroupId, at: number | null): Promise<void> {
  const archivedAt = at === null ? null : sql`coalesce(${groups.archivedAt}, ${at})`;
  await db.update(groups).set({ archivedAt }).where(eq(groups.id, group));
}

export async function renameGroup(db: Database, group: GroupId, name: string): Promise<void> {
  await db.update(groups).set({ name }).where(eq(groups.id, group));
}

/** Takes a group off every list and out of the outbox. */
export async function forgetGroup(db: Database, group: GroupId): Promise<void> {
  await db.batch([
    db.update(groups).set({ state: "deleted" }).where(eq(groups.id, group)),
    db.delete(groupMembers).where(eq(groupMembers.group, group)),
    db.delete(groupAgents).where(eq(groupAgents.group, group)),
    db.delete(adoptions).where(eq(adoptions.group, group)),
    db.delete(departures).where(eq(departures.group, group)),
  ]);
}

export async function noteMember(db: Database, group: GroupId, user: UserId): Promise<void> {
  await db.insert(groupMembers).values({ group, user }).onConflictDoNothing();
}

/** Every group that a user is listed in, of any org. */
export function listGroupsOf(db: Database, user: UserId): Promise<{ group: GroupId }[]> {
  return db
    .select({ group: groupMembers.group })
    .from(groupMembers)
    .where(eq(groupMembers.user, user));
}

export async function forgetMember(db: Database, group: GroupId, user: UserId): Promise<void> {
  await db
    .delete(groupMembers)
    .where(and(eq(groupMembers.group, group), eq(groupMembers.user, user)));
}

/** From now on the group hears of the agent's changes; `version` null = of every new version. */
export async function subscribe(
  db: Database,
  group: GroupId,
  agent: GroupDraft["agents"][number],
): Promise<void> {
  await subscription(db, group, agent);
}

function subscription(
  db: Database,
  group: GroupId,
  { agent, version }: GroupDraft["agents"][number],
) {
  return db
    .insert(groupAgents)
    .values({ group, agent, version })
    .onConflictDoUpdate({ target: [groupAgents.group, groupAgents.agent], set: { version } });
}

export async function unsubscribe(db: Database, group: GroupId, agent: AgentId): Promise<void> {
  await db.batch([
    db.delete(groupAgents).where(and(eq(groupAgents.group, group), eq(groupAgents.agent, agent))),
    db.delete(adoptions).where(and(eq(adoptions.group, group), eq(adoptions.agent, agent))),
  ]);
}
