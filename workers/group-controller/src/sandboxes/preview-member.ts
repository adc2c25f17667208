// The member that a user is in a group.
import type { GroupState } from "@acos/group";
import type { UserId, UserMember } from "@acos/protocol";

/** Null for who is not in the group, or not any more. */
export function findMember({ members }: GroupState, user: UserId): UserMember | null {
  for (const member of members.values())
    if (member.type === "user" && member.user === user) return member;
  return null;
}
