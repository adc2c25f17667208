// Caps of a Session Certificate: what its holder may ask of a stateless worker, so that a stolen key cannot overspend.
import type { AgentId } from "@acos/protocol";

import type { ClaimReader } from "./claim-reader.ts";
import { TrustError } from "./trust-error.ts";

/** An absent member does not limit. Costs are millionths of the billing currency: whole numbers only. */
export interface Caps {
  readonly maxTokensPerTurn?: number;
  readonly maxCostPerTurn?: number;
  /** Of the certificate's whole life, all its turns together. */
  readonly maxTurns?: number;
  readonly maxTokens?: number;
  readonly maxCost?: number;
  /** Sandboxes of the group that run at the same time; the host counts them. */
  readonly maxSandboxes?: number;
  readonly tools?: readonly string[];
  readonly agents?: readonly AgentId[];
}

/** What one request is going to use; absent = nothing of that sort. */
export interface CapUse {
  readonly tokens?: number;
  readonly cost?: number;
  /** Everything that was used under the certificate, this request included; counting is the verifier's. */
  readonly inAll?: { readonly turns: number; readonly tokens: number; readonly cost: number };
  readonly tools?: readonly string[];
  readonly agent?: AgentId;
}

/** A list in a certificate must leave room for the rest within TOKEN_MAX_BYTES. */
export const CAP_LIST_MAX = 64;
const COUNTED = [
  "maxTokensPerTurn",
  "maxCostPerTurn",
  "maxTurns",
  "maxTokens",
  "maxCost",
] as const satisfies readonly (keyof Caps)[];

/** Throws TrustError `over_cap` naming the first cap that the use goes over. It keeps no count between requests. */
export function requireWithinCaps(caps: Caps, use: CapUse): void {
  const { tools, agents } = caps;
  const { turns, tokens, cost } = use.inAll ?? NOTHING;
  const used = {
    maxTokensPerTurn: use.tokens ?? 0,
    maxCostPerTurn: use.cost ?? 0,
    maxTurns: turns,
    maxTokens: tokens,
    maxCost: cost,
  };
  // Written so that NaN is over every cap.
  for (const name of COUNTED) if (!(used[name] <= (caps[name] ?? Infinity))) throw overCap(name);
  if (tools && use.tools?.some((tool) => !tools.includes(tool))) throw overCap("tools");
  if (agents && use.agent !== undefined && !agents.includes(use.agent)) throw overCap("agents");
}

const NOTHING = { turns: 0, tokens: 0, cost: 0 };

/** Reads the `caps` claim. An unknown cap is refused: ignoring it would widen what was meant as a limit. */
export function readCaps(claims: ClaimReader): Caps {
  claims.requireOnly([...COUNTED, "maxSandboxes", "tools", "agents"], "caps");
  const counts = [...COUNTED, "maxSandboxes"].filter((name) => claims.has(name));
  return {
    ...Object.fromEntries(counts.map((name) => [name, claims.count(name)])),
    ...(claims.has("tools") && { tools: claims.texts("tools", CAP_LIST_MAX) }),
    ...(claims.has("agents") && { agents: claims.ids("agents", "agent", CAP_LIST_MAX) }),
  };
}

function overCap(name: keyof Caps): TrustError {
  return new TrustError("session-certificate", "over_cap", name);
}
