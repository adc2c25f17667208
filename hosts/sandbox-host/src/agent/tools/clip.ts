// Text for models: without what only a terminal understands, and not longer than it may be.

/** Control sequences of terminals (ECMA-48, section 5.4; and titles, which end with BEL or ST). */
// oxlint-disable-next-line no-control-regex
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Output as text to read: colours and other commands to a terminal are taken out. */
export function plainText(text: string): string {
  return text.replace(SEQUENCES, "").replaceAll("\r\n", "\n").replace(CONTROLS, "");
}

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
