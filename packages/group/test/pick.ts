// Chance in seeded lives: one of several values.

export type Pick = <T>(values: readonly T[]) => T;
