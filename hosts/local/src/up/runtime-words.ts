// What a runtime process says, in the words of our log: a refused connection is a fact, not a fault with a stack.

export interface RuntimeWords {
  readonly level: string;
  readonly message: string;
}

/**
 * A connection that a network refused becomes one warning that names where it was meant to go. Everything else stays as
 * it was said.
 */
export function inOurWords(said: RuntimeWords): RuntimeWords {
  const refused = /failed: connecting to (\S+) is not allowed/.exec(said.message);
  if (refused === null) return said;
  const message = `no connection to ${refused[1]}: its address is closed to the network it was asked of`;
  return { level: "warn", message };
}
