// All terminals of this start.
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";

import type { terminalOpenSchema, TerminalView } from "@acos/protocol";

import { refusal } from "../answer.ts";
import type { AgentEnvironment } from "../environment.ts";
import { resolvePath } from "../files/paths.ts";
import { endBeforeAgent, PROCESS_MARK } from "../processes/process-tree.ts";
import { OwnedTerminal } from "./owned-terminal.ts";
import { ptyLibrary } from "./pty.ts";

/** Terminals that run at once. */
const RUNNING_MAX = 32;
/** Ended ones that can still be looked at. */
const ENDED_MAX = 20;

type TerminalOpen = ReturnType<typeof terminalOpenSchema.parse>;

export class TerminalTable {
  readonly #environment: AgentEnvironment;
  readonly #terminals = new Map<string, OwnedTerminal>();

  constructor(environment: AgentEnvironment) {
    this.#environment = environment;
  }

  /** Opens one. Throws ProblemError where terminals do not work, or there are too many. */
  async open({ cols, rows, cwd, command }: TerminalOpen): Promise<OwnedTerminal> {
    this.#tidy();
    const folder = resolvePath(this.#environment.place, cwd ?? ".");
    const found = await stat(folder).catch(() => undefined);
    if (!found?.isDirectory())
      throw refusal("invalid_request", `There is no folder ${folder} to open a terminal in.`);
    const terminal = `t${randomBytes(4).toString("hex")}`;
    const mark = `terminal.${terminal}`;
    const pty = ptyLibrary().spawn("bash", command === undefined ? ["-l"] : ["-c", command], {
      name: "xterm-256color",
      cols,
      rows,
      cwd: folder,
      env: { ...this.#environment.inherited, [PROCESS_MARK]: mark },
      // Bytes, not text: a character may be cut in two.
      encoding: null,
    });
    endBeforeAgent(pty.pid);
    const owned = new OwnedTerminal({ terminal, pty, mark, cols, rows });
    this.#terminals.set(terminal, owned);
    return owned;
  }

  /** Throws ProblemError when there is none. */
  get(terminal: string): OwnedTerminal {
    const found = this.#terminals.get(terminal);
    if (found !== undefined) return found;
    throw refusal("not_found", `There is no terminal ${terminal}. Open a new one.`);
  }

  list(): TerminalView[] {
    return [...this.#terminals.values()].map((owned) => owned.view());
  }

  /** Ends a terminal and forgets it. Throws ProblemError when there is none. */
  async remove(terminal: string): Promise<void> {
    await this.get(terminal).end();
    this.#terminals.delete(terminal);
  }

  async end(): Promise<void> {
    await Promise.all([...this.#terminals.values()].map((owned) => owned.end()));
  }

  #tidy(): void {
    const all = [...this.#terminals.values()];
    const ended = all.filter(({ endedAt }) => endedAt !== undefined);
    if (all.length - ended.length >= RUNNING_MAX)
      throw refusal("quota_exceeded", `${RUNNING_MAX} terminals are open. Close one first.`);
    ended.sort((one, other) => (one.endedAt ?? 0) - (other.endedAt ?? 0));
    for (const { id } of ended.slice(0, -ENDED_MAX)) this.#terminals.delete(id);
  }
}
