// Calibration: how many tokens a provider counts per estimated one, learned from the usage it reports.
import type { EventOf } from "@acos/protocol";

import type { GroupState, Run } from "../state.ts";

/** Providers that are remembered. */
const PROVIDERS_MAX = 16;
/** A smaller call says more of what surrounds a text than of the text. */
const LEAST_TOKENS = 200;
const FACTOR_MIN = 0.5;
const FACTOR_MAX = 2;
/** How much of a difference is learned at once: an undercount quickly, an overcount slowly. */
const RISE = 0.5;
const FALL = 0.1;

/**
 * Learns from a turn that ended. `usage.inputTokens` is all that the provider read, from its cache or not. The
 * provider that counted last is the last of the map, and the one not heard of for longest is forgotten first.
 */
export function calibrate(
  calibration: GroupState["calibration"],
  run: Run,
  { estimatedInput, usage, model }: EventOf<"turn-ended">,
): GroupState["calibration"] {
  if (!estimatedInput || estimatedInput < LEAST_TOKENS || usage.inputTokens === 0)
    return calibration;
  const provider = providerOf(run.pin?.model ?? model);
  const before = calibration.get(provider) ?? 1;
  const seen = Math.min(FACTOR_MAX, Math.max(FACTOR_MIN, usage.inputTokens / estimatedInput));
  const learned = before + (seen - before) * (seen > before ? RISE : FALL);
  const after = Math.round(learned * 1_000) / 1_000;
  if (after === before) return calibration;
  const next = new Map(calibration);
  next.delete(provider);
  next.set(provider, after);
  for (const oldest of next.keys()) {
    if (next.size <= PROVIDERS_MAX) break;
    next.delete(oldest);
  }
  return next;
}

/** The largest factor among the providers of the group's agents; 1 where nothing was learned yet. */
export function factorOf({
  members,
  calibration,
}: Pick<GroupState, "members" | "calibration">): number {
  if (calibration.size === 0) return 1;
  let largest = 0;
  for (const member of members.values()) {
    if (member.type !== "agent") continue;
    largest = Math.max(largest, calibration.get(providerOf(member.pin.model)) ?? 1);
  }
  return largest || 1;
}

function providerOf(model: string): string {
  return model.split("/", 1)[0]!;
}
