// The keys at work: read once, read again where they can change, so that a rotation needs no restart.
import {
  believedKeys,
  importSigningKey,
  KeyRing,
  parseAuthorityKeys,
  parseMasterKeys,
  publicJwks,
  type Jwks,
  type MasterKeys,
  type SigningKey,
} from "@acos/trust";

import { logError } from "../log.ts";
import type { KeySource, KeyTexts } from "./key-source.ts";

/** How long after a rotation the old keys may still be at work here; one small request in that time is what looking costs. */
export const KEYS_REREAD_MS = 2_000;

/** Signing key and the ring that believes it, and the master keys. */
export interface PlaneKeys {
  readonly signing: SigningKey;
  readonly ring: KeyRing;
  readonly jwks: Jwks;
  readonly master: MasterKeys;
  /** Milliseconds since the epoch: data keys made before are replaced. */
  readonly dataKeysSince: number;
}

interface Read {
  readonly texts: KeyTexts;
  readonly keys: PlaneKeys;
  /** When a retired key stops being believed, and the ring must be made anew. */
  readonly ringEndsAtMs: number;
}

export class LiveKeys {
  readonly #source: KeySource;
  #read: Read;
  #lookedAtMs: number;

  private constructor(source: KeySource, read: Read, nowMs: number) {
    this.#source = source;
    this.#read = read;
    this.#lookedAtMs = nowMs;
  }

  /** Reads the keys. Rejects, without a key in the text, when there are none or they are none. */
  static async open(source: KeySource, nowMs: number): Promise<LiveKeys> {
    return new LiveKeys(source, await importKeys(await source.read(), nowMs), nowMs);
  }

  get current(): PlaneKeys {
    return this.#read.keys;
  }

  /** Looks again when it is time, or at once with `now`. What cannot be read leaves the keys as they are, with a line in the log. */
  async refresh(nowMs: number, when: "due" | "now" = "due"): Promise<void> {
    const due = this.#source.changes && nowMs - this.#lookedAtMs >= KEYS_REREAD_MS;
    const old = nowMs >= this.#read.ringEndsAtMs;
    if (!due && !old && when === "due") return;
    this.#lookedAtMs = nowMs;
    try {
      const texts = await this.#source.read();
      if (old || !sameTexts(texts, this.#read.texts)) this.#read = await importKeys(texts, nowMs);
    } catch (error) {
      logError("the keys could not be read again", error);
    }
  }
}

async function importKeys(texts: KeyTexts, nowMs: number): Promise<Read> {
  const believed = believedKeys(parseAuthorityKeys(texts.authority), nowMs);
  const [signing, master] = await Promise.all([
    importSigningKey(believed[0]),
    parseMasterKeys(texts.master),
  ]);
  const jwks = await publicJwks(believed);
  const ends = believed.slice(1).map(({ notAfter }) => notAfter ?? Infinity);
  return {
    texts,
    ringEndsAtMs: Math.min(...ends, Infinity),
    keys: {
      signing,
      master,
      jwks,
      ring: await KeyRing.fromJwks(jwks),
      dataKeysSince: texts.dataKeysSince,
    },
  };
}

function sameTexts(one: KeyTexts, other: KeyTexts): boolean {
  return (
    one.authority === other.authority &&
    one.master === other.master &&
    one.dataKeysSince === other.dataKeysSince
  );
}
