// Tells groups whom their org has let go. D1 itself notes what is owed, with the membership that ends (0002_departures.sql).
import type { OrgId, UserId } from "@acos/protocol";

import type { ControlPlane } from "./control-plane.ts";
import { tellEach } from "./group-calls.ts";
import { logError } from "./log.ts";
import { dropReturned, listDepartures, settleDeparture } from "./store/departure-rows.ts";
import { listOrgManagers } from "./store/org-members.ts";

/** One call's share of the outbox: the platform allows 1,000 calls a request. */
const OWED_MAX = 200;

type Of = { readonly user: UserId; readonly org: OrgId };

/**
 * Takes a person whom an org has let go out of its groups. Never throws and is not held up by a group that does not answer:
 * what is owed is told later.
 */
export async function letGo(plane: ControlPlane, of: Of): Promise<void> {
  try {
    if ((await deliverDepartures(plane, of)) > 0) plane.outbox.noteOwing();
  } catch (error) {
    plane.outbox.noteOwing();
    logError("groups could not be told whom their organization let go", error, { ...of });
  }
}

/** Tells every group that is owed it, of one departure or of any, and answers how many could not be told. */
export async function deliverDepartures(plane: ControlPlane, of?: Of): Promise<number> {
  await dropReturned(plane.db);
  const owed = await listDepartures(plane.db, { ...of, limit: OWED_MAX });
  // More than one share may be owed: the next occasion goes on.
  if (owed.length === OWED_MAX) plane.outbox.noteOwing();
  const heirs = new Map<OrgId, Promise<readonly UserId[]>>();
  const heirsOf = (org: OrgId) => {
    const reading = heirs.get(org) ?? listOrgManagers(plane.db, org);
    heirs.set(org, reading);
    return reading;
  };
  const told = await tellEach(plane.groups, owed, async (stub, { user, org }) =>
    stub.letGo(user, await heirsOf(org)),
  );
  for (const departure of told) await settleDeparture(plane.db, departure);
  return owed.length - told.length;
}
