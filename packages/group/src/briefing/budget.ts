// The budget of a group's briefings in estimated tokens, and who has how much of it.
import {
  BRIEFING_BUDGET_TOKENS,
  BRIEFING_COMPACT_SHARE,
  BRIEFING_KEEP_SHARE,
  BRIEFING_RETRY_SHARE,
  PINS_SHARE,
  SUMMARY_SHARE,
  type Policy,
} from "@acos/protocol";

import { SANDBOX_POLICY } from "../sandboxes/sandbox.ts";
import type { GroupState } from "../state.ts";
import { factorOf } from "./calibration.ts";

/** One message's share: a single one must never fill what is kept after a cut. */
const MESSAGE_SHARE = 0.2;
/** One tool result's share. */
const RESULT_SHARE = 0.1;

export interface Budget {
  /** All of a briefing but the agent's own instructions: the group's number, less where a provider counts more. */
  readonly all: number;
  /** The group's number itself: past it the window loses its oldest messages, summarised or not. */
  readonly most: number;
  /** Past it a summary is to be made. */
  readonly compact: number;
  /** What stays of the window after a cut. */
  readonly keep: number;
  /** Growth between two tries. */
  readonly retry: number;
  readonly summary: number;
  readonly pins: number;
  readonly message: number;
  readonly result: number;
}

type LaterRules = "briefingTokens" | "sandboxes";

/** A policy as logs of every age have it, with the budget and the rules for sandboxes that were meant. */
export function fullPolicy(policy: Omit<Policy, LaterRules> & Partial<Policy>): Policy {
  return {
    ...policy,
    briefingTokens: policy.briefingTokens ?? BRIEFING_BUDGET_TOKENS,
    sandboxes: policy.sandboxes ?? SANDBOX_POLICY,
  };
}

/**
 * The budget of a group. Where a provider counts more tokens than were estimated, what is told shrinks by as much; where it
 * counts fewer, it stays: the group's number is never passed in estimated tokens either.
 */
export function budgetOf(state: Pick<GroupState, "group" | "members" | "calibration">): Budget {
  const set = state.group?.policy.briefingTokens ?? BRIEFING_BUDGET_TOKENS;
  const all = set / Math.max(1, factorOf(state));
  return {
    all,
    most: set,
    compact: all * BRIEFING_COMPACT_SHARE,
    keep: all * BRIEFING_KEEP_SHARE,
    retry: all * BRIEFING_RETRY_SHARE,
    summary: Math.floor(set * SUMMARY_SHARE),
    pins: Math.floor(set * PINS_SHARE),
    message: Math.floor(set * MESSAGE_SHARE),
    result: Math.floor(set * RESULT_SHARE),
  };
}
