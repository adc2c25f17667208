// The arguments of the tools, checked here: members may have edited them when they approved a call.
import { parse, ProblemError, SANDBOX_TOOL_ARGUMENTS, type SandboxTool } from "@acos/protocol";
import type { SandboxToolArguments, ToolArguments } from "@acos/protocol";

/** The arguments with their defaults; `null` counts as left out, as models write it. Throws ToolRefusal. */
export function checkArguments<T extends SandboxTool>(
  tool: T,
  given: ToolArguments,
): SandboxToolArguments<T> {
  const stated = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  try {
    return parse(
      SANDBOX_TOOL_ARGUMENTS[tool],
      stated,
      `The arguments of ${tool}`,
    ) as SandboxToolArguments<T>;
  } catch (error) {
    if (error instanceof ProblemError) throw new ToolRefusal(error.message);
    throw error;
  }
}

/** Why a tool did not do what it was asked, in words for the model. */
export class ToolRefusal extends Error {
  override readonly name = "ToolRefusal";
}
