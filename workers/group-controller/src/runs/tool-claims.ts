// Claims of tool calls: an effect happens once, so the Agents Worker asks, before it makes a call, whether it may.
import { problem, type Result, type ToolCallClaim } from "@acos/protocol";

import type { WritePath } from "../append.ts";
import type { UsedTokens } from "../sockets/accept.ts";

/**
 * A claim is remembered as long as any certificate of now counts: no request that could be sent again is older. When the
 * call has its result, the log itself refuses it.
 */
const REMEMBERED_S = 15 * 60;

const REFUSED = problem(
  "conflict",
  "The call was not made: nobody waits for it, or another request has taken it on. It is made once only.",
);

/**
 * Leaves a call to whoever claims it first. It must be the call that the log has: with an effect, dispatched that often,
 * with these arguments, and without a result. What is answered is written, but may not be on disk yet.
 */
export function claimCall(
  { path, tokens }: { readonly path: WritePath; readonly tokens: UsedTokens },
  claim: ToolCallClaim,
  now: number,
): Result<null> {
  const { open } = path.state.runs.get(claim.run) ?? {};
  const call = open?.calls.find((each) => each.call === claim.call);
  const isAwaited =
    call?.effect === true && call.dispatches === claim.dispatch && call.result === null;
  if (!isAwaited || call.digest !== claim.digest) return { ok: false, problem: REFUSED };
  const jti = ["claim", claim.run, claim.call, claim.dispatch].join(":");
  const exp = Math.floor(now / 1000) + REMEMBERED_S;
  return tokens.use({ jti, exp }, now)
    ? { ok: true, value: null }
    : { ok: false, problem: REFUSED };
}
