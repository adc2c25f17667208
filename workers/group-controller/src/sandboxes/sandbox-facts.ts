// What the log knows of a group's sandboxes, and the way to tell it more.
import type { GroupSandbox, GroupState, SandboxNote } from "@acos/group";
import { problem, ProblemError, type Policy, type SandboxId } from "@acos/protocol";

import type { WriteOutcome } from "../append.ts";

export const NO_SUCH_SANDBOX = problem("not_found", "There is no such sandbox in this group.");

export class SandboxFacts {
  readonly #state: () => GroupState;
  readonly #write: (command: SandboxNote) => WriteOutcome;

  constructor(state: () => GroupState, write: (command: SandboxNote) => WriteOutcome) {
    this.#state = state;
    this.#write = write;
  }

  get state(): GroupState {
    return this.#state();
  }

  get policy(): Policy["sandboxes"] {
    return this.#state().group!.policy.sandboxes;
  }

  all(): readonly GroupSandbox[] {
    return [...this.#state().sandboxes.values()];
  }

  find(sandbox: SandboxId): GroupSandbox | null {
    return this.#state().sandboxes.get(sandbox) ?? null;
  }

  /** Throws ProblemError `not_found` for one that is not there, or not any more. */
  get(sandbox: SandboxId): GroupSandbox {
    const found = this.find(sandbox);
    if (!found) throw new ProblemError(NO_SUCH_SANDBOX);
    return found;
  }

  /** Writes a fact down and answers its seq. What is told of a sandbox that is gone is dropped. */
  note(note: SandboxNote["note"]): number {
    const written = this.#write({ kind: "sandbox-note", note });
    return written.ok ? written.seq : this.#state().head;
  }
}
