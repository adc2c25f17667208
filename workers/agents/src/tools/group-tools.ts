// The tools that the group answers itself, from its own log, as models see them.
import { SEARCH_QUERY_MAX_CHARS, type GROUP_TOOLS } from "@acos/protocol";

import type { ToolDefinition } from "./tool-schema.ts";

/** Hits that `recall` answers with at most. */
const RECALL_LIMIT_MAX = 20;

export const GROUP_DEFINITIONS: Readonly<Record<(typeof GROUP_TOOLS)[number], ToolDefinition>> = {
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
