// A tool call from its arguments to its result: whatever happens becomes a result that a model can read.
import {
  SANDBOX_TOOLS,
  TOOL_RESULT_MAX_CHARS,
  type SandboxCall,
  type SandboxTool,
} from "@acos/protocol";

import { wordsOf } from "../answer.ts";
import { applyPatch } from "./apply-patch.ts";
import { checkArguments } from "./arguments.ts";
import { clipMiddle } from "./clip.ts";
import { editFile } from "./edit-file.ts";
import { listFiles } from "./list-files.ts";
import { preview } from "./preview.ts";
import { readFile } from "./read-file.ts";
import { readProcess, stopProcess, writeProcess } from "./process-tools.ts";
import { runCommand } from "./run-command.ts";
import { searchFiles } from "./search-files.ts";
import { startServer } from "./start-server.ts";
import type { ToolContext, ToolOutcome, ToolParts, ToolWork } from "./tool.ts";
import { writeFile } from "./write-file.ts";

const TOOLS: { readonly [T in SandboxTool]: ToolWork<T> } = {
  read_file: readFile,
  list_files: listFiles,
  search_files: searchFiles,
  read_process: readProcess,
  preview,
  run_command: runCommand,
  write_process: writeProcess,
  stop_process: stopProcess,
  write_file: writeFile,
  edit_file: editFile,
  apply_patch: applyPatch,
  start_server: startServer,
};

/** Runs a call. Never rejects: a failure is a result with `isError`. */
export async function runTool(
  asked: SandboxCall,
  parts: ToolParts,
): Promise<{ readonly isError: boolean; readonly text: string; readonly port?: number }> {
  const outcome = await attempt(asked, { ...parts, run: asked.run });
  return {
    isError: outcome.isError ?? false,
    text: clipMiddle(outcome.text, TOOL_RESULT_MAX_CHARS),
    ...(outcome.port !== undefined && { port: outcome.port }),
  };
}

async function attempt(asked: SandboxCall, context: ToolContext): Promise<ToolOutcome> {
  const tool = SANDBOX_TOOLS.find((known) => known === asked.tool);
  if (tool === undefined) return { isError: true, text: `A sandbox has no tool ${asked.tool}.` };
  try {
    // Each tool's work takes what its own schema gives: the pairing is in the two tables' types.
    const work = TOOLS[tool] as ToolWork<SandboxTool>;
    return await work(checkArguments(tool, asked.arguments), context);
  } catch (error) {
    if (context.signal.aborted) return { isError: true, text: "The call was cancelled." };
    return { isError: true, text: wordsOf(error) };
  }
}
