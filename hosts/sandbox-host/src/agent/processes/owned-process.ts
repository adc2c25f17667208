// One process of ours: `bash -c` in a session of its own, its output in a log, its end with all it started.
//
//   running ── exits, is ended, or takes too long ──▶ ended (its log stays to be read)
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import type { Readable, Writable } from "node:stream";

import { PROCESS_OUTPUT_KEPT_BYTES, type ExitStatus, type ProcessView } from "@acos/protocol";

import { refusal } from "../answer.ts";
import { FrameLog, type Cursor } from "../frame-log.ts";
import { OutputGatherer } from "./output-gatherer.ts";
import type { PipeMaker } from "./pipes.ts";
import { endBeforeAgent, endTree, PROCESS_MARK, type Tree } from "./process-tree.ts";

export interface ProcessStart {
  readonly process: string;
  /** Value of the mark that everything it starts inherits. */
  readonly mark: string;
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input: string | undefined;
  /** Undefined where it may take as long as it likes. */
  readonly timeoutMs: number | undefined;
  readonly maxOutputBytes: number | undefined;
  readonly background: boolean;
}

/** What a process may write while its only reader falls behind; then it waits, as it would on any pipe. */
const LAG_MAX_BYTES = 256 * 1024;
/** Input that a process has not taken yet. */
const INPUT_WAITING_MAX_BYTES = 1024 * 1024;
/** Pipes that stay open after the end belong to what it left running; so long they may bring the last output. */
const DRAIN_MS = 250;
const COMMAND_SHOWN_CHARS = 1_000;

/** A started child with the agent's ends of its pipes. */
interface Started {
  readonly child: ChildProcess;
  /** Undefined where all its input stood ready at its start. */
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

export class OwnedProcess {
  readonly id: string;
  readonly log: FrameLog;
  readonly background: boolean;
  readonly startedAt = new Date();
  readonly #start: ProcessStart;
  readonly #started: Started;
  readonly #gatherer: OutputGatherer;
  #exit: ExitStatus | undefined;
  #endedAt: number | undefined;
  #timedOut = false;
  #timer: NodeJS.Timeout | undefined;
  #ending: Promise<void> | undefined;
  /** How far the reader got that slows the process down; undefined where none does. */
  #taken: Cursor | undefined;

  private constructor(start: ProcessStart, started: Started) {
    this.id = start.process;
    this.background = start.background;
    this.#start = start;
    this.#started = started;
    const limit = start.maxOutputBytes;
    this.log = new FrameLog(
      limit === undefined
        ? { capacity: PROCESS_OUTPUT_KEPT_BYTES }
        : { capacity: limit, held: true },
    );
    this.log.append({ t: "start", process: start.process });
    this.#gatherer = new OutputGatherer((t, data) => this.log.append({ t, data }));
    this.#listen();
    if (start.timeoutMs !== undefined)
      this.#timer = setTimeout(() => void this.#timeOut(), start.timeoutMs);
  }

  /** Starts it. Rejects with a ProblemError or the system's error where it cannot be started. */
  static async start(start: ProcessStart, pipes: PipeMaker): Promise<OwnedProcess> {
    return new OwnedProcess(start, await startChild(start, pipes));
  }

  get exit(): ExitStatus | undefined {
    return this.#exit;
  }

  /** Milliseconds since the epoch at which it ended. */
  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  get command(): string {
    return this.#start.command;
  }

  /** Where its tree is looked for. An ended one's pid may be another's by now, so only the mark counts. */
  get tree(): Tree {
    return { mark: this.#start.mark, root: this.#exit ? -1 : (this.#started.child.pid ?? -1) };
  }

  view(): ProcessView {
    return {
      process: this.id,
      command: shortened(this.command),
      state: this.#exit ? "ended" : "running",
      startedAt: this.startedAt.toISOString(),
      ...(this.#exit && { exit: this.#exit }),
      head: this.log.last,
    };
  }

  /** Hands bytes to its input. Throws ProblemError when it has ended, closed its input or does not read. */
  write(data: Buffer, close: boolean): void {
    const { stdin } = this.#started;
    if (this.#exit || !stdin || stdin.destroyed || stdin.writableEnded)
      throw refusal("conflict", `Process ${this.id} takes no input any more.`);
    if (stdin.writableLength + data.length > INPUT_WAITING_MAX_BYTES)
      throw refusal(
        "rate_limited",
        `Process ${this.id} does not read its input: ${stdin.writableLength} bytes wait already.`,
      );
    if (data.length > 0) stdin.write(data);
    if (close) stdin.end();
  }

  /** Ends it and all it started. Resolves when they are gone and its last frame is written. */
  async end(): Promise<void> {
    this.#ending ??= endTree(this.tree).finally(() => (this.#ending = undefined));
    // A process that waits for its reader could not even end.
    this.slowBy(undefined);
    await this.#ending;
    const patience = AbortSignal.timeout(DRAIN_MS * 4);
    while (!this.log.ended && !patience.aborted) await this.log.change(patience);
  }

  /** Lets a reader slow the process down: told how far it got, or undefined when it left. */
  slowBy(taken: Cursor | undefined): void {
    this.#taken = taken;
    this.#pace();
  }

  #listen(): void {
    const { child, stdin, stdout, stderr } = this.#started;
    for (const stream of [stdin, stdout, stderr]) stream?.on("error", () => undefined);
    child.on("error", () => undefined);
    stdout.on("data", (data: Buffer) => this.#take("out", data));
    stderr.on("data", (data: Buffer) => this.#take("err", data));
    let open = 2;
    for (const pipe of [stdout, stderr]) pipe.once("close", () => (open -= 1));
    child.once("exit", (code, signal) => {
      const patience = setTimeout(() => this.#finish(code, signal), DRAIN_MS);
      const finish = () => {
        if (open > 0) return;
        clearTimeout(patience);
        this.#finish(code, signal);
      };
      for (const pipe of [stdout, stderr]) pipe.once("close", finish);
      finish();
      stdin?.destroy();
    });
  }

  #take(stream: "out" | "err", data: Buffer): void {
    // What was left running may write on: it is read, so that it goes on, and not kept.
    if (this.log.ended) return;
    this.#gatherer.add(stream, data);
    this.#pace();
  }

  /** Without a limit on its output, the one who waits for a process takes all of it, as fast as it can. */
  #pace(): void {
    const slowed =
      this.#taken !== undefined &&
      this.#start.maxOutputBytes === undefined &&
      this.log.costAfter(this.#taken) > LAG_MAX_BYTES;
    for (const pipe of [this.#started.stdout, this.#started.stderr]) {
      if (slowed) pipe.pause();
      else if (pipe.isPaused()) pipe.resume();
    }
  }

  async #timeOut(): Promise<void> {
    if (this.#exit) return;
    this.#timedOut = true;
    await this.end();
  }

  #finish(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#exit) return;
    // A reader that is behind has not seen the last output yet: the pipes are read to their end first.
    if (this.#started.stdout.isPaused()) {
      setTimeout(() => this.#finish(code, signal), DRAIN_MS);
      return;
    }
    clearTimeout(this.#timer);
    this.#gatherer.flush();
    this.#exit = { code, signal, timedOut: this.#timedOut };
    this.#endedAt = Date.now();
    this.log.append({ t: "exit", ...this.#exit });
  }
}

/** Three hundred long scripts would make a list of many megabytes. */
function shortened(command: string): string {
  return command.length > COMMAND_SHOWN_CHARS
    ? `${command.slice(0, COMMAND_SHOWN_CHARS)}…`
    : command;
}

async function startChild(start: ProcessStart, pipes: PipeMaker): Promise<Started> {
  const input = start.input ?? (start.background ? undefined : "");
  const streams = await pipes.streams(input);
  try {
    const child = spawn("bash", ["-c", start.command], {
      cwd: start.cwd,
      // A shell at level 1 whose input is a socket would read somebody's .bashrc.
      env: { SHLVL: "1", ...start.env, [PROCESS_MARK]: start.mark },
      detached: true,
      stdio: streams ? [...streams.far] : "pipe",
    });
    if (child.pid === undefined) {
      const failed = Promise.withResolvers<never>();
      child.once("error", failed.reject);
      await failed.promise;
    }
    if (child.pid !== undefined) endBeforeAgent(child.pid);
    return streams ? { child, ...streams } : withNodesOwn(child, input);
  } catch (error) {
    for (const near of [streams?.stdin, streams?.stdout, streams?.stderr]) near?.destroy();
    throw error;
  } finally {
    for (const far of streams?.far ?? []) closeSync(far);
  }
}

/** Where no pipes can be made: sockets, which serve nearly everything. */
function withNodesOwn(child: ChildProcess, input: string | undefined): Started {
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error("the process has no streams");
  stdin.on("error", () => undefined);
  if (input !== undefined) stdin.end(input);
  return { child, stdin: input === undefined ? stdin : undefined, stdout, stderr };
}
