// Seeded one-byte changes: the same ten thousand every time, so that one that is accepted can be looked at again.

/** Numbers from 0 up to, not including, 1 (mulberry32): small, and the same for the same seed everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Mutation {
  readonly place: number;
  readonly from: number;
  readonly to: number;
}

/** A place and another byte for it. */
export function mutationOf(bytes: Uint8Array, random: () => number): Mutation {
  const place = Math.floor(random() * bytes.length);
  const from = bytes[place] ?? 0;
  const to = (from + 1 + Math.floor(random() * 255)) % 256;
  return { place, from, to };
}

/** The text with that one byte changed, each byte one character: what a transport that knows no encoding hands over. */
export function mutated(text: string, { place, to }: Mutation): string {
  return `${text.slice(0, place)}${String.fromCharCode(to)}${text.slice(place + 1)}`;
}
