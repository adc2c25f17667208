// run_command: a command to its end, or in the background.
import { constants } from "node:os";

import type { ExitStatus } from "@acos/protocol";

import type { FrameLog } from "../frame-log.ts";
import type { OwnedProcess } from "../processes/owned-process.ts";
import { resolvePath } from "../files/paths.ts";
import { ToolRefusal } from "./arguments.ts";
import { outputClipped } from "./output-text.ts";
import type { ToolContext, ToolOutcome, ToolWork } from "./tool.ts";

export const runCommand: ToolWork<"run_command"> = async (given, context) => {
  const { environment, processes, told, run } = context;
  const { command, background, input, cwd = "." } = given;
  const owned = await processes.start({
    command,
    cwd,
    timeoutMs: given.timeoutSeconds * 1_000,
    background,
    ...(input !== undefined && { input }),
  });
  const description = await told.lineFor(
    environment.place,
    run,
    resolvePath(environment.place, cwd),
  );
  if (background)
    return {
      text: `Runs in the background as process ${owned.id}. Its output: read_process process=${owned.id}. Its end: stop_process.${description}`,
    };
  const outcome = await toItsEnd(owned, context, given.timeoutSeconds);
  return { ...outcome, text: `${outcome.text}${description}` };
};

async function toItsEnd(
  owned: OwnedProcess,
  { signal, emit }: ToolContext,
  timeoutSeconds: number,
): Promise<ToolOutcome> {
  await mirror(owned.log, signal, emit);
  if (owned.exit === undefined || signal.aborted) {
    await owned.end();
    throw new ToolRefusal("The call was cancelled, and its process ended.");
  }
  const seconds = ((owned.endedAt ?? 0) - owned.startedAt.getTime()) / 1_000;
  const how = owned.exit.timedOut
    ? `Ended after ${timeoutSeconds} seconds, the time it had. For more, set timeoutSeconds, or run it with background=true.`
    : `${exitWords(owned.exit)} after ${seconds.toFixed(1)} s (process ${owned.id}).`;
  const output = outputClipped(owned.log, owned.id);
  return {
    text: output === "" ? `${how} No output.` : `${how}\n${output}`,
    isError: owned.exit.code !== 0,
  };
}

/** Shows a process's output as the call's own until it has ended. */
async function mirror(
  log: FrameLog,
  signal: AbortSignal,
  emit: ToolContext["emit"],
): Promise<void> {
  let cursor: { seq: number; bytes?: number | undefined } = { seq: 0 };
  while (!signal.aborted) {
    const next = log.next(cursor);
    if (next !== undefined) {
      cursor = next.cursor;
      if (next.frame.t === "out" || next.frame.t === "err") emit(next.frame.t, next.frame.data);
    } else if (log.ended) return;
    else await log.change(signal);
  }
}

/** How a process ended, in words. */
export function exitWords({ code, signal }: ExitStatus): string {
  if (signal !== null) return `Ended by ${signal}`;
  const caught = Object.entries(constants.signals).find(([, number]) => number + 128 === code);
  return `Exit code ${code}${caught ? ` (${caught[0]})` : ""}`;
}
