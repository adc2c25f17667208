// What every tool is given and gives back.
import type { SandboxTool, SandboxToolArguments } from "@acos/protocol";

import type { AgentEnvironment } from "../environment.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import type { ToldDescriptions } from "./nearest-description.ts";

export interface ToolParts {
  readonly environment: AgentEnvironment;
  readonly processes: ProcessTable;
  readonly told: ToldDescriptions;
  /** Aborted when the call is cancelled: what it started is ended, and it comes to its end. */
  readonly signal: AbortSignal;
  /** Output while it runs, for those who look on. */
  readonly emit: (stream: "out" | "err", data: Buffer) => void;
}

export interface ToolContext extends ToolParts {
  readonly run: string;
}

export interface ToolOutcome {
  readonly text: string;
  readonly isError?: boolean;
  /** A server that answers, for members to look at. */
  readonly port?: number;
}

/** One tool. It throws ToolRefusal, ProblemError or a system error for what it could not do; each becomes a result. */
export type ToolWork<T extends SandboxTool> = (
  given: SandboxToolArguments<T>,
  context: ToolContext,
) => Promise<ToolOutcome>;
