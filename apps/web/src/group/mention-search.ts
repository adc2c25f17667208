// The mention being written in the composer: where it is, whom it may mean, and what choosing one makes of the text.

/** A handle being written: from the `@` at `start` to the caret. */
export interface MentionQuery {
  readonly start: number;
  readonly text: string;
}

/** The mention under the caret; undefined where there is none, as in an address like a@b. */
export function mentionAt(text: string, caret: number): MentionQuery | undefined {
  const before = text.slice(0, caret);
  const found = /(?:^|[\s([{"'>*_~])@([a-z0-9-]{0,32})$/i.exec(before);
  const query = found?.[1];
  if (query === undefined) return undefined;
  return { start: caret - query.length - 1, text: query.toLowerCase() };
}

interface Named {
  readonly handle: string;
  readonly name: string;
}

/** Those whose handle or name begins with what was written first, then those that hold it elsewhere. */
export function matches<T extends Named>(members: readonly T[], query: string): readonly T[] {
  const rank = ({ handle, name }: Named): number => {
    if (handle.startsWith(query)) return 0;
    if (name.toLowerCase().startsWith(query)) return 1;
    return handle.includes(query) || name.toLowerCase().includes(query) ? 2 : 3;
  };
  return members
    .filter((member) => rank(member) < 3)
    .toSorted((one, other) => rank(one) - rank(other) || one.handle.localeCompare(other.handle));
}

/** The text with the mention completed, and where the caret goes then. */
export function complete(
  text: string,
  caret: number,
  chosen: { readonly query: MentionQuery; readonly handle: string },
): { readonly text: string; readonly caret: number } {
  const head = `${text.slice(0, chosen.query.start)}@${chosen.handle} `;
  const tail = text.slice(caret).replace(/^ /, "");
  return { text: head + tail, caret: head.length };
}

/** Handles that a text mentions, as a reader sees them; the group itself decides in the end. */
export function handlesIn(text: string): readonly string[] {
  const prose = text.replaceAll(/```[\s\S]*?(?:```|$)|`[^`\n]*`/g, " ");
  return [...prose.matchAll(/(?<![\w@./-])@([a-z0-9](?:-?[a-z0-9]){0,31})(?![\w@])/gi)].map(
    ([, handle = ""]) => handle.toLowerCase(),
  );
}
