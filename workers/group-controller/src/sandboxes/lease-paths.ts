// Which paths of a workspace a tool call holds while it is made.
import type { SandboxTool, ToolArguments } from "@acos/protocol";

const WHOLE: readonly string[] = ["."];

/** Lines of a patch that name a file, in the forms that models write. */
const PATCH_FILE =
  /^(?:\*\*\* (?:Add|Update|Delete) File: |\*\*\* Move to: |rename (?:from|to) |(?:---|\+\+\+) (?:[ab]\/)?)(.+?)(?:\t.*)?\r?$/gm;

/** The paths; none for calls that only look, or that leave a process behind. What cannot be read holds the workspace. */
export function leasePaths(tool: SandboxTool, args: ToolArguments): readonly string[] {
  switch (tool) {
    case "write_file":
    case "edit_file":
      return named(args["path"]);
    case "apply_patch":
      return patched(args["patch"]);
    case "run_command":
      return named(args["cwd"]);
    case "read_file":
    case "list_files":
    case "search_files":
    case "read_process":
    case "write_process":
    case "stop_process":
    case "start_server":
    case "preview":
      return [];
    default:
      return tool satisfies never;
  }
}

function named(path: unknown): readonly string[] {
  return typeof path === "string" && path !== "" ? [path] : WHOLE;
}

function patched(patch: unknown): readonly string[] {
  if (typeof patch !== "string") return WHOLE;
  const files = Array.from(patch.matchAll(PATCH_FILE), ([, file = ""]) => file.trim());
  const real = [...new Set(files.filter((file) => file !== "" && file !== "/dev/null"))];
  return real.length > 0 ? real : WHOLE;
}
