// What the rehearsal model understands: a message split into clauses, and each clause read by one small grammar.
import type { ToolArguments } from "@acos/protocol";

/** A tool as the model was offered it. */
export interface OfferedTool {
  readonly name: string;
  readonly properties: Readonly<Record<string, { readonly type?: string }>>;
  readonly required: readonly string[];
}

/** What one clause asks for. `quote` and `summary` are filled from what others said. */
export type Act =
  | {
      readonly type: "call";
      readonly tool: string;
      readonly arguments: ToolArguments;
      /** What the call is to find out, where nobody named the tool. */
      readonly question?: string;
    }
  | { readonly type: "say"; readonly text: string }
  | { readonly type: "summary" }
  | { readonly type: "quote"; readonly question: string }
  | { readonly type: "greet" }
  | { readonly type: "help" };

type Rule = (clause: string, tools: readonly OfferedTool[]) => Act | undefined;

/** First match wins: from exact commands to loose questions. */
const RULES: readonly Rule[] = [
  readCall,
  readRun,
  readAsk,
  readTime,
  readArithmetic,
  (clause) =>
    /^(?:summari[sz]e|sum up|recap|tl;?dr)\b/i.test(clause) ? { type: "summary" } : undefined,
  (clause) => (/^(?:help|what can you do)\b/i.test(clause) ? { type: "help" } : undefined),
  (clause) =>
    /^(?:hi|hello|hey|good (?:morning|day|evening))\b/i.test(clause)
      ? { type: "greet" }
      : undefined,
  (clause) =>
    clause.endsWith("?") || /^(?:what|which|who|when|where|why|how|find|search)\b/i.test(clause)
      ? { type: "quote", question: clause }
      : undefined,
];

/** The acts a message asks for, in order; clauses that no rule reads are left out. */
export function readActs(text: string, tools: readonly OfferedTool[]): readonly Act[] {
  const bare = text.replace(/^(?:\s*@[a-z0-9-]+[,:]?)+\s*/i, "").trim();
  return clausesOf(bare).flatMap((clause) => {
    for (const rule of RULES) {
      const act = rule(clause, tools);
      if (act) return [act];
    }
    return [];
  });
}

/** Stands for a quoted piece while clauses are split; a private character that no keyboard writes. */
const MASK = "\uE000";

/** A block between lines of three backticks, with the space before it: what is written before a block leads to it. */
const BLOCK = "\\s*```[^\\n`]*\\n[\\s\\S]*?```";
/** A quoted text, whose quotes a backslash keeps from ending it. */
const QUOTED = '"(?:\\\\.|[^"\\\\\\n])*"';
/** What clauses are not split within. An apostrophe begins a quotation only where a value begins. */
const WHOLE = new RegExp(`${BLOCK}|\`[^\`]*\`|${QUOTED}|(?<==\\s?)'[^'\\n]*'|\\{[^\\n]*\\}`, "g");

/** Splits at line ends, semicolons and "then", never inside blocks, quotes, code or braces. */
function clausesOf(text: string): readonly string[] {
  const kept: string[] = [];
  const masked = text.replaceAll(MASK, "").replace(WHOLE, (quoted) => {
    kept.push(quoted);
    return MASK;
  });
  const clauses = masked.split(
    /\n+|;\s+|,?\s+(?:and\s+then|then)\s+|,?\s+and\s+(?=(?:call|use|ask|tell|run|summari[sz]e)\s)/i,
  );
  const polite = /^(?:please|now|also|first|and|then|could you|can you)\s+/i;
  return clauses
    .map((clause) => clause.replaceAll(MASK, () => kept.shift() ?? ""))
    .map((clause) => clause.trim().replace(polite, "").trim())
    .filter((clause) => clause !== "");
}

function readCall(clause: string, tools: readonly OfferedTool[]): Act | undefined {
  const match = /^(?:call|use)\s+(?:the\s+)?(?:tool\s+)?`?([\w-]+)`?([\s\S]*)$/i.exec(clause);
  if (match === null) return undefined;
  const [, name = "", rest = ""] = match;
  const given = rest.replace(/^\s+tool\b/i, "").replace(/^\s+with\b:?/i, "");
  const isArguments = /^\s*(?:\{|\w+\s*=|[.!]?$)/.test(given);
  const tool = tools.find((known) => known.name === name.toLowerCase());
  if (tool === undefined) return isArguments ? noTool(`\`${name}\``, tools) : undefined;
  return callOf(tool, isArguments ? given.trim().replace(/[.!]$/, "") : "");
}

function callOf(tool: OfferedTool, given: string): Act {
  const call = given.startsWith("{") ? readJson(given) : readPairs(given, tool);
  if (call === undefined)
    return { type: "say", text: `I could not read the JSON for \`${tool.name}\`.` };
  const missing = tool.required.filter((argument) => !Object.hasOwn(call, argument));
  if (missing.length === 0) return { type: "call", tool: tool.name, arguments: call };
  const wanted = missing.map(
    (argument) => `${argument} (${tool.properties[argument]?.type ?? "any"})`,
  );
  return { type: "say", text: `\`${tool.name}\` needs ${wanted.join(", ")}.` };
}

function readJson(text: string): ToolArguments | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as ToolArguments)
      : undefined;
  } catch {
    // Not JSON: the caller says so.
    return undefined;
  }
}

/** A name and its value, up to the next name or the end. */
const PAIR = new RegExp(
  `(\\w+)\\s*=\\s*(${BLOCK}|${QUOTED}|"[^"]*"|'[^']*'|\`[^\`]*\`|\\{.*?\\}|.*?)(?=,?\\s+\\w+\\s*=(?!=)|,?\\s*$)`,
  "g",
);

function readPairs(text: string, tool: OfferedTool): ToolArguments {
  const pairs = text.matchAll(PAIR);
  const call: ToolArguments = {};
  for (const [, name = "", raw = ""] of pairs) call[name] = typed(raw, tool.properties[name]?.type);
  return call;
}

function typed(raw: string, type: string | undefined): ToolArguments[string] {
  const text = unquoted(raw);
  if (
    (type === "number" || type === "integer") &&
    text.trim() !== "" &&
    Number.isFinite(Number(text))
  )
    return Number(text);
  if (type === "boolean") return text === "true";
  if (type !== "string" && text.startsWith("{")) return readJson(text) ?? text;
  return text;
}

/** A value without its quotes: a block's whole lines, or a text with what backslashes stand for. */
function unquoted(raw: string): string {
  const [, lines] = /^\s*```[^\n`]*\n([\s\S]*?)```$/.exec(raw) ?? [];
  if (lines !== undefined) return lines;
  if (!/^(["'`])[\s\S]*\1$/.test(raw)) return raw;
  const inner = raw.slice(1, -1);
  if (!raw.startsWith('"') || !inner.includes("\\")) return inner;
  try {
    return String(JSON.parse(raw));
  } catch {
    // A backslash that means nothing is a backslash.
    return inner;
  }
}

function readRun(clause: string, tools: readonly OfferedTool[]): Act | undefined {
  const match =
    /^(?:run|execute)\s+(?:the\s+command\s+)?`([^`]+)`|^\$\s+(.+)$/i.exec(clause) ??
    /^(?:run|execute)(?:\s+this)?:?\s*```[^\n`]*\n([\s\S]*?)\n?```$/i.exec(clause);
  if (match === null) return undefined;
  const tool = tools.find(({ name }) => name === "run_command");
  if (tool === undefined) return noTool("that runs commands", tools);
  return { type: "call", tool: tool.name, arguments: { command: match[1] ?? match[2] ?? "" } };
}

function readAsk(clause: string): Act | undefined {
  const match = /^(?:ask|tell|mention)\s+@([a-z0-9-]+)\s*(?:to\s+)?([\s\S]*)$/i.exec(clause);
  if (match === null) return undefined;
  return { type: "say", text: `@${match[1]} ${match[2] || "please look at the message above."}` };
}

function readTime(clause: string, tools: readonly OfferedTool[]): Act | undefined {
  const match =
    /^(?:what(?:'s| is)\s+the\s+(?:current\s+)?(?:time|date)|what\s+time\s+is\s+it)\b(?:.*?\bin\s+([\w/+-]+))?/i.exec(
      clause,
    );
  if (match === null || !tools.some(({ name }) => name === "current_time")) return undefined;
  return {
    type: "call",
    tool: "current_time",
    arguments: match[1] === undefined ? {} : { timeZone: match[1] },
  };
}

function readArithmetic(clause: string, tools: readonly OfferedTool[]): Act | undefined {
  const match = /^(?:calculate|compute|what(?:'s| is)|how much is)\s+([^?]*\d[^?]*)\??$/i.exec(
    clause,
  );
  const expression = match?.[1]?.trim().replace(/[.=]+$/, "");
  if (expression === undefined || !tools.some(({ name }) => name === "calculate")) return undefined;
  const isArithmetic = /^(?:[\d.,\s()+*/%^×÷−-]|sqrt|min|max|round|abs|log|ln|pi)+$/i.test(
    expression,
  );
  return isArithmetic ? { type: "call", tool: "calculate", arguments: { expression } } : undefined;
}

function noTool(wanted: string, tools: readonly OfferedTool[]): Act {
  const names = tools.map(({ name }) => `\`${name}\``).join(", ");
  return {
    type: "say",
    text: `This agent has no tool ${wanted}. It has ${names === "" ? "none" : names}.`,
  };
}
