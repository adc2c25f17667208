// The tools of one AgentVersion: what a model is told of them, whether a call of one can be made, and the call itself.
import type { Egress } from "@acos/egress";
import {
  TOOL_RESULT_MAX_CHARS,
  type ToolArguments,
  type ToolConfig,
  type ToolResult,
} from "@acos/protocol";

import { BUILTIN, changesSomething, isGroupTool, isSandboxTool } from "./builtin-tools.ts";
import { calculate, CalculationError } from "./calculate.ts";
import { currentTime } from "./current-time.ts";
import {
  callHttpTool,
  hasEffect,
  httpCallRefusal,
  httpToolDescription,
  httpToolSchema,
} from "./http-tool.ts";
import type { Reveal } from "./tool-secrets.ts";
import { argumentsRefusal, asText, type ToolDefinition } from "./tool-schema.ts";

/** Definitions in the order of their names, so that a briefing's head keeps the same bytes. */
export function toolDefinitions(tools: readonly ToolConfig[]): readonly ToolDefinition[] {
  return tools.map(definitionOf).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function definitionOf(tool: ToolConfig): ToolDefinition {
  if (tool.type === "builtin") return BUILTIN[tool.name];
  return { name: tool.name, description: httpToolDescription(tool), schema: httpToolSchema(tool) };
}

/** What is known of a call before it is made. */
export interface CallJudgement {
  /** It may change something outside, so a member must approve it. */
  readonly effect: boolean;
  /** Why it cannot be made, in words for the model. */
  readonly invalid?: string;
}

/** Judges a call by the agent's configuration. Pure; it does not look at the host's address, the egress function does. */
export function judgeCall(
  tools: readonly ToolConfig[],
  name: string,
  call: ToolArguments,
): CallJudgement {
  const tool = tools.find((known) => known.name === name);
  if (tool === undefined) return { effect: false, invalid: unknownTool(tools, name) };
  const effect = tool.type === "http" ? hasEffect(call) : changesSomething(name);
  const invalid =
    argumentsRefusal(definitionOf(tool).schema, call) ??
    (tool.type === "http" ? (takenName(name) ?? httpCallRefusal(tool, call)) : undefined);
  return invalid === undefined ? { effect } : { effect, invalid };
}

/** The group sends a call where it belongs by its name alone: an HTTP tool of such a name would never be asked. */
function takenName(name: string): string | undefined {
  if (!isMadeElsewhere(name)) return undefined;
  const owner = isGroupTool(name) ? "a tool of the group" : "a tool of sandboxes";
  return `The name "${name}" belongs to ${owner}. This HTTP tool needs another one.`;
}

/** Whether calls of this tool are made by the group or a Sandbox Host, and never here. */
export function isMadeElsewhere(name: string): boolean {
  return isGroupTool(name) || isSandboxTool(name);
}

function unknownTool(tools: readonly ToolConfig[], name: string): string {
  const names = tools.map((tool) => tool.name).join(", ");
  return `There is no tool "${name.slice(0, 64)}". This agent has: ${names === "" ? "no tools" : names}.`;
}

export interface CallContext {
  readonly egress: Egress;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly reveal: Reveal;
  readonly idempotencyKey: string;
}

/** Makes one call. A failure is a result with `isError`, never an exception. */
export async function callTool(
  tools: readonly ToolConfig[],
  wanted: { readonly tool: string; readonly arguments: ToolArguments },
  context: CallContext,
): Promise<ToolResult> {
  const { invalid } = judgeCall(tools, wanted.tool, wanted.arguments);
  if (invalid !== undefined) return { isError: true, text: invalid };
  const tool = tools.find((known) => known.name === wanted.tool);
  if (tool?.type === "http") return callHttpTool(tool, wanted.arguments, context);
  if (isMadeElsewhere(wanted.tool)) return { isError: true, text: elsewhere(wanted.tool) };
  return clip(callBuiltin(wanted, context.now()));
}

function elsewhere(tool: string): string {
  return isGroupTool(tool)
    ? `The group answers ${tool} itself, from its own log. Nothing was done here.`
    : `A Sandbox Host makes calls of ${tool}, in a sandbox of the group. Nothing was done here.`;
}

function callBuiltin(
  wanted: { readonly tool: string; readonly arguments: ToolArguments },
  nowMs: number,
): ToolResult {
  try {
    const text =
      wanted.tool === "calculate"
        ? calculate(asText(wanted.arguments["expression"]))
        : currentTime(nowMs, asText(wanted.arguments["timeZone"]) || "UTC");
    return { isError: false, text };
  } catch (error) {
    if (error instanceof CalculationError) return { isError: true, text: error.message };
    if (error instanceof RangeError)
      return {
        isError: true,
        text: "This time zone is not known. Use an IANA name such as Europe/Berlin.",
      };
    throw error;
  }
}

function clip(result: ToolResult): ToolResult {
  return { ...result, text: result.text.slice(0, TOOL_RESULT_MAX_CHARS) };
}
