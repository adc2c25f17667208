// One hole in the sources, and the test that has to see it.
import type { Patch } from "../chaos/bundles.ts";

export interface SeededBug {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** The test file that catches it, from the repository's root. */
  readonly test: string;
  /** The title of the test that fails, as it stands there. */
  readonly caughtBy: string;
}
