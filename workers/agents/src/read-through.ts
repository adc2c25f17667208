// Immutable records by the nearest way: isolate memory, then KV, then the Orchestrator's store; verified by hash each time.
//   memory ──miss──▶ KV ──missing or wrong bytes──▶ RECORDS ──wrong bytes──▶ agent_version_unavailable
import { problem, ProblemError } from "@acos/protocol";
import { sha256Hex } from "@acos/trust";

import type { RecordCache, RecordSource } from "./env.ts";
import { SharedLoads, type KeepAlive } from "./shared-load.ts";

/** How long a location may keep a record at hand: it never changes, a day only bounds what is forgotten. */
const CACHE_TTL_S = 24 * 60 * 60;
/** Records kept in an isolate, by the bytes they came from: a tenth of its memory. */
const MEMORY_MAX_BYTES = 12 * 1024 * 1024;

/** Which record, as the signed briefing points to it. */
export interface RecordPointer {
  /** Holds version and hash, so that its value can never change. */
  readonly key: string;
  readonly sha256: string;
  /** Where the Orchestrator serves its bytes. */
  readonly url: string;
  /** How an error text names it. */
  readonly what: string;
}

interface Kept<T> {
  readonly value: T;
  readonly bytes: number;
}

export interface ReadThroughParts<T> {
  readonly cache: RecordCache;
  readonly records: RecordSource;
  /** Contract: throws on bytes that are not such a record. Called with verified bytes only. */
  readonly parse: (bytes: ArrayBuffer) => T;
}

/** Reads one kind of immutable record. It can be stale nowhere: what has another hash than the pointer is not used. */
export class ReadThrough<T> {
  readonly #parts: ReadThroughParts<T>;
  readonly #memory = new Map<string, Kept<T>>();
  readonly #loads = new SharedLoads<Kept<T>>();
  #memoryBytes = 0;

  constructor(parts: ReadThroughParts<T>) {
    this.#parts = parts;
  }

  /** The record. Throws ProblemError `agent_version_unavailable` when no source has its bytes. */
  async read(pointer: RecordPointer, keepAlive: KeepAlive): Promise<T> {
    const known = this.#memory.get(pointer.key);
    if (known !== undefined) {
      this.#memory.delete(pointer.key);
      this.#memory.set(pointer.key, known);
      return known.value;
    }
    const loaded = await this.#loads.get(
      pointer.key,
      () => this.#load(pointer, keepAlive),
      keepAlive,
    );
    this.#keep(pointer.key, loaded);
    return loaded.value;
  }

  async #load(pointer: RecordPointer, keepAlive: KeepAlive): Promise<Kept<T>> {
    const cached = await this.#fromCache(pointer);
    const bytes = cached ?? (await this.#fromRecords(pointer));
    const value = this.#parts.parse(bytes);
    if (cached === undefined) keepAlive(this.#writeBack(pointer.key, bytes));
    return { value, bytes: bytes.byteLength };
  }

  async #fromCache(pointer: RecordPointer): Promise<ArrayBuffer | undefined> {
    try {
      const options = { type: "arrayBuffer", cacheTtl: CACHE_TTL_S } as const;
      const bytes = await this.#parts.cache.get(pointer.key, options);
      return bytes !== null && (await hasHash(bytes, pointer.sha256)) ? bytes : undefined;
    } catch {
      // A cache that fails is a cache that misses: the store behind it answers.
      return undefined;
    }
  }

  async #fromRecords({ url, sha256, what }: RecordPointer): Promise<ArrayBuffer> {
    const response = await this.#parts.records.fetch(url).catch(() => undefined);
    if (response === undefined) throw unavailable(`${what} could not be fetched`);
    if (!response.ok) {
      await response.body?.cancel();
      throw unavailable(
        response.status === 404 ? `${what} does not exist` : `${what} could not be fetched`,
      );
    }
    const bytes = await response.arrayBuffer();
    if (!(await hasHash(bytes, sha256)))
      throw unavailable(`${what} is not the one the group pinned`);
    return bytes;
  }

  async #writeBack(key: string, bytes: ArrayBuffer): Promise<void> {
    try {
      await this.#parts.cache.put(key, bytes);
    } catch {
      // KV takes one write a second per key; whoever wrote it first wrote the same bytes.
    }
  }

  #keep(key: string, kept: Kept<T>): void {
    if (this.#memory.has(key)) return;
    this.#memory.set(key, kept);
    this.#memoryBytes += kept.bytes;
    for (const [oldest, { bytes }] of this.#memory) {
      if (this.#memoryBytes <= MEMORY_MAX_BYTES) return;
      this.#memory.delete(oldest);
      this.#memoryBytes -= bytes;
    }
  }
}

async function hasHash(bytes: ArrayBuffer, sha256: string): Promise<boolean> {
  return (await sha256Hex(new Uint8Array(bytes))) === sha256;
}

function unavailable(what: string): ProblemError {
  return new ProblemError(
    problem(
      "agent_version_unavailable",
      `${what}. Try again in a while; if it stays so, save the agent again.`,
    ),
  );
}
