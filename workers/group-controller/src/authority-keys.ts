// The authority's public keys: asked for when a socket is proven, kept, and what routing tokens are verified with here.
import {
  problem,
  ProblemError,
  type CertificateAuthorityControl,
  type GroupId,
} from "@acos/protocol";
import { KeyRing, TrustError, verifyRoutingToken, type RoutingToken } from "@acos/trust";

/** An unknown key id makes us look again, but not more often than this: anybody can name unknown keys. */
const REFETCH_PAUSE_MS = 5_000;
/** Keys are looked at again after this long, so that a withdrawn one does not live as long as the object. */
const RING_MAX_AGE_MS = 10 * 60_000;

export class AuthorityKeys {
  readonly #authority: Pick<CertificateAuthorityControl, "publicKeys">;
  readonly #now: () => number;
  #ring: KeyRing | undefined;
  #askedAt = -Infinity;

  constructor(authority: Pick<CertificateAuthorityControl, "publicKeys">, now: () => number) {
    this.#authority = authority;
    this.#now = now;
  }

  /**
   * Verifies a routing token for a group. Throws TrustError, or ProblemError `unavailable` while there have never been
   * keys. It does not check that the token is unused or its user still a member.
   */
  async verify(token: string, group: GroupId): Promise<RoutingToken> {
    const ring = await this.#current();
    const at = { group, nowMs: this.#now() };
    try {
      return await verifyRoutingToken(token, ring, at);
    } catch (error) {
      const unknown = error instanceof TrustError && error.reason === "unknown_key";
      if (!unknown || at.nowMs - this.#askedAt < REFETCH_PAUSE_MS) throw error;
      return verifyRoutingToken(token, await this.#ask(), at);
    }
  }

  async #current(): Promise<KeyRing> {
    const fresh = this.#now() - this.#askedAt < RING_MAX_AGE_MS;
    return this.#ring && fresh ? this.#ring : this.#ask();
  }

  /** Asks the authority; while it does not answer, the keys known so far go on serving. */
  async #ask(): Promise<KeyRing> {
    this.#askedAt = this.#now();
    try {
      this.#ring = await KeyRing.fromJwks(await this.#authority.publicKeys());
    } catch {
      // Told to whoever proves, unless the keys from before still serve.
    }
    if (this.#ring) return this.#ring;
    throw new ProblemError(
      problem("unavailable", "The authority's keys cannot be fetched. Prove again in a while."),
    );
  }
}
