// The outbox of departures in D1: which group is still to be told that its org has let somebody go.
import type { GroupId, OrgId, UserId } from "@acos/protocol";
import { and, eq, exists } from "drizzle-orm";

import { departures, groupMembers, groups } from "./control-tables.ts";
import type { Database } from "./database.ts";
import { orgMembers } from "./sign-in-tables.ts";

export interface Departure {
  readonly group: GroupId;
  readonly org: OrgId;
  readonly user: UserId;
}

export function listDepartures(
  db: Database,
  of: { readonly user?: UserId; readonly org?: OrgId; readonly limit: number },
): Promise<Departure[]> {
  return db
    .select({ group: departures.group, org: groups.org, user: departures.user })
    .from(departures)
    .innerJoin(groups, eq(groups.id, departures.group))
    .where(and(of.user && eq(departures.user, of.user), of.org && eq(groups.org, of.org)))
    .limit(of.limit);
}

/** Whoever is in the org again before a group was told stays in the group. */
export async function dropReturned(db: Database): Promise<void> {
  const returned = db
    .select({ id: orgMembers.id })
    .from(orgMembers)
    .innerJoin(groups, eq(groups.org, orgMembers.organizationId))
    .where(and(eq(groups.id, departures.group), eq(orgMembers.userId, departures.user)));
  await db.delete(departures).where(exists(returned));
}

/** The group has let the person go: nothing is owed, and it is no longer on their list. */
export async function settleDeparture(db: Database, { group, user }: Departure): Promise<void> {
  await db.batch([
    db.delete(departures).where(and(eq(departures.group, group), eq(departures.user, user))),
    db.delete(groupMembers).where(and(eq(groupMembers.group, group), eq(groupMembers.user, user))),
  ]);
}
