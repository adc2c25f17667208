// Claims: before a call that has an effect is made, the group says, durably and once, that it is this request's to make.
import {
  GROUP_ORIGIN,
  problem,
  ProblemError,
  problemSchema,
  TOOL_CALL_CLAIMS_PATH,
  type ToolCallClaim,
} from "@acos/protocol";

import type { ClaimDesk } from "./env.ts";

/** A group answers within milliseconds; one that restarts, within seconds. */
const CLAIM_TIMEOUT_MS = 10_000;

export class ToolClaims {
  readonly #desk: ClaimDesk | undefined;

  constructor(desk: ClaimDesk | undefined) {
    this.#desk = desk;
  }

  /**
   * Resolves when the call is this request's to make. Throws the group's refusal as ProblemError, or `unavailable` when it
   * could not be asked: then the call must not be made, and since this request will not make it, it never was.
   */
  async require(claim: ToolCallClaim, signal: AbortSignal): Promise<void> {
    const response = await this.#ask(claim, signal);
    if (response.status === CLAIMED) return;
    const refusal = problemSchema.safeParse(await response.json().catch(() => null));
    throw new ProblemError(refusal.success ? refusal.data : notAsked());
  }

  async #ask(claim: ToolCallClaim, signal: AbortSignal): Promise<Response> {
    if (this.#desk === undefined) throw new ProblemError(notAsked());
    try {
      return await this.#desk.fetch(`${GROUP_ORIGIN}${TOOL_CALL_CLAIMS_PATH}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(claim),
        signal: AbortSignal.any([signal, AbortSignal.timeout(CLAIM_TIMEOUT_MS)]),
      });
    } catch {
      // Whatever kept the group from answering, the call is not made.
      throw new ProblemError(notAsked());
    }
  }
}

const CLAIMED = 204;

function notAsked() {
  const words =
    "The call was not made: the group could not be asked whether it still stands. Ask for it again.";
  return problem("unavailable", words);
}
