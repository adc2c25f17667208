// Handles and who is who: a handle nobody else has, the member that a user or an agent is.
import type { AgentId, Member, UserId } from "@acos/protocol";

/** Handles with a meaning of their own. */
const RESERVED_HANDLES: ReadonlySet<string> = new Set(["all", "everyone", "here", "agents"]);
/** Characters of a handle that a number is put behind. */
const STEM_CHARS = 27;

/** The handle that was wished for, or that with the lowest number that is neither taken nor reserved. */
export function freeHandle(taken: ReadonlySet<string>, wish: string): string {
  const isFree = (handle: string): boolean => !taken.has(handle) && !RESERVED_HANDLES.has(handle);
  if (isFree(wish)) return wish;
  const stem = wish.slice(0, STEM_CHARS).replace(/-$/, "");
  for (let number = 2; ; number += 1) if (isFree(`${stem}-${number}`)) return `${stem}-${number}`;
}

/** The member that a user or an agent is, among those given. */
export function findMember(members: Iterable<Member>, who: UserId | AgentId): Member | undefined {
  for (const member of members)
    if ((member.type === "user" ? member.user : member.agent) === who) return member;
  return undefined;
}
