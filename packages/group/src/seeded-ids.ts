// Ids for a decision: derived from the time and the random seed that arrive with the command, so that deciding stays pure.
import { makeId, type IdKind } from "@acos/protocol";

/** 128 random bits as four unsigned 32-bit integers, from the caller's secure source. */
export type Seed = readonly [number, number, number, number];

/** What a command brings along because deciding has no clock and no randomness of its own. */
export interface Given {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly seed: Seed;
}

export type MakeId = <K extends IdKind>(kind: K) => ReturnType<typeof makeId<K>>;

/**
 * A source of ids: the same seed and time give the same ids in the same order. Distinct within one decision; across
 * decisions they are as distinct as the seeds. Not secret: ids are names, never proofs.
 */
export function idsFrom({ at, seed }: Given): MakeId {
  const next = sfc32(seed);
  const bytes = new Uint8Array(12);
  return (kind) => {
    for (let word = 0; word < 3; word += 1) {
      const value = next();
      for (let byte = 0; byte < 4; byte += 1) bytes[word * 4 + byte] = (value >>> (byte * 8)) & 255;
    }
    return makeId(kind, at, bytes);
  };
}

/** Chris Doty-Humphrey's Small Fast Counting generator, 32 bit (PractRand, 2010). */
function sfc32(seed: Seed): () => number {
  let [a, b, c, counter] = seed.map((word) => word | 0) as [number, number, number, number];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum;
  };
  for (let round = 0; round < 12; round += 1) next();
  return next;
}
