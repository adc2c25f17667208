// GET /me: who the caller is and their orgs; heals a welcome that was cut short.
import type { OrgId } from "@acos/protocol";
import { eq } from "drizzle-orm";

import type { Handler } from "../rest/call.ts";
import { highestRole } from "../sign-in/caller.ts";
import { orgMembers, orgs } from "../store/sign-in-tables.ts";
import { welcomeUser } from "../welcome.ts";

export const getMe: Handler<"getMe"> = async ({ plane, caller }) => {
  const { user: id, name, email } = caller;
  await welcomeUser(plane, { id, name });
  const rows = await plane.db
    .select({ id: orgs.id, name: orgs.name, role: orgMembers.role })
    .from(orgMembers)
    .innerJoin(orgs, eq(orgs.id, orgMembers.organizationId))
    .where(eq(orgMembers.userId, id))
    .orderBy(orgs.createdAt);
  const own = rows.map((row) => ({ ...row, id: row.id as OrgId, role: highestRole(row.role) }));
  return { user: { id, name, email }, orgs: own };
};
