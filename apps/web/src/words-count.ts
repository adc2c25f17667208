// A number with its noun. Part of words.ts.

export const count = (number: number, one: string, many: string): string =>
  `${number} ${number === 1 ? one : many}`;
