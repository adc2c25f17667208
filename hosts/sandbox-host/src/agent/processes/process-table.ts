// All processes of this start: those that run, and those that ended lately, so that their output can be read again.
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";

import type { Exec, ProcessView } from "@acos/protocol";

import { refusal } from "../answer.ts";
import type { AgentEnvironment } from "../environment.ts";
import { resolvePath } from "../files/paths.ts";
import { tidyStreams } from "../kept-logs.ts";
import { OwnedProcess } from "./owned-process.ts";
import { PipeMaker } from "./pipes.ts";
import { markOf } from "./process-tree.ts";

export class ProcessTable {
  readonly #environment: AgentEnvironment;
  readonly #processes = new Map<string, OwnedProcess>();
  readonly #starting = new Map<string, Promise<OwnedProcess>>();
  readonly #pipes: PipeMaker;
  /** Tells this agent's marks from those of one that ran before. */
  readonly #instance = randomBytes(6).toString("hex");

  constructor(environment: AgentEnvironment) {
    this.#environment = environment;
    this.#pipes = new PipeMaker(environment.place.state);
  }

  /** Starts a command; with an id that is there already, finds that one. Throws ProblemError. */
  async start(exec: Exec & { readonly process?: string | undefined }): Promise<OwnedProcess> {
    const id = exec.process ?? `p${randomBytes(4).toString("hex")}`;
    const known = this.#processes.get(id) ?? this.#starting.get(id);
    if (known !== undefined) return known;
    const starting = this.#start(id, exec);
    this.#starting.set(id, starting);
    try {
      return await starting;
    } finally {
      this.#starting.delete(id);
    }
  }

  /** Throws ProblemError when there is none, or none any more. */
  get(id: string): OwnedProcess {
    const found = this.#processes.get(id);
    if (found !== undefined) return found;
    throw refusal("not_found", `There is no process ${id}. It may be from before a restart.`);
  }

  list(): ProcessView[] {
    return [...this.#processes.values()].map((owned) => owned.view());
  }

  /** Which of our processes started this pid; undefined where none did. */
  ownerOf(pid: number): string | undefined {
    const [instance, id] = markOf(pid)?.split(".") ?? [];
    return instance === this.#instance ? id : undefined;
  }

  /** Ends all that run. */
  async end(): Promise<void> {
    const running = [...this.#processes.values()].filter(({ exit }) => exit === undefined);
    await Promise.all(running.map((owned) => owned.end()));
  }

  async #start(id: string, exec: Exec): Promise<OwnedProcess> {
    const cwd = resolvePath(this.#environment.place, exec.cwd ?? ".");
    const folder = await stat(cwd).catch(() => undefined);
    if (!folder?.isDirectory())
      throw refusal("invalid_request", `There is no folder ${cwd} to run in.`);
    const start = {
      process: id,
      mark: `${this.#instance}.${id}`,
      command: exec.command,
      cwd,
      env: { ...this.#environment.inherited, ...exec.env },
      input: exec.input,
      timeoutMs: exec.background ? undefined : exec.timeoutMs,
      maxOutputBytes: exec.maxOutputBytes,
      background: exec.background,
    };
    const owned = await OwnedProcess.start(start, this.#pipes);
    this.#processes.set(id, owned);
    tidyStreams(this.#processes, Date.now());
    return owned;
  }
}
