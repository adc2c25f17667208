// Arguments of the tools that work in a sandbox, as the in-sandbox agent checks them. `.describe` is what models are told.
import * as z from "zod";

import { sandboxPathSchema } from "./sandbox.ts";
import type { SandboxTool } from "./tool.ts";

/** What a foreground command of a tool gets, and may ask for, in seconds. */
const COMMAND_TIMEOUT_DEFAULT_S = 120;
const COMMAND_TIMEOUT_MAX_S = 1_800;
/** How long a tool call may wait for output or for a port, in seconds. */
const WAIT_MAX_S = 120;

const process = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/)
  .describe("A process as run_command or start_server named it");
const path = sandboxPathSchema.describe("Relative to the workspace, or absolute");
const cwd = sandboxPathSchema.describe("Folder to run in; the workspace when left out");
const command = z.string().min(1).max(64_000).describe("Run by bash -c");
const port = z.int().min(1).max(65_535);
const seconds = (most: number) => z.number().min(0).max(most);

const runCommand = z.strictObject({
  command,
  cwd: cwd.optional(),
  timeoutSeconds: z
    .number()
    .min(1)
    .max(COMMAND_TIMEOUT_MAX_S)
    .default(COMMAND_TIMEOUT_DEFAULT_S)
    .describe("Then it is ended with all it started; background ones have none"),
  background: z.boolean().default(false).describe("Answers at once; read_process tells the rest"),
  input: z.string().optional().describe("What the command reads on standard input"),
});

const readProcess = z.strictObject({
  process,
  from: z.int().min(0).default(0).describe("Go on after this number, as the last answer said"),
  waitSeconds: seconds(WAIT_MAX_S).default(0).describe("Wait so long for something new"),
});

const writeProcess = z.strictObject({
  process,
  input: z.string().describe("Written as it is: end a line with \\n"),
  close: z.boolean().default(false).describe("End the input after it"),
});

const readFile = z.strictObject({
  path,
  from: z.int().min(1).default(1).describe("First line"),
  lines: z.int().min(1).max(5_000).default(1_000).describe("How many lines at most"),
});

const editFile = z.strictObject({
  path,
  old: z.string().min(1).describe("The exact text to replace, with its white space"),
  new: z.string(),
  all: z.boolean().default(false).describe("Replace every place; else there must be one"),
  etag: z.string().optional().describe("As read_file told it: refuse if the file has changed"),
});

const listFiles = z.strictObject({
  path: path.default("."),
  depth: z.int().min(1).max(12).default(2),
  all: z.boolean().default(false).describe("Also .git, node_modules and what .gitignore names"),
});

const searchFiles = z.strictObject({
  pattern: z.string().min(1).max(1_000).describe("A JavaScript regular expression, line by line"),
  path: path.default("."),
  glob: z.string().min(1).max(500).optional().describe("Such as **/*.ts or src/*.{js,jsx}"),
  limit: z.int().min(1).max(500).default(100).describe("Hits at most"),
});

const startServer = z.strictObject({
  command,
  port: port.optional().describe("The port it will listen on; any one when left out"),
  cwd: cwd.optional(),
  waitSeconds: seconds(WAIT_MAX_S).default(30),
});

/** The arguments of every sandbox tool. */
export const SANDBOX_TOOL_ARGUMENTS = {
  read_file: readFile,
  list_files: listFiles,
  search_files: searchFiles,
  read_process: readProcess,
  preview: z.strictObject({ port }),
  run_command: runCommand,
  write_process: writeProcess,
  stop_process: z.strictObject({ process }),
  write_file: z.strictObject({ path, content: z.string() }),
  edit_file: editFile,
  apply_patch: z.strictObject({
    patch: z.string().min(1).describe("A unified diff, of one file or several"),
  }),
  start_server: startServer,
} as const satisfies Record<SandboxTool, z.ZodType>;

/** A tool's arguments after the check, with its defaults. */
export type SandboxToolArguments<T extends SandboxTool> = z.output<
  (typeof SANDBOX_TOOL_ARGUMENTS)[T]
>;
