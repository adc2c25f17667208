// Whose changes are whose: between two checkpoints there is one owner, so the log says who changed the lines between them.
import { atTime, type GroupSandbox } from "@acos/group";
import {
  problem,
  ProblemError,
  type CheckpointId,
  type CheckpointView,
  type EventOf,
  type Hunk,
  type LogEvent,
  type MemberId,
  type RunId,
  type RunView,
  type SandboxId,
  type Undone,
} from "@acos/protocol";

import { isProblem, type SandboxPort, type Start } from "./sandbox-port.ts";

/** Checkpoints that are looked at, the newest. */
const CHECKPOINTS_MAX = 50;
/** Facts of the log that they are looked for in, of all sandboxes together. */
const LOOKED_MAX = 500;

export interface ChangedLinesRim {
  readonly port: SandboxPort;
  /** Facts of one kind that are in the object, newest first. */
  readonly newest: (
    kind: "checkpoint-made" | "sandbox-started",
    limit: number,
  ) => readonly LogEvent[];
  readonly run: (run: RunId) => Promise<RunView | null>;
}

interface Placed {
  readonly at: number;
  readonly event: EventOf<"checkpoint-made">;
}

/** A stretch of the workspace's history with one owner; `to` null is now. */
interface Interval {
  readonly from: CheckpointId;
  readonly to: CheckpointId | null;
  readonly owner: EventOf<"checkpoint-made">;
}

const NO_SUCH_CHECKPOINT = problem(
  "not_found",
  "There is no such checkpoint of this workspace, or it is older than those that are kept.",
);

export class ChangedLines {
  readonly #rim: ChangedLinesRim;

  constructor(rim: ChangedLinesRim) {
    this.#rim = rim;
  }

  /** The newest checkpoints of the workspace as it is now, newest first. Older than the object's own log there are none. */
  list(sandbox: SandboxId): readonly CheckpointView[] {
    return this.#made(sandbox).map(({ at, event: { checkpoint, run, turn, by } }) => ({
      checkpoint,
      at: atTime(at),
      ...(run && { run }),
      ...(turn && { turn }),
      ...(by && { by }),
    }));
  }

  /** Throws ProblemError `not_found` for a checkpoint that is not in the list. */
  requireOne(sandbox: SandboxId, checkpoint: CheckpointId): void {
    if (!this.#made(sandbox).some(({ event }) => event.checkpoint === checkpoint))
      throw new ProblemError(NO_SUCH_CHECKPOINT);
  }

  /** Changed lines, the oldest first, each with its owner. Throws ProblemError. */
  async between(
    start: Start,
    given: { from?: CheckpointId | undefined; to?: CheckpointId | undefined },
  ): Promise<readonly Hunk[]> {
    const found = await this.#found(start, this.#intervals(start.sandbox, given));
    return found.map(({ hunk }) => hunk);
  }

  /** Whether one of these hunks has come since the newest checkpoint: taken back, it would be nowhere. Throws ProblemError. */
  async hasUnkept(start: Start, hunks: readonly string[]): Promise<boolean> {
    const newest = this.#intervals(start.sandbox, {}).at(-1);
    const found = newest ? await this.#hunksOf(start, newest) : [];
    return found.some(({ hunk }) => hunks.includes(hunk));
  }

  /** Takes hunks back, those of the newest stretch first. What is not listed any more is refused by name. */
  async undo(
    start: Start,
    hunks: readonly string[],
    by: MemberId,
  ): Promise<Undone & { paths: string[] }> {
    const listed = await this.#found(start, this.#intervals(start.sandbox, {}));
    const wanted = new Set(hunks);
    const undone: Undone & { paths: string[] } = { undone: [], refused: [], paths: [] };
    const intervals = new Set(listed.toReversed().map(({ interval }) => interval));
    for (const interval of intervals) {
      const here = listed.filter(
        ({ hunk, interval: its }) => its === interval && wanted.has(hunk.hunk),
      );
      if (here.length === 0) continue;
      for (const { hunk } of here) wanted.delete(hunk.hunk);
      const names = here.map(({ hunk }) => hunk.hunk);
      const answer = await this.#rim.port.undo(start, { ...interval, hunks: names }, by);
      undone.undone.push(...answer.undone);
      undone.refused.push(...answer.refused);
      const paths = here.flatMap(({ hunk }) =>
        answer.undone.includes(hunk.hunk) ? hunk.path : [],
      );
      undone.paths = [...new Set([...undone.paths, ...paths])];
    }
    const reason = "There is no such change any more: list the changes again.";
    undone.refused.push(...Array.from(wanted, (hunk) => ({ hunk, reason })));
    return undone;
  }

  #made(sandbox: SandboxId): readonly Placed[] {
    const { newest } = this.#rim;
    const replaced = newest("sandbox-started", LOOKED_MAX).find(
      ({ event }) =>
        event.kind === "sandbox-started" && event.sandbox === sandbox && event.workspace !== "kept",
    );
    return newest("checkpoint-made", LOOKED_MAX)
      .flatMap(({ seq, at, event }) =>
        event.kind === "checkpoint-made" && event.sandbox === sandbox && seq > (replaced?.seq ?? 0)
          ? { at, event }
          : [],
      )
      .slice(0, CHECKPOINTS_MAX);
  }

  #intervals(
    sandbox: SandboxId,
    { from, to }: { from?: CheckpointId | undefined; to?: CheckpointId | undefined },
  ): readonly Interval[] {
    const made = this.#made(sandbox).toReversed();
    const at = (checkpoint: CheckpointId): number => {
      const found = made.findIndex(({ event }) => event.checkpoint === checkpoint);
      if (found < 0) throw new ProblemError(NO_SUCH_CHECKPOINT);
      return found;
    };
    const [first, end] = [from ? at(from) : 0, to ? at(to) : made.length];
    return made.slice(first, end).map(({ event }, index) => ({
      from: event.checkpoint,
      to: made[first + index + 1]?.event.checkpoint ?? null,
      owner: event,
    }));
  }

  async #found(
    start: Start,
    intervals: readonly Interval[],
  ): Promise<readonly { hunk: Hunk; interval: Interval }[]> {
    const all: { hunk: Hunk; interval: Interval }[] = [];
    for (const interval of intervals) {
      const owner = await this.#ownerOf(interval);
      for (const hunk of await this.#hunksOf(start, interval))
        all.push({ hunk: { ...hunk, ...owner }, interval });
    }
    return all;
  }

  /** None where the agent does not have the checkpoint any more. */
  async #hunksOf(start: Start, interval: Interval): Promise<readonly Hunk[]> {
    try {
      return (await this.#rim.port.changes(start, interval)).hunks;
    } catch (error) {
      if (isProblem(error, "not_found")) return [];
      throw error;
    }
  }

  async #ownerOf({ owner }: Interval): Promise<Pick<Hunk, "by" | "run" | "turn" | "message">> {
    const { run, turn, by } = owner;
    if (!run) return by ? { by } : {};
    const view = await this.#rim.run(run);
    const message = view?.turns.find((each) => each.turn === turn)?.message;
    return {
      run,
      ...(turn && { turn }),
      ...(view && { by: view.member }),
      ...(message && { message }),
    };
  }
}

/** Whether nothing can be asked of a sandbox's checkpoints without starting it. */
export function isAtRest({ epoch }: GroupSandbox): boolean {
  return epoch === null;
}
