// Care for keys beside somebody's request, when it is time for it.
import type { ControlPlane } from "../control-plane.ts";
import { logError } from "../log.ts";
import { careForKeys } from "./care.ts";

/** Cares for keys when it is time. Never throws: what could not be done is done the next time. */
export async function careWhenDue(plane: ControlPlane): Promise<void> {
  if (!plane.care.takeDue(plane.keys, plane.clock.now())) return;
  try {
    const { left } = await careForKeys(plane);
    plane.care.noteDone(left, plane.clock.now());
  } catch (error) {
    logError("keys could not be cared for", error);
  }
}
