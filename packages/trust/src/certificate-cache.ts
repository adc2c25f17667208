// Verified certificates with their imported session keys, per isolate: a warm request pays for one signature, not two.
import type { CryptoKey } from "jose";
import type { GroupId } from "@acos/protocol";

import { importPublicKey, thumbprintOf } from "./public-key.ts";
import {
  verifySessionCertificate,
  type CertificateAudience,
  type SessionCertificate,
} from "./session-certificate.ts";
import type { KeySource } from "./strict-token.ts";
import { requireValidNow } from "./token-kind.ts";
import { TrustError } from "./trust-error.ts";

/** A live group has one certificate per audience at a time; an entry takes about 3 kB. */
const CAPACITY = 2_048;

/** A certificate that was verified, and its session key ready to verify requests. */
export interface TrustedCertificate {
  readonly certificate: SessionCertificate;
  /** Thumbprint of the session key. */
  readonly keyId: string;
  readonly key: CryptoKey;
}

interface Entry extends TrustedCertificate {
  /** What it was verified with: after a rotation the ring is another object, and the entry counts no longer. */
  readonly keys: KeySource;
}

/**
 * Bounded, oldest out first. It also remembers the highest epoch it saw of each group and refuses certificates of earlier
 * ones: best effort, since another isolate may not have seen it yet.
 */
export class CertificateCache {
  readonly #audience: CertificateAudience;
  readonly #capacity: number;
  readonly #entries = new Map<string, Entry>();
  readonly #epochs = new Map<GroupId, number>();

  constructor(audience: CertificateAudience, capacity: number = CAPACITY) {
    this.#audience = audience;
    this.#capacity = capacity;
  }

  /** Verifies a certificate, or finds it verified. Throws TrustError. Time and epoch are checked every time. */
  async verify(token: string, keys: KeySource, nowMs: number): Promise<TrustedCertificate> {
    const known = this.#entries.get(token);
    const entry = known?.keys === keys ? known : await this.#verifyAnew(token, keys, nowMs);
    requireValidNow("session-certificate", entry.certificate, nowMs);
    this.#requireLatestEpoch(entry.certificate);
    keep(this.#entries, [token, entry], this.#capacity);
    return entry;
  }

  async #verifyAnew(token: string, keys: KeySource, nowMs: number): Promise<Entry> {
    const expected = { audience: this.#audience, nowMs };
    const certificate = await verifySessionCertificate(token, keys, expected);
    const { publicJwk } = certificate;
    try {
      const [keyId, key] = await Promise.all([thumbprintOf(publicJwk), importPublicKey(publicJwk)]);
      return { certificate, keyId, key, keys };
    } catch {
      // The point is not on the curve: some platforms say so at the import, others at the first signature.
      throw new TrustError("session-certificate", "confirmation");
    }
  }

  #requireLatestEpoch({ group, epoch }: SessionCertificate): void {
    const highest = Math.max(epoch, this.#epochs.get(group) ?? 0);
    keep(this.#epochs, [group, highest], this.#capacity);
    if (epoch < highest) throw new TrustError("session-certificate", "epoch");
  }
}

/** Puts an entry last and lets the first go when there are too many. */
function keep<K, V>(map: Map<K, V>, [key, value]: readonly [K, V], capacity: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= capacity) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
