// Cuts streaming Markdown where a finished stretch ends, so that only the last, growing one is parsed again.

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
/** Lines that go on with what stands before a blank line: list items, indented text, quotes, tables. */
const CONTINUES = /^(?:\s+\S|[-*+>|]|\d{1,9}[.)])/;

/** Splits at blank lines outside of code fences, unless what follows may belong to what came before. Joined, they are the text. */
export function splitMarkdown(text: string): readonly string[] {
  const parts: string[] = [];
  let part = "";
  let fence: string | undefined;
  let blank = false;
  for (const line of text.split(/(?<=\n)/)) {
    if (blank && fence === undefined && line.trim() !== "" && !CONTINUES.test(line)) {
      parts.push(part);
      part = "";
    }
    const mark = FENCE.exec(line)?.[1];
    if (mark !== undefined && fence === undefined) fence = mark;
    else if (mark !== undefined && fence !== undefined && closes(line, fence)) fence = undefined;
    blank = line.trim() === "";
    part += line;
  }
  if (part !== "") parts.push(part);
  return parts;
}

function closes(line: string, fence: string): boolean {
  const text = line.trim();
  return text.length >= fence.length && text.split("").every((sign) => sign === fence.charAt(0));
}
