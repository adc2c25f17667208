// What follows when a session, an API key or a membership of an org has ended: groups are told, and their sockets close.
import type { GroupId, OrgId, Result, UserId } from "@acos/protocol";

import type { ControlPlane } from "./control-plane.ts";
import { tryGroup, type GroupStub } from "./group-calls.ts";
import { logError, logWarning } from "./log.ts";
import { forgetMember, listGroupsOf } from "./store/group-rows.ts";
import { listOrgManagers } from "./store/org-members.ts";

/** Groups told at the same time: the platform allows six open connections, local calls are not counted as such. */
const PARALLEL = 10;

type Told = Result<unknown>;
type Of = { readonly user: UserId; readonly org?: OrgId };

/**
 * Closes the sockets that came from a session or an API key, or all of a user's where `sid` is null. Never throws: a group
 * that could not be told asks its sockets for a fresh proof within 15 minutes, and nobody has one.
 */
export async function endSockets(
  plane: ControlPlane,
  { user, sid }: { readonly user: UserId; readonly sid: string | null },
): Promise<void> {
  await tellGroups(plane, { user }, (stub) => stub.endSession(user, sid));
}

/**
 * Takes a person whom an org has let go out of its groups. Never throws: a group that could not be told keeps its member,
 * and says so in the log; its admins and the org's can take them out.
 */
export async function letGo(
  plane: ControlPlane,
  { user, org }: { readonly user: UserId; readonly org: OrgId },
): Promise<void> {
  try {
    const heirs = await listOrgManagers(plane.db, org);
    const told = await tellGroups(plane, { user, org }, (stub) => stub.letGo(user, heirs));
    for (const group of told) await forgetMember(plane.db, group, user);
  } catch (error) {
    logError("groups could not be told whom their organization let go", error, { user, org });
  }
}

/** Tells every group that a user is listed in, of one org or of any; answers those that have heard it. */
async function tellGroups(
  plane: ControlPlane,
  of: Of,
  tell: (stub: GroupStub) => Promise<Told>,
): Promise<readonly GroupId[]> {
  const groups = await listGroupsOf(plane.db, of).catch((error: unknown) => {
    logError("a user's groups could not be listed", error, { ...of });
    return [] as GroupId[];
  });
  const queue = groups.values();
  const told: GroupId[] = [];
  const work = async (): Promise<void> => {
    for (const group of queue) {
      const heard = await tryGroup({ namespace: plane.groups, group }, tell);
      // A group that is gone has nothing left to end.
      if (heard.ok || heard.problem.code === "not_found") told.push(group);
      else logWarning("a group was not told of an end", { group, user: of.user });
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, groups.length) }, work));
  return told;
}
