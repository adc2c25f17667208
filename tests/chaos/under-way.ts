// What is under way right now, as the clients' events tell: kills are aimed at it, since quiet moments prove little.
import { setTimeout as pause } from "node:timers/promises";

import type { GroupEvent } from "@acos/protocol";

import type { Random } from "./random.ts";

export interface UnderWay {
  /** Takes an event, of any client, in any order between clients. */
  take(event: GroupEvent): void;
  /** Runs that were started and have not ended. */
  readonly runs: ReadonlySet<string>;
  /** Calls with an approval that were dispatched and have no result, each with its run. */
  readonly effects: ReadonlyMap<string, string>;
  /** Whether something is being done to the group's storage. */
  isStoring: boolean;
}

/** How long a kill waits for something to hit; then it falls where it falls. */
const AIM_MS = 1500;
const POLL_MS = 2;

export function watchUnderWay(): UnderWay {
  const [runs, approved, over] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const effects = new Map<string, string>();
  const take = (event: GroupEvent) => {
    // One client may show an end before another one shows the beginning: what is over stays over.
    if (event.kind === "run-started" && !over.has(event.run)) runs.add(event.run);
    if (event.kind === "approval-decided") approved.add(event.call);
    if (event.kind === "tool-call-dispatched" && approved.has(event.call))
      if (!over.has(event.call) && !over.has(event.run)) effects.set(event.call, event.run);
    if (event.kind === "tool-result-received") {
      over.add(event.call);
      effects.delete(event.call);
    }
    if (event.kind === "run-ended") {
      over.add(event.run);
      runs.delete(event.run);
      // An interrupted run never says what became of its calls.
      for (const [call, run] of effects) if (run === event.run) effects.delete(call);
    }
  };
  return { take, runs, effects, isStoring: false };
}

/**
 * Waits for a moment worth a kill: an effect on its way, something done to the storage, else a run under way; now and then
 * it does not wait at all.
 */
export async function aim(underWay: UnderWay, random: Random): Promise<void> {
  const dice = random.next();
  const isThere = () =>
    dice < 0.25
      ? underWay.effects.size > 0
      : dice < 0.6
        ? underWay.isStoring
        : underWay.runs.size > 0;
  if (dice > 0.85) return;
  const deadline = Date.now() + AIM_MS;
  while (!isThere() && Date.now() < deadline) await pause(POLL_MS);
  // Not always at the first moment of it.
  await pause(random.between(0, 60));
}
