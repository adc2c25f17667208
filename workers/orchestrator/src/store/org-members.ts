// Who manages an org, as the sign-in surface's tables have it.
import type { OrgId, UserId } from "@acos/protocol";
import { eq } from "drizzle-orm";

import { highestRole } from "../sign-in/caller.ts";
import type { Database } from "./database.ts";
import { orgMembers } from "./sign-in-tables.ts";

/** The owners of an org, then its admins, each in the order in which they joined. */
export async function listOrgManagers(db: Database, org: OrgId): Promise<readonly UserId[]> {
  const rows = await db
    .select({ user: orgMembers.userId, role: orgMembers.role })
    .from(orgMembers)
    .where(eq(orgMembers.organizationId, org))
    .orderBy(orgMembers.createdAt);
  const withRole = (wanted: string) =>
    rows.filter(({ role }) => highestRole(role) === wanted).map(({ user }) => user as UserId);
  return [...withRole("owner"), ...withRole("admin")];
}
