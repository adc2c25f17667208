// Checkpoints: the sources are kept before somebody else changes them, so that every change between two has one owner.
import type { GroupSandbox } from "@acos/group";
import {
  makeId,
  ProblemError,
  type CheckpointId,
  type MemberId,
  type RunId,
  type SandboxId,
} from "@acos/protocol";

import type { SandboxFacts } from "./sandbox-facts.ts";
import { isProblem, type SandboxPort, type Start } from "./sandbox-port.ts";

/** Whose changes come next: a run's turn, or a member's. */
export type Changer = { readonly run: RunId; readonly turn: number } | { readonly by: MemberId };

export class Checkpoints {
  readonly #port: SandboxPort;
  readonly #facts: SandboxFacts;
  readonly #now: () => number;
  readonly #making = new Map<SandboxId, Promise<unknown>>();

  constructor(port: SandboxPort, facts: SandboxFacts, now: () => number) {
    this.#port = port;
    this.#facts = facts;
    this.#now = now;
  }

  /**
   * Sees to it that the newest checkpoint is this changer's. A sandbox that cannot make one is used without; one whose start
   * is over throws ProblemError `sandbox_replaced`.
   */
  async before(start: Start, changer: Changer): Promise<void> {
    // Nothing is waited for between looking and making: two who come together make one.
    while (this.#making.has(start.sandbox)) await this.#making.get(start.sandbox);
    const sandbox = this.#facts.find(start.sandbox);
    if (!sandbox || isOwner(sandbox, changer)) return;
    await this.makeIfPossible(start, changer);
  }

  /** Makes one, whoever's the newest is, where the sandbox can. One whose start is over throws ProblemError `sandbox_replaced`. */
  async makeIfPossible(start: Start, changer: Changer): Promise<void> {
    try {
      await this.make(start, changer);
    } catch (error) {
      if (isProblem(error, "sandbox_replaced") || !(error instanceof ProblemError)) throw error;
    }
  }

  /** Makes one in any case. Throws ProblemError. */
  make(start: Start, changer: Changer): Promise<CheckpointId> {
    const { sandbox } = start;
    const made = this.#make(start, changer);
    const settled = made
      .catch(() => {
        // Whoever makes it hears of it.
      })
      .finally(() => {
        if (this.#making.get(sandbox) === settled) this.#making.delete(sandbox);
      });
    this.#making.set(sandbox, settled);
    return made;
  }

  async #make(start: Start, changer: Changer): Promise<CheckpointId> {
    const { sandbox } = start;
    const random = crypto.getRandomValues(new Uint8Array(10));
    const checkpoint = makeId("checkpoint", this.#now(), random);
    const actor = "by" in changer ? changer.by : null;
    const { described } = await this.#port.checkpoint(start, checkpoint, actor);
    this.#facts.note({ kind: "checkpoint-made", sandbox, checkpoint, ...changer });
    this.#facts.note({ kind: "sandbox-described", sandbox, text: described });
    return checkpoint;
  }
}

function isOwner({ checkpoint }: GroupSandbox, changer: Changer): boolean {
  if (!checkpoint) return false;
  if ("by" in changer) return checkpoint.by === changer.by;
  return checkpoint.run === changer.run && checkpoint.turn === changer.turn;
}
