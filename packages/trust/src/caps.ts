// Caps of a Session Certificate: what its holder may ask of a stateless worker, so that a stolen key cannot overspend.
import type { AgentId } from "@acos/protocol";

import type { ClaimReader } from "./claim-reader.ts";
import { TrustError } from "./trust-error.ts";

/** An absent member does not limit. */
export interface Caps {
  readonly maxTokensPerTurn?: number;
  /** In millionths of the billing currency: whole numbers only. */
  readonly maxCostPerTurn?: number;
  readonly tools?: readonly string[];
  readonly agents?: readonly AgentId[];
}

/** What one request is going to use; absent = nothing of that sort. */
export interface CapUse {
  readonly tokens?: number;
  readonly cost?: number;
  readonly tools?: readonly string[];
  readonly agent?: AgentId;
}

/** A list in a certificate must leave room for the rest within TOKEN_MAX_BYTES. */
const LIST_MAX = 64;
const CAP_NAMES = ["maxTokensPerTurn", "maxCostPerTurn", "tools", "agents"];

/** Throws TrustError `over_cap` naming the first cap that the use goes over. It keeps no count between requests. */
export function requireWithinCaps(caps: Caps, use: CapUse): void {
  const { maxTokensPerTurn = Infinity, maxCostPerTurn = Infinity, tools, agents } = caps;
  // Written so that NaN is over every cap.
  if (!((use.tokens ?? 0) <= maxTokensPerTurn)) throw overCap("maxTokensPerTurn");
  if (!((use.cost ?? 0) <= maxCostPerTurn)) throw overCap("maxCostPerTurn");
  if (tools && use.tools?.some((tool) => !tools.includes(tool))) throw overCap("tools");
  if (agents && use.agent !== undefined && !agents.includes(use.agent)) throw overCap("agents");
}

/** Reads the `caps` claim. An unknown cap is refused: ignoring it would widen what was meant as a limit. */
export function readCaps(claims: ClaimReader): Caps {
  claims.requireOnly(CAP_NAMES, "caps");
  return {
    ...(claims.has("maxTokensPerTurn") && { maxTokensPerTurn: claims.count("maxTokensPerTurn") }),
    ...(claims.has("maxCostPerTurn") && { maxCostPerTurn: claims.count("maxCostPerTurn") }),
    ...(claims.has("tools") && { tools: claims.texts("tools", LIST_MAX) }),
    ...(claims.has("agents") && { agents: claims.ids("agents", "agent", LIST_MAX) }),
  };
}

function overCap(name: keyof Caps): TrustError {
  return new TrustError("session-certificate", "over_cap", name);
}
