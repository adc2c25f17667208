// The beginning of TLS as a client sends it in the clear (RFC 8446, section 4.1.2): which host it is about to ask for.

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
/** Of a hello that is still incomplete after so many bytes, nothing is believed. */
const HELLO_MAX_BYTES = 32 * 1024;
/** Records that a hello may be cut into; one or two are usual. */
const RECORDS_MAX = 16;

/** `more` bytes are needed, it is no hello, or it is one: with the name it asks for, if it does. */
export type Hello =
  | { readonly is: "more" | "other" | "malformed" }
  | { readonly is: "hello"; readonly name: string | undefined };

/** Whether a connection that begins so speaks TLS. */
function beginsTls(bytes: Buffer): boolean {
  return bytes[0] === HANDSHAKE;
}

/** Reads the first bytes of a connection. Does not check what it does not need. */
export function readHello(bytes: Buffer): Hello {
  if (bytes.length === 0) return { is: "more" };
  if (!beginsTls(bytes)) return { is: "other" };
  const message = handshakeOf(bytes);
  if (message === "malformed" || bytes.length > HELLO_MAX_BYTES) return { is: "malformed" };
  if (message === undefined) return { is: "more" };
  try {
    return { is: "hello", name: serverName(new Reader(message)) };
  } catch {
    return { is: "malformed" }; // A length points past the end.
  }
}

/** The hello, put together from its records; undefined where bytes are missing. */
function handshakeOf(bytes: Buffer): Buffer | "malformed" | undefined {
  const pieces: Buffer[] = [];
  let at = 0;
  while (at + 5 <= bytes.length) {
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    // Empty ones are forbidden (RFC 8446, section 5.1), and looking at each again with every byte that comes would take long.
    const isUsual = end > at + 5 && pieces.length < RECORDS_MAX;
    if (bytes[at] !== HANDSHAKE || !isUsual) return "malformed";
    pieces.push(bytes.subarray(at + 5, end));
    const message = Buffer.concat(pieces);
    if (message.length > 0 && message[0] !== CLIENT_HELLO) return "malformed";
    if (message.length >= 4 && message.length >= 4 + message.readUIntBE(1, 3))
      return message.subarray(4, 4 + message.readUIntBE(1, 3));
    at = end;
  }
  return undefined;
}

function serverName(hello: Reader): string | undefined {
  hello.skip(2 + 32); // version, random
  hello.vector(1); // session
  hello.vector(2); // ciphers
  hello.vector(1); // compression
  if (hello.isDone) return undefined;
  const extensions = new Reader(hello.vector(2));
  while (!extensions.isDone) {
    const type = extensions.number(2);
    const body = extensions.vector(2);
    if (type === SERVER_NAME) return hostName(new Reader(new Reader(body).vector(2)));
  }
  return undefined;
}

function hostName(names: Reader): string | undefined {
  const type = names.number(1);
  const name = names.vector(2).toString("latin1").toLowerCase();
  if (type !== 0 || !names.isDone) throw new RangeError("not one host name");
  return name;
}

/** Reads big-endian numbers and vectors. Throws RangeError past the end. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length;
  }

  skip(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length) throw new RangeError("past the end");
    this.#at += bytes;
  }

  number(bytes: number): number {
    this.skip(bytes);
    return this.#bytes.readUIntBE(this.#at - bytes, bytes);
  }

  vector(lengthBytes: number): Buffer {
    const length = this.number(lengthBytes);
    this.skip(length);
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
