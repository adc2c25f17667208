// Before somebody is invited to an org or accepts: what the sign-in library does not look at.
import { and, eq, lte } from "drizzle-orm";

import type { Database } from "../store/database.ts";
import { invitations, orgMembers } from "../store/sign-in-tables.ts";
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

/** Throws the library's refusal for somebody who is in the org already. */
export async function requireNotYetIn(
  db: Database,
  { invitation, user }: { invitation: { organizationId: string }; user: { id: string } },
): Promise<void> {
  const held = await db
    .select({ org: orgMembers.organizationId })
    .from(orgMembers)
    .where(eq(orgMembers.userId, user.id));
  if (held.some(({ org }) => org === invitation.organizationId)) throw alreadyMember();
}
