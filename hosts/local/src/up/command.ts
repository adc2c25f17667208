// The rim of `acos up`: real streams, real clock, real exit.
import { RefusedStart, UsageError } from "../usage-error.ts";
import { UP_USAGE } from "../usage.ts";
import { parseUpFlags } from "./flags.ts";
import { type Log, makeLog } from "./log.ts";
import { up } from "./up.ts";

/** Runs until a signal ends it. Refusals are logged and end the process: 2 for wrong usage, 1 for all else. */
export async function runUp(args: readonly string[]): Promise<void> {
  const json = process.env["ACOS_LOG"] === "json";
  const log = makeLog({
    json,
    now: () => new Date(),
    write: (line) => void process.stderr.write(line),
  });
  ownWarnings(json, log);
  // A reader of ours that went away is no reason to stop serving.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const exit = (code: number) => process.exit(code);
  try {
    const flags = parseUpFlags(args, process.env, process.cwd());
    if (flags.help) return void process.stdout.write(UP_USAGE);
    await up(flags, {
      environment: process.env,
      log,
      exit,
      say: (line) => void process.stdout.write(`${line}\n`),
    });
  } catch (error) {
    log.error(wordsOf(error));
    exit(error instanceof UsageError ? 2 : 1);
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof UsageError || error instanceof RefusedStart) return error.message;
  return error instanceof Error
    ? `cannot start: ${error.message}`
    : `cannot start: ${String(error)}`;
}

/** With JSON logs nothing else may stand on standard error: Node's own warnings and last words go through the log. */
function ownWarnings(json: boolean, log: Log): void {
  if (json) {
    process.removeAllListeners("warning");
    process.on("warning", (warning) => log.warn(warning.message, { name: warning.name }));
  }
  process.on("uncaughtException", (error) => {
    log.error(`unexpected: ${error.stack ?? error.message}`);
    process.exit(1);
  });
}
