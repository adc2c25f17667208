// How much users, orgs and addresses may ask for: the defaults, and the variables that change them.

export interface LimitSettings {
  readonly requestsPerMinuteUser: number;
  readonly requestsPerMinuteOrg: number;
  readonly requestsPerMinuteAddress: number;
  readonly requestsPerMinuteUnproven: number;
  readonly signUpsPerHourAddress: number;
  readonly tokensPerMinuteUser: number;
  readonly previewRequestsPerMinuteUser: number;
}

const LIMIT_VARIABLES = {
  requestsPerMinuteUser: "REQUESTS_PER_MINUTE_USER",
  requestsPerMinuteOrg: "REQUESTS_PER_MINUTE_ORG",
  requestsPerMinuteAddress: "REQUESTS_PER_MINUTE_ADDRESS",
  requestsPerMinuteUnproven: "REQUESTS_PER_MINUTE_UNPROVEN",
  signUpsPerHourAddress: "SIGN_UPS_PER_HOUR_ADDRESS",
  tokensPerMinuteUser: "TOKENS_PER_MINUTE_USER",
  previewRequestsPerMinuteUser: "PREVIEW_REQUESTS_PER_MINUTE_USER",
} as const satisfies Record<keyof LimitSettings, string>;

export type LimitBindings = {
  readonly [Name in (typeof LIMIT_VARIABLES)[keyof LimitSettings]]?: string;
};

/** For an installation that strangers reach: far above what a person does, far below what hurts the others. */
const SHARED: LimitSettings = {
  requestsPerMinuteUser: 600,
  requestsPerMinuteOrg: 3_000,
  requestsPerMinuteAddress: 600,
  requestsPerMinuteUnproven: 120,
  signUpsPerHourAddress: 10,
  tokensPerMinuteUser: 60,
  // A development server answers one page with hundreds of files.
  previewRequestsPerMinuteUser: 6_000,
};
/** On one's own machine, where scripts and tests are the users and no address is counted. */
const EMBEDDED: LimitSettings = {
  ...SHARED,
  requestsPerMinuteUser: 6_000,
  requestsPerMinuteOrg: 12_000,
  tokensPerMinuteUser: 6_000,
  previewRequestsPerMinuteUser: 60_000,
};

/** Reads the limits; empty = the default. Throws RangeError with the name of one that is no whole number above 0. */
export function readLimits(bindings: LimitBindings, embedded: boolean): LimitSettings {
  const defaults = embedded ? EMBEDDED : SHARED;
  const read = (name: keyof LimitSettings): number => {
    const text = bindings[LIMIT_VARIABLES[name]]?.trim();
    return text ? wholeNumber(LIMIT_VARIABLES[name], text) : defaults[name];
  };
  return {
    requestsPerMinuteUser: read("requestsPerMinuteUser"),
    requestsPerMinuteOrg: read("requestsPerMinuteOrg"),
    requestsPerMinuteAddress: read("requestsPerMinuteAddress"),
    requestsPerMinuteUnproven: read("requestsPerMinuteUnproven"),
    signUpsPerHourAddress: read("signUpsPerHourAddress"),
    tokensPerMinuteUser: read("tokensPerMinuteUser"),
    previewRequestsPerMinuteUser: read("previewRequestsPerMinuteUser"),
  };
}

function wholeNumber(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`${name} must be a whole number above 0, not "${text}".`);
  return count;
}
