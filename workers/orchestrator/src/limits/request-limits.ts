// The limits a request meets: by network address before anybody is proven, by user and org afterwards; each with its wait.
import { problem, ProblemError, type OrgId, type UserId } from "@acos/protocol";

import { clientAddressOf } from "./client-address.ts";
import type { LimitSettings } from "./limit-settings.ts";
import { TokenBuckets } from "./token-buckets.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Wrong passwords from one address, over all e-mail addresses: people who share one mistype, too. */
const WRONG_PASSWORDS = { count: 20, perMs: 10 * MINUTE_MS } as const;

interface LimitParts {
  readonly settings: LimitSettings;
  readonly embedded: boolean;
  readonly now: () => number;
}

/** Counts in this isolate's memory. Every method throws ProblemError `rate_limited` when something came too often. */
export class RequestLimits {
  readonly #embedded: boolean;
  readonly #now: () => number;
  readonly #address: TokenBuckets;
  readonly #unproven: TokenBuckets;
  readonly #signUps: TokenBuckets;
  readonly #user: TokenBuckets;
  readonly #org: TokenBuckets;
  readonly #tokens: TokenBuckets;
  readonly #previews: TokenBuckets;
  readonly #passwords = new TokenBuckets(WRONG_PASSWORDS);

  constructor({ settings, embedded, now }: LimitParts) {
    this.#embedded = embedded;
    this.#now = now;
    const perMinute = (count: number) => new TokenBuckets({ count, perMs: MINUTE_MS });
    this.#address = perMinute(settings.requestsPerMinuteAddress);
    this.#unproven = perMinute(settings.requestsPerMinuteUnproven);
    this.#user = perMinute(settings.requestsPerMinuteUser);
    this.#org = perMinute(settings.requestsPerMinuteOrg);
    this.#tokens = perMinute(settings.tokensPerMinuteUser);
    this.#previews = perMinute(settings.previewRequestsPerMinuteUser);
    this.#signUps = new TokenBuckets({ count: settings.signUpsPerHourAddress, perMs: HOUR_MS });
  }

  /** A request of anybody. */
  countRequest(request: Request): void {
    this.#takeByAddress(this.#address, request, "requests from this network address");
  }

  /** A request that proved nothing. */
  countUnproven(request: Request): void {
    this.#takeByAddress(this.#unproven, request, "requests without a sign-in from this address");
  }

  countSignUp(request: Request): void {
    this.#takeByAddress(this.#signUps, request, "sign-ups from this network address");
  }

  countUser(user: UserId): void {
    refuseFor(this.#user.take(user, this.#now()), "requests of this user");
  }

  /** A request that concerns an org; by somebody who is in it or in the group, so that strangers use nothing up. */
  countOrg(org: OrgId): void {
    refuseFor(this.#org.take(org, this.#now()), "requests of this organization");
  }

  countToken(user: UserId): void {
    refuseFor(this.#tokens.take(user, this.#now()), "routing tokens for this user");
  }

  /** A request to a preview, which is no request to the product: it has a measure of its own. */
  countPreview(user: UserId): void {
    refuseFor(this.#previews.take(user, this.#now()), "requests to previews by this user");
  }

  /** Before a password is looked at: it counts as wrong until it is given back. */
  takePasswordCheck(request: Request): void {
    this.#takeByAddress(this.#passwords, request, "wrong passwords from this network address");
  }

  /** What was taken turned out to be no wrong password. */
  giveBackPasswordCheck(request: Request): void {
    const address = clientAddressOf(request, this.#embedded);
    if (address !== undefined) this.#passwords.giveBack(address, this.#now());
  }

  #takeByAddress(buckets: TokenBuckets, request: Request, what: string): void {
    const address = clientAddressOf(request, this.#embedded);
    if (address !== undefined) refuseFor(buckets.take(address, this.#now()), what);
  }
}

function refuseFor(retryAfterMs: number, what: string): void {
  if (retryAfterMs === 0) return;
  const seconds = Math.ceil(retryAfterMs / 1000);
  const words = `Too many ${what}. Send it again in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`;
  throw new ProblemError(problem("rate_limited", words, { retryAfterMs }));
}
