// The authority's public keys: asked for when a request comes, kept, and what certificates are verified with here.
import { problem, ProblemError, type CertificateAuthorityControl } from "@acos/protocol";
import { KeyRing } from "@acos/trust";

/** An unknown key makes us look again, but not more often than this: anybody can name unknown keys. */
const REFETCH_PAUSE_MS = 5_000;
/** Keys are looked at again after this long, so that a withdrawn one does not live as long as the isolate. */
const RING_MAX_AGE_MS = 10 * 60_000;

export class AuthorityRing {
  readonly #authority: Pick<CertificateAuthorityControl, "publicKeys">;
  #ring: KeyRing | undefined;
  #askedAt = -Infinity;

  constructor(authority: Pick<CertificateAuthorityControl, "publicKeys">) {
    this.#authority = authority;
  }

  /** The keys to verify with. Throws ProblemError `unavailable` while there have never been any. */
  async current(nowMs: number): Promise<KeyRing> {
    const fresh = nowMs - this.#askedAt < RING_MAX_AGE_MS;
    return this.#ring && fresh ? this.#ring : this.#ask(nowMs);
  }

  /** Other keys than `used`, for a request whose key that does not know; undefined when it is too early to look again. */
  async newer(used: KeyRing, nowMs: number): Promise<KeyRing | undefined> {
    if (this.#ring !== used) return this.#ring;
    return nowMs - this.#askedAt < REFETCH_PAUSE_MS ? undefined : this.#ask(nowMs);
  }

  /** Asks the authority; while it does not answer, the keys known so far go on serving. */
  async #ask(nowMs: number): Promise<KeyRing> {
    this.#askedAt = nowMs;
    try {
      this.#ring = await KeyRing.fromJwks(await this.#authority.publicKeys());
    } catch {
      // Told to whoever asks, unless the keys from before still serve.
    }
    if (this.#ring) return this.#ring;
    throw new ProblemError(
      problem("unavailable", "The authority's keys cannot be fetched. Try again in a while."),
    );
  }
}
