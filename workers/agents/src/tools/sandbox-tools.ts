// The tools that work in a sandbox of the group, as models see them; the Sandbox Host makes their calls, nothing here does.
import { EXEC_TIMEOUT_MAX_MS, type SandboxTool } from "@acos/protocol";

import type { ArgumentSchema, ToolDefinition } from "./tool-schema.ts";

const TIMEOUT_MAX_S = EXEC_TIMEOUT_MAX_MS / 1000;
/** Longer than a client waits for one answer, shorter than a turn. */
const WAIT_MAX_S = 120;
const LINES_MAX = 5_000;
const HITS_MAX = 500;
const DEPTH_MAX = 20;
const PORT_MAX = 65_535;

const text = (description: string): ArgumentSchema => ({ type: "string", description });
const flag = (description: string): ArgumentSchema => ({ type: "boolean", description });
const count = (description: string, maximum: number, minimum = 1): ArgumentSchema => ({
  type: "integer",
  description,
  minimum,
  maximum,
});

const PATH = "In the workspace, or absolute in the sandbox";
const PROCESS = text("The id that run_command or start_server answered");
const PORT = count("The port it listens on", PORT_MAX);

/** Every one may name the sandbox; left out, it is the group's first. */
const SANDBOX = text("The name of the sandbox, where the group has several");

interface Described {
  readonly description: string;
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, ArgumentSchema>>;
}

function define(
  name: SandboxTool,
  { description, required, properties }: Described,
): ToolDefinition {
  return {
    name,
    description,
    schema: {
      type: "object",
      properties: { ...properties, sandbox: SANDBOX },
      required: [...required],
      additionalProperties: false,
    },
  };
}

const FILES = {
  read_file: define("read_file", {
    description:
      "Lines of a text file, numbered, with the mark (etag) that edit_file takes. Long files come in pieces.",
    required: ["path"],
    properties: {
      path: text(PATH),
      from: count("The line to begin at", Number.MAX_SAFE_INTEGER),
      lines: count("How many lines", LINES_MAX),
    },
  }),
  list_files: define("list_files", {
    description:
      "Files and folders below a path as a tree, without what .gitignore leaves out unless `all` is set.",
    required: [],
    properties: {
      path: text(`${PATH}; the workspace when left out`),
      depth: count("How many levels", DEPTH_MAX),
      all: flag("Also what is hidden or ignored"),
    },
  }),
  search_files: define("search_files", {
    description: "Lines of files that fit a regular expression, with path and number.",
    required: ["pattern"],
    properties: {
      pattern: text("A regular expression"),
      path: text(`${PATH}; the workspace when left out`),
      glob: text("Only files whose path fits, such as **/*.ts"),
      limit: count("How many lines at most", HITS_MAX),
    },
  }),
  write_file: define("write_file", {
    description: "Writes a file whole, with the folders it needs. Use edit_file to change a part.",
    required: ["path", "content"],
    properties: { path: text(PATH), content: text("All of the file") },
  }),
  edit_file: define("edit_file", {
    description:
      "Replaces a piece of a text file that stands there exactly once, or everywhere with `all`. It is refused where the piece is not there or the file has changed since `etag`.",
    required: ["path", "old", "new"],
    properties: {
      path: text(PATH),
      old: text("The piece as it stands there, to the space"),
      new: text("What stands there afterwards"),
      all: flag("Every place where the piece stands"),
      etag: text("The mark that read_file told"),
    },
  }),
  apply_patch: define("apply_patch", {
    description: "Applies a unified diff to the workspace: all of it or nothing.",
    required: ["patch"],
    properties: { patch: text("A unified diff with paths from the workspace") },
  }),
} as const;

const PROCESSES = {
  run_command: define("run_command", {
    description:
      "Runs a shell command and answers with its output and exit code. What goes on (a server, a watcher) belongs into start_server or the background.",
    required: ["command"],
    properties: {
      command: text("Run by bash -c"),
      cwd: text(`Where it runs. ${PATH}`),
      timeoutSeconds: count("It is ended after so long; 120 when left out", TIMEOUT_MAX_S),
      background: flag("Answer with the process's id at once; read_process tells its output"),
      input: text("What it reads on standard input"),
    },
  }),
  read_process: define("read_process", {
    description: "The output of a process, also of one that has ended, and whether it runs.",
    required: ["process"],
    properties: {
      process: PROCESS,
      from: count("Only what came after this number", Number.MAX_SAFE_INTEGER, 0),
      waitSeconds: count("Wait so long for more output or its end", WAIT_MAX_S),
    },
  }),
  write_process: define("write_process", {
    description: "Writes to the standard input of a process that runs.",
    required: ["process", "input"],
    properties: {
      process: PROCESS,
      input: text("What it reads; end a line with a line break"),
      close: flag("End the input after that"),
    },
  }),
  stop_process: define("stop_process", {
    description: "Ends a process and all it started.",
    required: ["process"],
    properties: { process: PROCESS },
  }),
  start_server: define("start_server", {
    description:
      "Starts a server in the background, waits until it listens and shows it to the members as a preview.",
    required: ["command"],
    properties: {
      command: text("Run by bash -c"),
      port: count("The port it will listen on; found out when left out", PORT_MAX),
      cwd: text(`Where it runs. ${PATH}`),
      waitSeconds: count("How long it may take to listen; 30 when left out", WAIT_MAX_S),
    },
  }),
  preview: define("preview", {
    description: "Shows the members a server of the sandbox that runs already.",
    required: ["port"],
    properties: { port: PORT },
  }),
} as const;

export const SANDBOX_DEFINITIONS: Readonly<Record<SandboxTool, ToolDefinition>> = {
  ...FILES,
  ...PROCESSES,
};
