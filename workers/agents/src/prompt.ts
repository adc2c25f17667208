// From a briefing and the pinned version to what a model is called with, in the order that keeps the head's bytes the same.
import type { AgentVersion, Briefing, RunStep } from "@acos/protocol";

import { closingText } from "./closing-text.ts";
import type { ModelCall } from "./models/model.ts";
import { toolDefinitions } from "./tools/agent-tools.ts";

type Message = ModelCall["prompt"][number];
type TextPart = Extract<
  Extract<Message, { role: "user" }>["content"][number],
  { readonly type: "text" }
>;
type AssistantContent = Extract<Message, { role: "assistant" }>["content"];
type ToolContent = Extract<Message, { role: "tool" }>["content"];

/**
 * Marks where a stretch of the prompt ends that others share, for the providers that cache only what they are told to. Two
 * marks of the four that they take: the end of what changes rarely, and the end of the window.
 */
const CACHED = { anthropic: { cacheControl: { type: "ephemeral" } } };
/** Stands where a run goes on after a response without tool calls: providers want the last word to be the user's. */
const GO_ON = "Go on.";

/**
 * Composes a call: charter, pinned messages, summary, window, then instructions, closing words and the answered message, then
 * the run's own steps. Blocks without text are not told. Pure: same input, same bytes; up to the end of the window the same
 * for every agent of the group. It cuts nothing: the group's rules chose what the briefing holds.
 */
export function composeCall(
  briefing: Briefing,
  version: Pick<AgentVersion, "instructions" | "tools">,
): Pick<ModelCall, "prompt" | "tools"> {
  const { charter, closing, trigger, steps } = briefing;
  const last = textPart(closingText({ ...version, closing, trigger }));
  const prompt: Message[] = charter === "" ? [] : [{ role: "system", content: charter }];
  prompt.push({ role: "user", content: [...sharedParts(briefing), last] }, ...stepMessages(steps));
  if (prompt.at(-1)?.role === "assistant")
    prompt.push({ role: "user", content: [{ type: "text", text: GO_ON }] });
  const tools = toolDefinitions(version.tools).map(({ name, description, schema }) => ({
    type: "function" as const,
    name,
    description,
    inputSchema: schema,
  }));
  return tools.length === 0 ? { prompt } : { prompt, tools };
}

/** What every agent of the group is told alike, a part a message: a message that is added changes no part before it. */
function sharedParts({ pinned, summary, window }: Briefing): readonly TextPart[] {
  const steady = [...pinned.map(({ text }) => text), summary];
  return [...markedAtEnd(steady), ...markedAtEnd(window.map(({ text }) => text))];
}

function markedAtEnd(texts: readonly string[]): readonly TextPart[] {
  const parts = texts.filter((text) => text !== "").map(textPart);
  const end = parts.pop();
  return end === undefined ? [] : [...parts, { ...end, providerOptions: CACHED }];
}

function textPart(text: string): TextPart {
  return { type: "text", text };
}

/** Each step as what the assistant said and, where it made calls, what came back; two sayings in a row become one. */
function stepMessages(steps: readonly RunStep[]): readonly Message[] {
  const messages: Message[] = [];
  for (const step of steps) {
    const said = saidIn(step);
    if (said.length === 0) continue;
    const before = messages.at(-1);
    if (before?.role === "assistant") before.content.push(...said);
    else messages.push({ role: "assistant", content: said });
    if (step.calls.length > 0) messages.push({ role: "tool", content: resultsOf(step) });
  }
  return messages;
}

function saidIn({ text, calls }: RunStep): AssistantContent {
  const said: AssistantContent = text === "" ? [] : [{ type: "text", text }];
  for (const { call, tool, arguments: input } of calls)
    said.push({ type: "tool-call", toolCallId: call, toolName: tool, input });
  return said;
}

function resultsOf({ calls }: RunStep): ToolContent {
  return calls.map(({ call, tool, result }) => ({
    type: "tool-result",
    toolCallId: call,
    toolName: tool,
    output: { type: result.isError ? "error-text" : "text", value: result.text },
  }));
}
