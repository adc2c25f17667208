// The judge of a chaos run. Pure: it reads what clients saw and what the public API says, and never the product.
import { checkCommands } from "./check-commands.ts";
import { checkConnections } from "./check-connections.ts";
import { checkCopies } from "./check-copies.ts";
import { checkEffects } from "./check-effects.ts";
import { checkLog } from "./check-log.ts";
import { checkRuns } from "./check-runs.ts";
import { checkStorage } from "./check-storage.ts";
import type { History, Outcome, Violation } from "./history.ts";

/** All broken promises, in the order of the rules of SPEC.md; empty when every one was kept. */
export function check(history: History, outcome: Outcome): Violation[] {
  return [
    ...checkCommands(history, outcome),
    ...checkLog(history, outcome),
    ...checkConnections(history),
    ...checkRuns(outcome),
    ...checkEffects(outcome),
    ...checkStorage(outcome),
    ...checkCopies(history, outcome),
  ];
}
