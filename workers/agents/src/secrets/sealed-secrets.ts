// Sealed secrets on their way to the egress: read with their data key, kept sealed, opened for one use.
import {
  ORCHESTRATOR_ORIGIN,
  parse,
  problem,
  ProblemError,
  sealedRecordSchema,
  type ProviderVersion,
  type SealedRecord,
} from "@acos/protocol";
import {
  openDataKey,
  openFirstSecret,
  openSecret,
  TrustError,
  type DataKey,
  type FirstSealedSecret,
} from "@acos/trust";

import type { RecordSource } from "../env.ts";
import type { MasterKeySource } from "./master-key-source.ts";

/** Records kept in an isolate, about a kilobyte each. */
const KEPT_MAX = 1_000;
/** How long a deleted secret, or one that is no longer this group's, may still be used here. */
const SECRET_KNOWN_MS = 15_000;

/** A secret ready to be sent, and where. */
export interface RevealedSecret {
  readonly value: string;
  /** Hosts it may be sent to. */
  readonly hosts: readonly string[];
}

interface Kept {
  readonly record: SealedRecord;
  readonly dataKey: DataKey;
  readonly untilMs: number;
}

/** Keeps what is sealed, never what was opened. It trusts the Orchestrator about hosts and groups, and nobody about values. */
export class SealedSecrets {
  readonly #records: RecordSource;
  readonly #masterKeys: MasterKeySource;
  readonly #kept = new Map<string, Kept>();

  constructor(records: RecordSource, masterKeys: MasterKeySource) {
    this.#records = records;
    this.#masterKeys = masterKeys;
  }

  /** The API key of a provider's version; undefined when it has none. Throws ProblemError when it cannot be opened. */
  async providerKey(provider: ProviderVersion, nowMs: number): Promise<string | undefined> {
    const { org, name, version, keyVersion, sealedKey } = provider;
    try {
      if (sealedKey !== undefined) {
        const sealed = JSON.parse(sealedKey) as FirstSealedSecret;
        const keys = await this.#masterKeys.keys(nowMs);
        return await openFirstSecret(keys, { org, name, version, sealed });
      }
      if (keyVersion === undefined) return undefined;
      // A version of a key never changes: it may be kept as long as there is room.
      const kept = await this.#read(`/provider-keys/${org}/${name}/${keyVersion}`, nowMs, Infinity);
      if (kept) return await open(kept);
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      // The reason would tell about keys; what helps is to enter the key again.
    }
    throw new ProblemError(
      problem(
        "provider_refused",
        `The API key of "${name}" cannot be opened. Enter it again in Settings → Models.`,
      ),
    );
  }

  /**
   * A secret for the agents of one group; undefined when there is none for them. Throws TrustError when it cannot be opened,
   * ProblemError `unavailable` when it could not be asked for.
   */
  async secret(
    of: { readonly org: string; readonly group: string; readonly name: string },
    nowMs: number,
  ): Promise<RevealedSecret | undefined> {
    const path = `/groups/${of.group}/secrets/${of.org}/${of.name}`;
    const kept = await this.#read(path, nowMs, SECRET_KNOWN_MS);
    return kept && { value: await open(kept), hosts: kept.record.hosts ?? [] };
  }

  async #read(path: string, nowMs: number, keepMs: number): Promise<Kept | undefined> {
    const known = this.#kept.get(path);
    if (known && nowMs < known.untilMs) return known;
    const response = await this.#ask(path);
    if (response.status === 404) {
      await response.body?.cancel();
      this.#kept.delete(path);
      return undefined;
    }
    const record = parse(sealedRecordSchema, await response.json(), "A sealed secret");
    const dataKey = await this.#open(record, nowMs);
    const kept = { record, dataKey, untilMs: nowMs + keepMs };
    this.#keep(path, kept);
    return kept;
  }

  /** Throws ProblemError `unavailable` where the store does not answer: that says nothing about the secret. */
  async #ask(path: string): Promise<Response> {
    const url = `${ORCHESTRATOR_ORIGIN}${path}`;
    const response = await this.#records.fetch(url).catch(() => undefined);
    if (response?.ok || response?.status === 404) return response;
    await response?.body?.cancel();
    const words = "The secret could not be read just now. Try again in a moment.";
    throw new ProblemError(problem("unavailable", words));
  }

  async #open({ org, sealed, dataKey }: SealedRecord, nowMs: number): Promise<DataKey> {
    const stored = { org, version: sealed.dataKey, wrapped: dataKey };
    const keys = await this.#masterKeys.keys(nowMs);
    try {
      return await openDataKey(keys, stored);
    } catch (error) {
      const isUnknown = error instanceof TrustError && error.reason === "unknown_key";
      const newer = isUnknown ? await this.#masterKeys.newer(keys, nowMs) : undefined;
      if (newer === undefined) throw error;
      return openDataKey(newer, stored);
    }
  }

  #keep(path: string, kept: Kept): void {
    this.#kept.delete(path);
    this.#kept.set(path, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_MAX) return;
      this.#kept.delete(oldest);
    }
  }
}

function open({ record, dataKey }: Kept): Promise<string> {
  return openSecret(dataKey, record);
}
