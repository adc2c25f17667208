// What follows when a session or an API key has ended: the groups of its user are told, and its sockets close.
import type { UserId } from "@acos/protocol";

import type { ControlPlane } from "./control-plane.ts";
import { tellEach } from "./group-calls.ts";
import { logError } from "./log.ts";
import { listGroupsOf } from "./store/group-rows.ts";

/**
 * Closes the sockets that came from a session or an API key, or all of a user's where `sid` is null. Never throws: a group
 * that could not be told asks its sockets for a fresh proof within 15 minutes, and nobody has one.
 */
export async function endSockets(
  plane: ControlPlane,
  { user, sid }: { readonly user: UserId; readonly sid: string | null },
): Promise<void> {
  try {
    const groups = await listGroupsOf(plane.db, user);
    await tellEach(plane.groups, groups, (stub) => stub.endSession(user, sid));
  } catch (error) {
    logError("a user's groups could not be listed", error, { user });
  }
}
