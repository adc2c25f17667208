// Before somebody is invited to an org, accepts, or makes one: what the sign-in library does not look at.
import { APIError } from "better-auth/api";
import { and, eq, lte } from "drizzle-orm";

import type { Database } from "../store/database.ts";
import { invitations, orgMembers } from "../store/sign-in-tables.ts";
import { ORGS_MAX } from "./caller.ts";
import { alreadyMember } from "./store-refusals.ts";

/** An address has one open invitation to an org: one that has run out makes room for the next. */
export async function retireInvitations(
  db: Database,
  { organizationId, email }: { readonly organizationId: string; readonly email: string },
  nowMs: number,
): Promise<void> {
  const sameAddress = and(
    eq(invitations.organizationId, organizationId),
    eq(invitations.email, email),
  );
  const ranOut = and(
    eq(invitations.status, "pending"),
    lte(invitations.expiresAt, new Date(nowMs)),
  );
  await db.update(invitations).set({ status: "canceled" }).where(and(sameAddress, ranOut));
}

/** Throws a refusal for somebody who is in the org already, or in as many as a person can be. */
export async function requireMayJoin(
  db: Database,
  { invitation, user }: { invitation: { organizationId: string }; user: { id: string } },
): Promise<void> {
  const held = await orgsOf(db, user.id);
  if (held.includes(invitation.organizationId)) throw alreadyMember();
  requireRoom(held);
}

/** Throws a refusal for somebody who is in as many orgs as a person can be. */
export async function requireMayFound(db: Database, user: { readonly id: string }): Promise<void> {
  requireRoom(await orgsOf(db, user.id));
}

async function orgsOf(db: Database, user: string): Promise<readonly string[]> {
  const rows = await db
    .select({ org: orgMembers.organizationId })
    .from(orgMembers)
    .where(eq(orgMembers.userId, user));
  return rows.map(({ org }) => org);
}

function requireRoom(held: readonly string[]): void {
  if (held.length < ORGS_MAX) return;
  throw new APIError("FORBIDDEN", {
    code: "YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_ORGANIZATIONS",
    message: `A person can be in ${ORGS_MAX} organizations at most. Leave one first.`,
  });
}
