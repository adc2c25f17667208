// What the rehearsal model does with a question that nothing it is told answers: it calls `recall`, and quotes the best hit.
import type { Act, OfferedTool } from "./rehearsal-commands.ts";
import type { Line } from "./rehearsal-labels.ts";
import { closestLine, searchWords } from "./rehearsal-quotes.ts";

const TOOL = "recall";
/** A hit as the group tells it: number, date, author, the stretch around what matched. */
const HIT = /^#\d+ /;

/** Turns a question into a search where the agent can search and no line it was told answers. Other acts stay as they are. */
export function lookUp(
  act: Act,
  { tools, said }: { readonly tools: readonly OfferedTool[]; readonly said: readonly Line[] },
): Act {
  if (act.type !== "quote" || !tools.some(({ name }) => name === TOOL)) return act;
  const { question } = act;
  const query = searchWords(question);
  if (query === "" || closestLine(question, said)?.isAnswer === true) return act;
  return { type: "call", tool: TOOL, arguments: { query }, question };
}

/** The best hit, quoted with its number; undefined when the search found nothing but questions. */
export function answerFrom(result: string, question: string): string | undefined {
  const hits = result
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => HIT.test(line) && !line.includes(question))
    .map((text) => ({ text, cite: "", context: "" }));
  const closest = closestLine(question, hits);
  return closest && `Found further back:\n> ${closest.quote}`;
}
