// The vault: seals what an org keeps secret under its data key, and opens it again where the Orchestrator itself must.
import { makeId, type OrgId } from "@acos/protocol";
import {
  makeDataKey,
  openDataKey,
  openSecret,
  sealSecret,
  TrustError,
  type DataKey,
  type MasterKeys,
  type SealedSecret,
  type SecretName,
} from "@acos/trust";

import type { Clock } from "../clock.ts";
import type { Database } from "../store/database.ts";
import { insertDataKey, newestDataKey, readDataKey } from "../store/data-key-rows.ts";

/** For what is sealed and belongs to no org: its id is made of nothing and nobody's. */
export const INSTALLATION: OrgId = makeId("org", 0, new Uint8Array(10));

/** Data keys kept open in an isolate, some hundred bytes each. */
const KEPT_MAX = 1_000;
/** How long another isolate's newer data key may go unnoticed here; replaced keys are kept far longer than that. */
const NEWEST_KNOWN_MS = 60_000;

export interface VaultParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly masterKeys: () => MasterKeys;
}

export class Vault {
  readonly #parts: VaultParts;
  readonly #open = new Map<string, DataKey>();
  readonly #newest = new Map<OrgId, { readonly key: DataKey; readonly knownAtMs: number }>();

  constructor(parts: VaultParts) {
    this.#parts = parts;
  }

  /** Seals a value under the org's newest data key; makes the org's first one where there is none. */
  async seal(
    org: OrgId,
    secret: SecretName & { readonly plaintext: string },
  ): Promise<SealedSecret> {
    return sealSecret(await this.newest(org), secret, this.#random);
  }

  /** Opens a value. Throws TrustError when it is not what was sealed under this name, or its data key is gone. */
  async open(org: OrgId, secret: SecretName & { readonly sealed: SealedSecret }): Promise<string> {
    return openSecret(await this.#dataKey(org, secret.sealed.dataKey), secret);
  }

  /** The org's data key that seals. */
  async newest(org: OrgId): Promise<DataKey> {
    const known = this.#newest.get(org);
    const nowMs = this.#parts.clock.now();
    if (known && nowMs - known.knownAtMs < NEWEST_KNOWN_MS) return known.key;
    const stored =
      (await newestDataKey(this.#parts.db, org)) ?? (await this.makeNext({ org, version: 0 }));
    const key = await this.#opened(stored);
    keep(this.#newest, org, { key, knownAtMs: nowMs });
    return key;
  }

  /** Makes the data key after a version, and answers the newest there is: another request may have been faster. */
  async makeNext({ org, version }: { readonly org: OrgId; readonly version: number }) {
    const { db, clock, masterKeys } = this.#parts;
    const name = { org, version: version + 1 };
    const { wrapped } = await makeDataKey(masterKeys(), name, this.#random);
    await insertDataKey(db, { ...name, wrapped, createdAt: clock.now() });
    this.#newest.delete(org);
    const stored = await newestDataKey(db, org);
    if (!stored) throw new Error("A data key that was just made is not there.");
    return stored;
  }

  async #dataKey(org: OrgId, version: number): Promise<DataKey> {
    const known = this.#open.get(`${org}/${version}`);
    if (known) return known;
    const stored = await readDataKey(this.#parts.db, { org, version });
    if (!stored) throw new TrustError("secret", "unknown_key", "data key");
    return this.#opened(stored);
  }

  async #opened(stored: Parameters<typeof openDataKey>[1]): Promise<DataKey> {
    const name = `${stored.org}/${stored.version}`;
    const key = this.#open.get(name) ?? (await openDataKey(this.#parts.masterKeys(), stored));
    keep(this.#open, name, key);
    return key;
  }

  readonly #random = (length: number): Uint8Array => this.#parts.clock.random(length);
}

/** Puts an entry last and lets the first go when there are too many. */
function keep<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= KEPT_MAX) return;
    map.delete(oldest);
  }
}
