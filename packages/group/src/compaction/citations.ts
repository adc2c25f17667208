// Citations: which messages a line says it rests on, as `[#12, #15]` at its end or inside of it.

/** The numbers of one citation: `#12`, `12, 15`, `#12-#15`. */
const LIST = String.raw`#?\d{1,12}(?:\s*(?:[,;、，&–-]|and|und)\s*#?\d{1,12})*`;
const HASH_LIST = String.raw`#\d{1,12}(?:\s*(?:[,;、，&–-]|and|und)\s*#?\d{1,12})*`;
/** A citation at the end of a line, with the mark that ends the sentence before or after it. */
const AT_END = [
  new RegExp(String.raw`[\s,;]*[[【]\s*(?:messages?\s+)?(${LIST})\s*[\]】]\s*([.;。]?)\s*$`, "i"),
  new RegExp(
    String.raw`[\s,;]*[(（]\s*(?:messages?\s+)?(${HASH_LIST})\s*[)）]\s*([.;。]?)\s*$`,
    "i",
  ),
  new RegExp(String.raw`\s(${HASH_LIST})([.;。]?)$`, "i"),
];
const INSIDE = /#(\d{1,12})\b/g;
/** A range names at most this many messages. */
const RANGE_MAX = 50;

export interface Cited {
  /** The line without the citations at its end. */
  readonly text: string;
  /** Numbers at its end; of a range its first and last, and those between that there are. */
  readonly atEnd: readonly number[];
  /** Numbers that stand inside of the text. */
  readonly inside: readonly number[];
}

/** Reads the citations of a line. `known` tells which numbers are those of messages: only such ones fill a range. */
export function readCitations(line: string, known: (seq: number) => boolean): Cited {
  let text = line.trim();
  const atEnd: number[] = [];
  for (let match = matchEnd(text); match; match = matchEnd(text)) {
    const numbers = numbersIn(match[1]!, known);
    // What stands before a citation may be another one, or a number that the line speaks of.
    if (atEnd.length > 0 && !numbers.every(known)) break;
    atEnd.unshift(...numbers);
    text = `${text.slice(0, match.index).trimEnd()}${match[2] ?? ""}`;
    if (match[2] && /[.;。]$/.test(text.slice(0, -1))) text = text.slice(0, -1);
  }
  const inside = Array.from(text.matchAll(INSIDE), (match) => Number(match[1]));
  return { text, atEnd: [...new Set(atEnd)], inside };
}

function matchEnd(text: string): RegExpExecArray | null {
  for (const pattern of AT_END) {
    const match = pattern.exec(text);
    if (match) return match;
  }
  return null;
}

function numbersIn(list: string, known: (seq: number) => boolean): number[] {
  return list.split(/[,;、，&]|and|und/i).flatMap((item) => {
    const [first, last] = Array.from(item.matchAll(/\d+/g), ([digits]) => Number(digits));
    if (first === undefined) return [];
    if (last === undefined) return [first];
    const between: number[] = [];
    for (let seq = first + 1; seq < last && between.length < RANGE_MAX; seq += 1)
      if (known(seq)) between.push(seq);
    return [first, ...between, last];
  });
}
