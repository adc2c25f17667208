// The rehearsal model's decision: from the prompt alone to one answer or one tool call. Pure; it never makes up a fact.
import { readAnswered } from "../closing-text.ts";
import type { ModelCall } from "./model.ts";
import { readSummaryTask } from "../summary-prompt.ts";
import { readActs, type Act, type OfferedTool } from "./rehearsal-commands.ts";
import { linesIn, type Line } from "./rehearsal-labels.ts";
import { answerFrom, lookUp } from "./rehearsal-lookup.ts";
import { closestLine, summarise, withoutMentions } from "./rehearsal-quotes.ts";
import { writeSummary } from "./rehearsal-summary.ts";

/** A tool's answer is quoted up to here. */
const RESULT_MAX_CHARS = 2_000;
const NAME = "the rehearsal model: built in, driven by rules, not an AI model";

/** What the model says and, at most, the one tool call it makes. */
export interface RehearsalAnswer {
  readonly text: string;
  readonly call?: { readonly tool: string; readonly input: string };
}

interface Outcome {
  readonly tool: string;
  readonly isError: boolean;
  readonly text: string;
}

/** Decides one turn. Calls are made one a turn, in order, and none after one that failed. */
export function answerCall(call: Pick<ModelCall, "prompt" | "tools">): RehearsalAnswer {
  const task = readSummaryTask(call.prompt);
  if (task !== undefined) return { text: writeSummary(task) };
  const tools = offered(call.tools);
  const { answered, said, outcomes } = readPrompt(call.prompt);
  const acts = readActs(answered.text, tools).map((act) => lookUp(act, { tools, said }));
  const calls = acts.filter((act) => act.type === "call");
  const failed = outcomes.at(-1)?.isError === true;
  const next = failed ? undefined : calls[outcomes.length];
  if (next) {
    const text = calls.length > 1 ? `${outcomes.length + 1} of ${calls.length}.` : "";
    return { text, call: { tool: next.tool, input: JSON.stringify(next.arguments) } };
  }
  const lines = outcomes.map((outcome, index) => report(outcome, { act: calls[index], said }));
  const left = calls.length - outcomes.length;
  if (failed && left > 0) lines.push(`I stopped there; ${left} more not done.`);
  if (!failed)
    for (const act of acts) lines.push(spoken(act, { tools, said, author: answered.author }));
  const text = lines.filter((line) => line !== "").join("\n\n");
  return {
    text:
      text === ""
        ? `I am ${NAME}, so I have nothing to add to that. Say \`help\` to see what I can do.`
        : text,
  };
}

interface Known {
  readonly tools: readonly OfferedTool[];
  readonly said: readonly Line[];
  readonly author: string;
}

function spoken(act: Act, known: Known): string {
  switch (act.type) {
    case "call":
      return "";
    case "say":
      return act.text;
    case "summary":
      return summarise(known.said);
    case "quote":
      return quoteAnswer(act.question, known.said);
    case "greet":
      return `Hello ${withoutMentions(known.author)}. I am ${NAME}. Say \`help\` to see what I can do.`;
    case "help":
      return help(known.tools);
    default:
      return act satisfies never;
  }
}

function quoteAnswer(question: string, said: readonly Line[]): string {
  const closest = closestLine(question, said);
  if (closest !== undefined) return `The closest thing said here:\n> ${closest.quote}`;
  return `I am ${NAME}. I found nothing about that in what was said here.`;
}

function help(tools: readonly OfferedTool[]): string {
  const examples = tools.map(({ name, required }) => {
    const given = required
      .map((argument) => `${argument}=${argument === "expression" ? "2*(3+4)" : "…"}`)
      .join(" ");
    return `- \`call ${name}${given === "" ? "" : ` with ${given}`}\``;
  });
  return [
    `I am ${NAME}. What I do is real all the same. I understand:`,
    ...examples,
    "- `summarise`, and questions: I answer by quoting what was said here",
    "- `ask @… to …`: I pass it on to another agent",
    "- several of these, one after another, joined by `then`",
    "",
    "For real answers connect a model in Settings → Models.",
  ].join("\n");
}

interface ReportedAct {
  /** What the call was made for; absent where the message asks for no such call any more. */
  readonly act: Extract<Act, { type: "call" }> | undefined;
  readonly said: readonly Line[];
}

function report({ tool, isError, text }: Outcome, { act, said }: ReportedAct): string {
  const question = isError ? undefined : act?.question;
  if (question !== undefined) return answerFrom(text, question) ?? quoteAnswer(question, said);
  const clean = withoutMentions(
    text.length > RESULT_MAX_CHARS ? `${text.slice(0, RESULT_MAX_CHARS)}…` : text,
  ).trim();
  const fence = clean.includes("```") ? "~~~~" : "```";
  const body = clean.includes("\n") ? `\n${fence}\n${clean}\n${fence}` : ` ${clean}`;
  return `\`${tool}\` ${isError ? "failed:" : "answered:"}${body}`;
}

function offered(tools: ModelCall["tools"]): readonly OfferedTool[] {
  return (tools ?? []).flatMap((tool) => {
    if (tool.type !== "function") return [];
    const { properties = {}, required = [] } = tool.inputSchema;
    return [{ name: tool.name, properties: properties as OfferedTool["properties"], required }];
  });
}

/** The answered message, what else was said, and the outcomes of this run's calls so far. */
function readPrompt(prompt: ModelCall["prompt"]) {
  const users = prompt.filter((message) => message.role === "user");
  const texts = (users[0]?.content ?? []).flatMap((part) =>
    part.type === "text" ? [part.text] : [],
  );
  const outcomes = prompt.flatMap((message): Outcome[] =>
    message.role === "tool" ? outcomesOf(message.content) : [],
  );
  const answered = readAnswered(texts.at(-1) ?? "") ?? { author: "", text: texts.at(-1) ?? "" };
  const asked = new Set(linesIn(answered.text).map(({ text }) => text));
  const said = texts
    .slice(0, -1)
    .flatMap(linesIn)
    .filter(({ text }) => !asked.has(text) && !text.includes(answered.text.trim()));
  return { answered, said, outcomes };
}

function outcomesOf(
  content: Extract<ModelCall["prompt"][number], { role: "tool" }>["content"],
): Outcome[] {
  return content.flatMap((part) => {
    if (part.type !== "tool-result") return [];
    const { output } = part;
    const text = "value" in output && typeof output.value === "string" ? output.value : "";
    return [{ tool: part.toolName, isError: output.type === "error-text", text }];
  });
}
