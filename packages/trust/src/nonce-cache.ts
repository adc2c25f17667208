// Remembers what may be used only once, as long as it could be used again; bounded, and only as wide as one isolate.

/** A nonce is remembered for about 35 s: this holds some 450 signed requests a second in about 3 MB. */
const CAPACITY = 16_384;

/**
 * Best effort by design: another isolate does not know what this one saw, and a full cache forgets its oldest entry. What
 * makes a replay harmless is that effects are journalled by the group before they are dispatched.
 */
export class NonceCache {
  readonly #expiry = new Map<string, number>();
  readonly #capacity: number;

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity;
  }

  /** Remembers a value until `expiresAtMs`; answers false when it is remembered already. */
  remember(value: string, expiresAtMs: number, nowMs: number): boolean {
    const known = this.#expiry.get(value);
    if (known !== undefined && known > nowMs) return false;
    this.#makeRoom(nowMs);
    this.#expiry.delete(value);
    this.#expiry.set(value, expiresAtMs);
    return true;
  }

  /** Entries come in about the order they expire in: look at the front only, never at all of them. */
  #makeRoom(nowMs: number): void {
    for (const [value, expiresAtMs] of this.#expiry) {
      if (expiresAtMs > nowMs && this.#expiry.size < this.#capacity) return;
      this.#expiry.delete(value);
    }
  }
}
