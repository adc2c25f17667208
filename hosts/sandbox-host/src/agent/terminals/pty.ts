// The pseudo-terminal library, loaded when the first terminal is opened: it is native code, and not everywhere.
import { createRequire } from "node:module";

import type * as Library from "@lydell/node-pty";

import { refusal } from "../answer.ts";

export type Pty = Library.IPty;

/** Resolved from where the agent's file lies: its bundle has the library in a folder beside it. */
const load = createRequire(import.meta.url);

/** Throws ProblemError `unavailable`, with the reason, where the library cannot be loaded. */
export function ptyLibrary(): typeof Library {
  try {
    return load("@lydell/node-pty") as typeof Library;
  } catch (error) {
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw refusal(
      "unavailable",
      `Terminals do not work in this sandbox, everything else does: node-pty could not be loaded (${reason}).`,
    );
  }
}
