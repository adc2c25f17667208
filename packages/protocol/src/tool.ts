// Tools: what an agent may use, one use of it, and its outcome.
import * as z from "zod";

import {
  HTTP_TOOL_RESPONSE_MAX_BYTES,
  HTTP_TOOL_TIMEOUT_MAX_MS,
  TOOL_RESULT_MAX_CHARS,
} from "./limits.ts";

/** Tools that work in a sandbox of the group. The first five only look. */
export const SANDBOX_TOOLS = [
  "read_file",
  "list_files",
  "search_files",
  "read_process",
  "preview",
  "run_command",
  "write_process",
  "stop_process",
  "write_file",
  "edit_file",
  "apply_patch",
  "start_server",
] as const;
export type SandboxTool = (typeof SANDBOX_TOOLS)[number];
/** Sandbox tools that change nothing: they need no approval, and are made again when they are lost. */
export const LOOKING_TOOLS = [
  "read_file",
  "list_files",
  "search_files",
  "read_process",
  "preview",
] as const satisfies readonly SandboxTool[];

/** Built-in tools that need nothing but the group: an agent has them unless it is told otherwise. */
export const USUAL_TOOLS = ["current_time", "calculate", "recall", "read_message"] as const;
export const BUILTIN_TOOLS = [...USUAL_TOOLS, ...SANDBOX_TOOLS] as const;
/** Built-in tools that the group answers itself, from its own log. */
export const GROUP_TOOLS = ["recall", "read_message"] as const satisfies readonly BuiltinTool[];
export type BuiltinTool = (typeof BUILTIN_TOOLS)[number];

export const HTTP_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
export type HttpMethod = (typeof HTTP_METHODS)[number];
/** Methods that only read (RFC 9110, section 9.2.1); every other one has an effect and asks for an approval. */
export const SAFE_METHODS: readonly HttpMethod[] = ["GET", "HEAD"];

export const toolNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, "must be 1 to 64 of a-z, 0-9 and _, and begin with a letter");

const headerNameSchema = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/);
const headerValueSchema = z
  .string()
  .max(4096)
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/);

/** An HTTP tool of one agent: one base URL, what may be done below it, and how much of the answer is kept. */
export const httpToolSchema = z.strictObject({
  type: z.literal("http"),
  name: toolNameSchema,
  description: z.string().max(1000),
  baseUrl: z.url({ protocol: /^https?$/ }),
  methods: z.array(z.enum(HTTP_METHODS)).min(1),
  headers: z.record(headerNameSchema, headerValueSchema).optional(),
  query: z.record(z.string(), z.string()).optional(),
  timeoutMs: z.int().min(100).max(HTTP_TOOL_TIMEOUT_MAX_MS).optional(),
  maxResponseBytes: z.int().min(1024).max(HTTP_TOOL_RESPONSE_MAX_BYTES).optional(),
});
export type HttpTool = z.infer<typeof httpToolSchema>;

export const toolConfigSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("builtin"), name: z.enum(BUILTIN_TOOLS) }),
  httpToolSchema,
]);
export type ToolConfig = z.infer<typeof toolConfigSchema>;

export const toolArgumentsSchema = z.record(z.string(), z.json());
export type ToolArguments = z.infer<typeof toolArgumentsSchema>;

/** A tool's outcome. A failure is a result with `isError`, for the model to read, never an exception. */
export const toolResultSchema = z.strictObject({
  isError: z.boolean(),
  text: z.string().max(TOOL_RESULT_MAX_CHARS),
});
export type ToolResult = z.infer<typeof toolResultSchema>;
