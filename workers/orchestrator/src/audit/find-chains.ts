// Which org something belongs to, and so whose chain hears of it; asked after the answer, where that costs a database call.
import { isId } from "@acos/protocol";
import { and, eq, isNull } from "drizzle-orm";

import { agents, groups } from "../store/control-tables.ts";
import type { Database } from "../store/database.ts";
import { orgs } from "../store/sign-in-tables.ts";
import type { Chain } from "./audit.ts";

/** The chain of the org that an org's, agent's or group's id leads to; none for what is not there, or no id of these. */
export async function chainsOfThing(db: Database, id: string): Promise<readonly Chain[]> {
  if (isId("org", id)) {
    const rows = await db.select({ org: orgs.id }).from(orgs).where(eq(orgs.id, id));
    return rows.map(({ org }) => org as Chain);
  }
  if (isId("agent", id)) {
    const rows = await db.select({ org: agents.org }).from(agents).where(eq(agents.id, id));
    return rows.map(({ org }) => org);
  }
  if (!isId("group", id)) return [];
  const rows = await db.select({ org: groups.org }).from(groups).where(eq(groups.id, id));
  return rows.map(({ org }) => org);
}

/** The same, for what has not been deleted: asking for what is gone is no attempt at anything. */
export async function chainsOfLiving(db: Database, id: string): Promise<readonly Chain[]> {
  if (isId("agent", id)) {
    const lives = and(eq(agents.id, id), isNull(agents.deletedAt));
    const rows = await db.select({ org: agents.org }).from(agents).where(lives);
    return rows.map(({ org }) => org);
  }
  if (!isId("group", id)) return chainsOfThing(db, id);
  const lives = and(eq(groups.id, id), eq(groups.state, "ready"));
  const rows = await db.select({ org: groups.org }).from(groups).where(lives);
  return rows.map(({ org }) => org);
}
