// Who asks, as proven by a session or an API key; what every handler is given instead of a cookie or a key.
import { ORG_ROLES, type OrgId, type OrgRole, type UserId } from "@acos/protocol";
import type { AccessTokenClaims } from "@acos/trust";
import { eq } from "drizzle-orm";

import type { Database } from "../store/database.ts";
import { orgMembers, users } from "../store/sign-in-tables.ts";

export type Caller = AccessTokenClaims;

/**
 * An access token holds this many orgs (TOKEN_MAX_BYTES), so nobody joins more (joining.ts). Of somebody who is in more all the
 * same the oldest count: their own org is among them.
 */
export const ORGS_MAX = 40;
/** Names of people longer than this are cut where they are shown. */
export const PERSON_NAME_MAX_CHARS = 80;

export type Person = Pick<Caller, "user" | "name" | "email" | "orgs">;

/** Reads a user and their orgs; undefined when the user is gone. Does not check how the caller proved to be them. */
export async function readPerson(db: Database, user: UserId): Promise<Person | undefined> {
  const [found, memberships] = await db.batch([
    db.select({ name: users.name, email: users.email }).from(users).where(eq(users.id, user)),
    db
      .select({ org: orgMembers.organizationId, role: orgMembers.role, at: orgMembers.createdAt })
      .from(orgMembers)
      .where(eq(orgMembers.userId, user)),
  ]);
  const person = found[0];
  if (!person) return undefined;
  const orgs = memberships
    .toSorted((one, other) => one.at.getTime() - other.at.getTime())
    .slice(0, ORGS_MAX)
    .map(({ org, role }) => ({ id: org as OrgId, role: highestRole(role) }));
  return { user, name: person.name, email: person.email, orgs };
}

/** better-auth writes several roles as a comma list; the one that may most counts. */
export function highestRole(roles: string): OrgRole {
  const held = roles.split(",").map((role) => role.trim());
  return ORG_ROLES.find((role) => held.includes(role)) ?? "member";
}
