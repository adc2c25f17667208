// The definitions of the built-in tools, as models see them.
import { GROUP_TOOLS, LOOKING_TOOLS, SANDBOX_TOOLS, type BuiltinTool } from "@acos/protocol";

import { GROUP_DEFINITIONS } from "./group-tools.ts";
import { SANDBOX_DEFINITIONS } from "./sandbox-tools.ts";
import type { ToolDefinition } from "./tool-schema.ts";

export const BUILTIN: Readonly<Record<BuiltinTool, ToolDefinition>> = {
  current_time: {
    name: "current_time",
    description: "The date and time now, in a time zone (UTC when none is given).",
    schema: {
      type: "object",
      properties: { timeZone: { type: "string", description: "IANA name, such as Europe/Berlin" } },
      required: [],
      additionalProperties: false,
    },
  },
  calculate: {
    name: "calculate",
    description:
      "The exact value of an arithmetic expression: + - * / % ^, parentheses, sqrt, min, max, round, abs, ln, log10, sin, pi and the like.",
    schema: {
      type: "object",
      properties: { expression: { type: "string", description: "Such as (2 + 3) * sqrt(16)" } },
      required: ["expression"],
      additionalProperties: false,
    },
  },
  ...GROUP_DEFINITIONS,
  ...SANDBOX_DEFINITIONS,
};

/** Whether the group answers calls of this tool itself, from its log. */
export function isGroupTool(name: string): boolean {
  return GROUP_TOOLS.some((known) => known === name);
}

/** Whether a Sandbox Host makes calls of this tool. */
export function isSandboxTool(name: string): boolean {
  return SANDBOX_TOOLS.some((known) => known === name);
}

/** Whether a built-in tool may change something. */
export function changesSomething(name: string): boolean {
  return isSandboxTool(name) && !LOOKING_TOOLS.some((known) => known === name);
}
