// Which stretches of a found text are the words that were searched for.

/** A stretch of a text, and whether it is one of the words. */
export interface Stretch {
  readonly text: string;
  readonly marked: boolean;
}

/** Splits a text at the words of a query, whatever their case and accents. The stretches joined are the text. */
export function markWords(text: string, query: string): readonly Stretch[] {
  const { folded, places } = fold(text);
  const marks = new Set<number>();
  for (const word of wordsOf(query))
    for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + 1))
      for (let index = at; index < at + word.length; index += 1) marks.add(places[index] ?? 0);
  const found: { text: string; marked: boolean }[] = [];
  for (const [index, character] of Array.from(text).entries()) {
    const marked = marks.has(index);
    const last = found.at(-1);
    if (last?.marked === marked) last.text += character;
    else found.push({ text: character, marked });
  }
  return found;
}

/** The words of a query, folded, without the signs between them. */
function wordsOf(query: string): readonly string[] {
  const { folded } = fold(query);
  return folded.split(/[^\p{L}\p{N}_]+/u).filter((word) => word !== "");
}

/** A text without case and accents; `places` leads from each of its code units to the character it came from. */
function fold(text: string): { readonly folded: string; readonly places: readonly number[] } {
  let folded = "";
  const places: number[] = [];
  for (const [index, character] of Array.from(text).entries()) {
    const plain = character.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
    folded += plain;
    for (let unit = 0; unit < plain.length; unit += 1) places.push(index);
  }
  return { folded, places };
}
