// What care does with a record that does not open.
import { TrustError } from "@acos/trust";

import { logError } from "../log.ts";

/** A record that cannot be opened is told in the log and left as it is: it must not keep the others from their care. */
export async function orSkip(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    logError("a sealed record could not be opened for its new key", error);
  }
}
