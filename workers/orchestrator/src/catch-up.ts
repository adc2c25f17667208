// Works on what groups are still to be told, beside an answer and when it is due; what fails is logged and stays owed.
import { deliverAdoptions } from "./adoptions.ts";
import type { ControlPlane } from "./control-plane.ts";
import { deliverDepartures } from "./departures.ts";
import { logError } from "./log.ts";

/** Each answers how many groups could not be told. */
const DELIVERIES = [deliverDepartures, deliverAdoptions] as const;

export async function catchUp(plane: ControlPlane): Promise<void> {
  if (!plane.outbox.takeDue(plane.clock.now())) return;
  for (const deliver of DELIVERIES)
    try {
      if ((await deliver(plane)) > 0) plane.outbox.noteOwing();
    } catch (error) {
      plane.outbox.noteOwing();
      logError("the outbox could not be worked on", error);
    }
}
