// Mentions: which members an `@handle` in a text asks to act.
import type { Member, Mention, Part } from "@acos/protocol";

const HANDLE = /(?<![\w@./-])@([a-z0-9](?:-?[a-z0-9]){0,31})(?![\w-])/giu;
const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g;

export interface Mentions {
  readonly mentions: readonly Mention[];
  /** Handles that no member has, in lower case, each once. */
  readonly unresolved: readonly string[];
}

/** Finds mentions in text parts, outside of code, each member once, in the order they are written. Case does not count. */
export function findMentions(parts: readonly Part[], members: Iterable<Member>): Mentions {
  const byHandle = new Map<string, Member>();
  for (const member of members) byHandle.set(member.handle, member);
  const mentions = new Map<string, Mention>();
  const unresolved = new Set<string>();
  for (const handle of handlesIn(parts)) {
    const member = byHandle.get(handle);
    if (member) mentions.set(handle, { member: member.member, handle });
    else unresolved.add(handle);
  }
  return { mentions: [...mentions.values()], unresolved: [...unresolved] };
}

function* handlesIn(parts: readonly Part[]): Iterable<string> {
  for (const part of parts) {
    if (part.type !== "text" || !part.text.includes("@")) continue;
    for (const match of part.text.replace(CODE, " ").matchAll(HANDLE))
      yield match[1]!.toLowerCase();
  }
}
