// Commands on their way: kept until the group has acknowledged them, so that a reconnect can send them again under the same id.
import type { Command, LogEvent, MemberId, Problem } from "@acos/protocol";

import { RequestProblem } from "./request-problem.ts";

export interface PendingCommand {
  readonly id: string;
  readonly command: Command;
  /** When it was given, ms since the epoch. */
  readonly at: number;
  /** `sending` until the group answered; `refused` ones stay until they are dismissed. */
  readonly state: "sending" | "refused";
  readonly problem?: Problem;
}

interface Held {
  shown: PendingCommand;
  /** Set by the acknowledgement; the command is let go when the event with this seq has been folded in. */
  seq?: number;
  /** Its event seems to be here already, before the acknowledgement: do not show it twice. */
  seen?: true;
  resolve(outcome: { seq: number }): void;
  reject(problem: RequestProblem): void;
}

export class Outbox {
  readonly #held = new Map<string, Held>();

  /** Keeps a command and promises its outcome. */
  add(id: string, command: Command, at: number): Promise<{ seq: number }> {
    return new Promise((resolve, reject) => {
      this.#held.set(id, { shown: { id, command, at, state: "sending" }, resolve, reject });
    });
  }

  /** Commands without an answer yet, oldest first. */
  unanswered(): readonly PendingCommand[] {
    return [...this.#held.values()]
      .filter((held) => held.seq === undefined && held.shown.state === "sending")
      .map((held) => held.shown);
  }

  /** Commands a reader should see as on their way or refused, oldest first. */
  shown(): readonly PendingCommand[] {
    return [...this.#held.values()].filter((held) => !held.seen).map((held) => held.shown);
  }

  /** Takes an acknowledgement; `last` is the newest seq folded in so far. Unknown ids are passed over. */
  acknowledge(id: string, seq: number, last: number): void {
    const held = this.#held.get(id);
    if (!held) return;
    held.seq = seq;
    held.resolve({ seq });
    if (seq <= last) this.#held.delete(id);
  }

  /** Takes a final refusal; a refused message stays to be shown, every other command is let go. */
  refuse(id: string, problem: Problem): void {
    const held = this.#held.get(id);
    if (!held) return;
    if (held.shown.command.kind === "message-post")
      held.shown = { ...held.shown, state: "refused", problem };
    else this.#held.delete(id);
    held.reject(new RequestProblem(problem, 0));
  }

  /** Lets go of a refused command that the reader has put away. Returns it, to be edited and sent anew. */
  dismiss(id: string): PendingCommand | undefined {
    const held = this.#held.get(id);
    if (held?.shown.state !== "refused") return undefined;
    this.#held.delete(id);
    return held.shown;
  }

  /** Notes an event of the log: what it answers is let go, or hidden until its acknowledgement comes. */
  notice(entry: LogEvent, self: MemberId | undefined): void {
    for (const [id, held] of this.#held)
      if (held.seq !== undefined && held.seq <= entry.seq) this.#held.delete(id);
    if (entry.event.kind !== "message-posted" || entry.event.by !== self) return;
    const said = JSON.stringify(entry.event.parts);
    for (const held of this.#held.values()) {
      const { command } = held.shown;
      if (held.seen || held.seq !== undefined || command.kind !== "message-post") continue;
      if (JSON.stringify(command.parts) !== said) continue;
      held.seen = true;
      return;
    }
  }

  /** Gives up on everything without an answer. Whether the group has done it is then unknown to the caller. */
  abandon(problem: Problem): void {
    for (const held of this.#held.values())
      if (held.seq === undefined && held.shown.state === "sending")
        held.reject(new RequestProblem(problem, 0));
    this.#held.clear();
  }
}
