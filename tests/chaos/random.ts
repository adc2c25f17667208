// Seeded randomness: the same seed gives the same choices, so that a run can be told again.
export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  chance(share: number): boolean;
  /** One of the values. Throws when there is none. */
  pick<T>(values: readonly T[]): T;
}

/** Marsaglia's xorshift with 32 bits: plenty for choosing what a client does next, of no use for secrets. */
export function seeded(seed: number): Random {
  // Zero would stay zero for ever, so seeds are spread by the golden ratio first.
  let state = Math.imul(seed + 1, 0x9e3779b9) | 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (share) => next() < share,
    pick: (values) => {
      const value = values[Math.floor(next() * values.length)];
      if (value === undefined) throw new RangeError("There is nothing to pick from.");
      return value;
    },
  };
}
