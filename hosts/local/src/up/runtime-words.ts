// What a runtime process says, in the words of our log: a connection that was not made is a fact, not a fault with a stack.

export interface RuntimeWords {
  readonly level: string;
  readonly message: string;
}

const NO_CONNECTION =
  /failed: (connecting to \S+ is not allowed|TLS handshake failed: [^\n]*|[^\n]*(?:DNS|resolve|lookup)[^\n]*)\nstack: /;

/** A connection that was refused or failed becomes one warning that tells why. Everything else stays as it was said. */
export function inOurWords(said: RuntimeWords): RuntimeWords {
  const why = NO_CONNECTION.exec(said.message)?.[1];
  return why === undefined ? said : { level: "warn", message: `no connection: ${why}` };
}
