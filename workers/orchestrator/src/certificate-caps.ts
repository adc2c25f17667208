// What a Session Certificate allows at most: the agents that the group has, and numbers far above honest use.
import { CAP_LIST_MAX, type Caps } from "@acos/trust";
import type { AgentId, GroupId } from "@acos/protocol";
import { eq } from "drizzle-orm";

import { groupAgents } from "./store/control-tables.ts";
import type { Database } from "./store/database.ts";

/** Numbers an operator may set; empty = ours. Dollars may have decimals. */
export interface CapVariables {
  readonly TURN_MAX_TOKENS?: string;
  readonly TURN_MAX_DOLLARS?: string;
  readonly CERTIFICATE_MAX_TURNS?: string;
  readonly CERTIFICATE_MAX_TOKENS?: string;
  readonly CERTIFICATE_MAX_DOLLARS?: string;
  readonly CERTIFICATE_MAX_SANDBOXES?: string;
}

/** The caps that are numbers; costs in millionths of a US dollar. */
export type SpendingCaps = Required<
  Pick<Caps, "maxTokensPerTurn" | "maxCostPerTurn" | "maxTurns" | "maxTokens" | "maxCost">
>;

/** The caps of certificates for a Sandbox Host. */
export type SandboxCaps = Required<Pick<Caps, "maxSandboxes">>;

/** Far above a long answer, far below a runaway. */
const TURN_TOKENS = 1_000_000;
/** A full briefing and the longest answer of the dearest model come to less. */
const TURN_DOLLARS = 5;
/** In the 15 minutes of a certificate: fifty agents that never rest and take five seconds a turn make 9,000. */
const TURNS = 10_000;
/** So many turns of 20,000 tokens, which is a long talk. */
const TOKENS = 200_000_000;
/** Ten agents that never rest on a dear model, or a thousand on a cheap one. */
const DOLLARS = 100;
const MILLIONTHS = 1_000_000;
/** As many as a group may have: what its policy allows it, it may also have running. */
const SANDBOXES = 20;

/** Reads the numbers. Throws Error naming the variable that is no number above 0. */
export function readSpendingCaps(variables: CapVariables): SpendingCaps {
  const read = readerOf(variables);
  return {
    maxTokensPerTurn: read("TURN_MAX_TOKENS", TURN_TOKENS),
    maxCostPerTurn: read("TURN_MAX_DOLLARS", TURN_DOLLARS, MILLIONTHS),
    maxTurns: read("CERTIFICATE_MAX_TURNS", TURNS),
    maxTokens: read("CERTIFICATE_MAX_TOKENS", TOKENS),
    maxCost: read("CERTIFICATE_MAX_DOLLARS", DOLLARS, MILLIONTHS),
  };
}

/** Reads how many sandboxes a group may have running. Throws Error naming the variable that is no number above 0. */
export function readSandboxCaps(variables: CapVariables): SandboxCaps {
  return { maxSandboxes: readerOf(variables)("CERTIFICATE_MAX_SANDBOXES", SANDBOXES) };
}

function readerOf(variables: CapVariables) {
  return (name: keyof CapVariables, usual: number, unit = 1): number => {
    const text = variables[name]?.trim() ?? "";
    const count = Math.round((text === "" ? usual : Number(text)) * unit);
    if (Number.isSafeInteger(count) && count > 0) return count;
    throw new Error(`${name} must be a number above 0, such as ${usual}.`);
  };
}

/**
 * The agents that a group's certificate names, from our own rows: an agent is noted down before its group hears of it.
 * Undefined when they are more than a certificate can hold; then it names none and covers all.
 */
export async function coveredAgents(
  db: Database,
  group: GroupId,
): Promise<readonly AgentId[] | undefined> {
  const rows = await db
    .select({ agent: groupAgents.agent })
    .from(groupAgents)
    .where(eq(groupAgents.group, group))
    .limit(CAP_LIST_MAX + 1);
  return rows.length > CAP_LIST_MAX ? undefined : rows.map(({ agent }) => agent);
}
