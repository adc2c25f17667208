// The definitions of the built-in tools, as models see them.
import { GROUP_TOOLS, SEARCH_QUERY_MAX_CHARS, type BuiltinTool } from "@acos/protocol";

import type { Schema } from "./tool-schema.ts";

/** A tool as a model sees it. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
}

/** Hits that `recall` answers with at most. */
const RECALL_LIMIT_MAX = 20;

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
  recall: {
    name: "recall",
    description:
      "Searches all messages of this group, however old, also those you are not told any more. Answers with the best hits, a line each: #number, date, author and the stretch around what matched. Use it before you say that you do not know something about this group.",
    schema: {
      type: "object",
      properties: {
        query: {
          type: "string",
          description: `The words to look for, at most ${SEARCH_QUERY_MAX_CHARS} characters`,
        },
        limit: {
          type: "integer",
          description: "How many hits at most",
          minimum: 1,
          maximum: RECALL_LIMIT_MAX,
        },
      },
      required: ["query"],
      additionalProperties: false,
    },
  },
  read_message: {
    name: "read_message",
    description:
      "The whole text of one message of this group, or the whole result of a tool call that was clipped. A long text comes in pieces.",
    schema: {
      type: "object",
      properties: {
        message: {
          type: "string",
          description: "A number such as #123, or an id that begins with msg_ or tcl_",
        },
        from: {
          type: "integer",
          description: "The character to begin at, for the pieces after the first",
          minimum: 0,
        },
      },
      required: ["message"],
      additionalProperties: false,
    },
  },
};

/** Whether the group answers calls of this tool itself, from its log. */
export function isGroupTool(name: string): boolean {
  return GROUP_TOOLS.some((known) => known === name);
}
