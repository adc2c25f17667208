// Tool Grants: the group's word, under its session key, that exactly this call may be made now; each is taken once.
import type { ToolCallRequest } from "@acos/protocol";
import { argumentsDigest, NonceCache, TrustError, verifyToolGrant } from "@acos/trust";

import type { Caller } from "./authenticate.ts";

/** Remembers grants for the life of an isolate; another isolate does not know what this one saw. */
export class ToolGrants {
  readonly #used = new NonceCache();

  /**
   * Throws TrustError unless the call's grant was signed by the caller's session key for exactly this call, tool and
   * arguments, and was not taken before. Answers the digest that it is bound to. Whether the group's log has dispatched the
   * call is not known here: for calls that have an effect, `ToolClaims` asks.
   */
  async take(caller: Caller, wanted: ToolCallRequest, nowMs: number): Promise<string> {
    const { group, run, turn, call, dispatch } = wanted;
    const digest = await argumentsDigest(wanted.tool, wanted.arguments);
    const bound = { group, run, turn, call, dispatch, argumentsDigest: digest };
    const grant = await verifyToolGrant(wanted.grant, caller.sessionKey, {
      audience: "acos:tool-gateway",
      ...bound,
      nowMs,
    });
    const name = [group, run, call, dispatch].join(".");
    if (!this.#used.remember(name, grant.expiresAtMs, nowMs))
      throw new TrustError("tool-grant", "used");
    return digest;
  }
}
