// `acos exec`: a command in a sandbox, as if it ran here: its output, its errors, its exit code, and Ctrl+C ends it.
import { constants } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

import { EXEC_TIMEOUT_MAX_MS, type ExitStatus } from "@acos/protocol";

import { UsageError } from "../usage-error.ts";
import { parseArguments } from "./arguments.ts";
import { findGroup } from "./find-group.ts";
import { findSandbox, SANDBOX_OPTIONS } from "./find-sandbox.ts";
import { ProcessOutput } from "./process-output.ts";
import { askSandbox, type SandboxPlace } from "./sandbox-request.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "exec",
  usage:
    "acos exec GROUP [--sandbox NAME] [--create] [--cwd PATH] [--timeout SECONDS] [--keep] [--] COMMAND…",
  options: {
    ...SANDBOX_OPTIONS,
    cwd: { type: "string" },
    timeout: { type: "string" },
    keep: { type: "boolean" },
  },
  words: [1, 1],
} as const;

/** As shells have it: 128 and the signal's number, 124 for `timeout`. */
const SIGNAL_BASE = 128;
const TIMED_OUT = 124;
/** As long as a timer can be: nobody waits so long for a command without a limit. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Runs a command, once, and answers its exit code. What ends it is Ctrl+C, its timeout, a link that breaks, or itself; with
 * `--keep` a link that breaks does not, and what it writes faster than it is read may be dropped, which is said.
 */
export async function exec(args: readonly string[], terminal: Terminal): Promise<number> {
  const { own, command } = splitCommand(args);
  const given = parseArguments(own, SHAPE);
  if (command === "") throw new UsageError(`There is no command. Usage: ${SHAPE.usage}`);
  const timeoutMs = timeoutOf(given.text("timeout"));
  const cwd = given.text("cwd");
  const keeps = given.on("keep");
  const { api, options } = openSession(terminal);
  const group = await findGroup(api, given.words[0] ?? "");
  const ask = { group, named: given.text("sandbox"), create: given.on("create") };
  const { sandbox } = await findSandbox(api, ask, terminal);
  const running = new RunningCommand({ options, group, sandbox }, terminal);
  // With its input ended at once a command that reads does not wait for what never comes.
  const wanted = { command, input: "", background: keeps };
  const body = { ...wanted, ...(cwd && { cwd }), ...(timeoutMs && { timeoutMs }) };
  const exit = await running.run(body, keeps ? timeoutMs : undefined);
  if (exit.timedOut) terminal.errors.write("acos: the command took too long and was ended\n");
  else if (exit.signal !== null && running.wasLost && !keeps)
    terminal.errors.write(
      "acos: the connection was lost, which ended the command; with --keep it goes on\n",
    );
  return codeOf(exit);
}

/** A command there, its output here, and the ways to end it from here. */
class RunningCommand {
  readonly #place: SandboxPlace;
  readonly #terminal: Terminal;
  readonly #output: ProcessOutput;

  constructor(place: SandboxPlace, terminal: Terminal) {
    this.#place = place;
    this.#terminal = terminal;
    this.#output = new ProcessOutput(place, {
      onBytes: (stream, bytes) =>
        void (stream === "out" ? terminal.output : terminal.errors).write(bytes),
      onGap: (bytes) => void terminal.errors.write(`[${bytes} bytes are not kept any more]\n`),
      wait: (ms) => pause(ms),
    });
  }

  /** Whether the link broke on the way. */
  get wasLost(): boolean {
    return this.#output.wasLost;
  }

  /** Runs it to its end. `limitMs` is for those in the background, whose time nobody else counts. */
  async run(body: object, limitMs: number | undefined): Promise<ExitStatus> {
    const begun = await askSandbox(this.#place, {
      method: "POST",
      path: "/exec",
      headers: { "content-type": "application/json", accept: "application/x-ndjson" },
      body: JSON.stringify(body),
    });
    void this.#endWhenInterrupted();
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      void this.#end();
    }, limitMs ?? LONGEST_MS);
    const exit = await this.#output.read(begun).finally(() => clearTimeout(timer));
    return { ...exit, timedOut: exit.timedOut || timedOut };
  }

  async #endWhenInterrupted(): Promise<void> {
    await this.#terminal.interrupted;
    await this.#end();
  }

  async #end(): Promise<void> {
    const path = `/processes/${this.#output.process ?? ""}`;
    // When it cannot be ended from here its own timeout does it; the output says what became of it.
    await askSandbox(this.#place, { method: "DELETE", path }).catch(() => undefined);
  }
}

function codeOf({ code, signal, timedOut }: ExitStatus): number {
  if (timedOut) return TIMED_OUT;
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return code ?? SIGNAL_BASE + (numbers[signal ?? ""] ?? 0);
}

/** Options end where the command begins: at "--", or with the second plain word, so that its own options stay its own. */
export function splitCommand(args: readonly string[]): { own: string[]; command: string } {
  const takesValue = (arg: string) =>
    Object.entries(SHAPE.options).some(
      ([name, { type }]) => type === "string" && arg === `--${name}`,
    );
  let words = 0;
  for (let place = 0; place < args.length; place += 1) {
    const arg = args[place] ?? "";
    if (arg === "--") return { own: args.slice(0, place), command: lineOf(args.slice(place + 1)) };
    if (arg.startsWith("-")) {
      if (takesValue(arg)) place += 1;
      continue;
    }
    words += 1;
    if (words === 2) return { own: args.slice(0, place), command: lineOf(args.slice(place)) };
  }
  return { own: [...args], command: "" };
}

/** One word is a line for the shell in the sandbox; several are a program and its arguments, just as they are here. */
function lineOf(words: readonly string[]): string {
  if (words.length === 1) return words[0] ?? "";
  const quoted = words.map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  );
  return quoted.join(" ");
}

function timeoutOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Math.round(Number(text) * 1_000) : 0;
  if (ms < 100 || ms > EXEC_TIMEOUT_MAX_MS)
    throw new UsageError(
      `"${text}" is no timeout. --timeout takes seconds, at most ${EXEC_TIMEOUT_MAX_MS / 1_000}.`,
    );
  return ms;
}
