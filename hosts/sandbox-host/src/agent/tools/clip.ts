// Text for models: not longer than it may be.

/** A text of at most so many characters: its beginning and its end, and between them what was left out. */
export function clipMiddle(text: string, most: number, how = ""): string {
  if (text.length <= most) return text;
  const room = Math.max(0, most - 200 - how.length);
  const head = wholeEnd(text.slice(0, Math.ceil(room / 2)));
  const tail = wholeStart(text.slice(text.length - Math.floor(room / 2)));
  const left = text.length - head.length - tail.length;
  return `${head}\n[… ${left} characters left out${how} …]\n${tail}`;
}

/** Half of a character of two units at a cut would be no text. */
const wholeEnd = (text: string) => text.replace(/[\ud800-\udbff]$/, "");
const wholeStart = (text: string) => text.replace(/^[\udc00-\udfff]/, "");

export const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
