// Refusals of what a certificate does not pay for, in words for the people of the group and for its operator.
import { problem, ProblemError } from "@acos/protocol";
import { requireWithinCaps, TrustError, type CapUse, type SessionCertificate } from "@acos/trust";

interface Limit {
  readonly of: "turn" | "certificate";
  readonly amount: (count: number) => string;
  /** The Orchestrator's variable; `acos up` takes it with ACOS_ in front. */
  readonly setting: string;
}

const tokens = (count: number) => `${count} tokens`;
const dollars = (count: number) => `$${(count / 1_000_000).toFixed(2)}`;

const LIMITS = {
  maxTokensPerTurn: { of: "turn", amount: tokens, setting: "TURN_MAX_TOKENS" },
  maxCostPerTurn: { of: "turn", amount: dollars, setting: "TURN_MAX_DOLLARS" },
  maxTurns: {
    of: "certificate",
    amount: (count) => `${count} turns`,
    setting: "CERTIFICATE_MAX_TURNS",
  },
  maxTokens: { of: "certificate", amount: tokens, setting: "CERTIFICATE_MAX_TOKENS" },
  maxCost: { of: "certificate", amount: dollars, setting: "CERTIFICATE_MAX_DOLLARS" },
} as const satisfies Readonly<Record<string, Limit>>;

/** Throws ProblemError `over_cap` that says which limit is reached, until when, and who can raise it. */
export function requireAffordable(certificate: SessionCertificate, use: CapUse): void {
  try {
    requireWithinCaps(certificate.caps, use);
  } catch (error) {
    if (!(error instanceof TrustError) || !isLimit(error.about)) throw error;
    throw new ProblemError(problem("over_cap", words(certificate, error.about)));
  }
}

function words({ caps, expiresAtMs }: SessionCertificate, name: keyof typeof LIMITS): string {
  const { of, amount, setting }: Limit = LIMITS[name];
  const limit = amount(caps[name] ?? 0);
  const raise = `An operator raises the limit with ${setting}.`;
  if (of === "turn") return `This turn would take more than the ${limit} of one turn. ${raise}`;
  const end = new Date(expiresAtMs).toISOString().slice(11, 16);
  return `This group has no room left within the ${limit} of one certificate. It can go on with the next one, at ${end} UTC at the latest. ${raise}`;
}

function isLimit(name: string | undefined): name is keyof typeof LIMITS {
  return name !== undefined && Object.hasOwn(LIMITS, name);
}
