// How the rehearsal model reads what it is told: messages under their labels, bullets under their headings, lines.

/** One line that somebody said or a summary holds. */
export interface Line {
  readonly text: string;
  /** What it may be cited by, such as `[#12]`; empty where nothing tells. */
  readonly cite: string;
  /** Words that belong to it and stand elsewhere: who said it, or below which heading it stands. */
  readonly context: string;
}

/** A message as the group labels it. */
export interface LabelledMessage {
  readonly seq: number;
  readonly author: string;
  readonly handle: string;
  readonly isAgent: boolean;
  readonly lines: readonly string[];
}

const LABEL = /^\[#(\d+) [^\]]*\] (.*) \(@([^()\s]+), (person|agent)\):$/;
const INDENT = "  ";
const HEADING = /^#{1,4} +(.*)$/;
/** A citation at the end of a line. */
const CITED = /\s*(\[#\d+(?:, ?#\d+)*\])\s*$/;

/** Labelled messages in their order, and what stands under no label as lines of their own. */
export function readLabelled(text: string): {
  readonly messages: readonly LabelledMessage[];
  readonly loose: readonly string[];
} {
  const messages: (LabelledMessage & { lines: string[] })[] = [];
  const loose: string[] = [];
  let open: string[] | undefined;
  for (const line of text.split("\n")) {
    const label = LABEL.exec(line);
    if (label !== null) {
      const [, seq, author = "", handle = "", kind] = label;
      open = [];
      const isAgent = kind === "agent";
      messages.push({ seq: Number(seq), author, handle, isAgent, lines: open });
    } else if (open && (line.startsWith(INDENT) || line === ""))
      open.push(line.slice(INDENT.length));
    else {
      open = undefined;
      loose.push(line);
    }
  }
  return { messages, loose };
}

/** Splits a line from the citation at its end; an empty citation where it has none. */
export function splitCitation(line: string): { readonly text: string; readonly cite: string } {
  const cite = CITED.exec(line)?.[1] ?? "";
  return { text: line.replace(CITED, "").trim(), cite };
}

/** Every line of one block of a briefing, with what to cite it by. Labels and headings are no lines. */
export function linesIn(block: string): readonly Line[] {
  const { messages, loose } = readLabelled(block);
  return [
    ...looseLines(loose),
    ...messages.flatMap(({ seq, author, lines }) =>
      lines.map((line) => lineOf(line, { cite: `[#${seq}]`, context: author })),
    ),
  ].filter(({ text }) => text !== "");
}

function looseLines(lines: readonly string[]): readonly Line[] {
  let heading = "";
  return lines.flatMap((line) => {
    const found = HEADING.exec(line);
    if (found === null) return [lineOf(line, { cite: "", context: heading })];
    heading = found[1] ?? "";
    return [];
  });
}

/** A quote keeps the citation that it came with, and loses its mark: it is quoted once, not twice. */
function lineOf(line: string, around: Pick<Line, "cite" | "context">): Line {
  const { text, cite } = splitCitation(line.trim().replace(/^(?:[>-] +)+/, ""));
  return { text, cite: cite === "" ? around.cite : cite, context: around.context };
}
