// A stream of requests on one connection, cut strictly into heads and bodies. Pure: bytes in, checked bytes out.
import { HeadError, readHead, writeHead, type Head } from "./strict-head.ts";

/** Of a head, its empty line included. */
const HEAD_MAX_BYTES = 32 * 1024;
/** Of the line before a chunk. No extensions: nobody uses them, and parsers differ on them. */
const CHUNK_LINE_MAX_BYTES = 18;
const CR = 13;
const CHUNK_SIZE = /^[0-9a-fA-F]{1,8}$/;

type Step =
  | { readonly in: "head" | "raw" }
  | { readonly in: "size" | "chunk-end" | "last" }
  | { readonly in: "body" | "chunk"; left: number };

/** Passes on what is strict HTTP/1.1; after CONNECT or a WebSocket's head, everything. */
export class StrictRequests {
  readonly #onHead: (head: Head) => void;
  #step: Step = { in: "head" };
  #held: Buffer = Buffer.alloc(0);
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Of a head that has not ended yet, what was looked at. */
  #scanned = 0;

  /** `onHead` may throw: then the request is not passed on. */
  constructor(onHead: (head: Head) => void) {
    this.#onHead = onHead;
  }

  /** What of the bytes may be passed on by now. Throws HeadError, and is of no use from then on. */
  take(bytes: Buffer): readonly Buffer[] {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    // Neither a head nor a line ends without a line feed: many small pieces are not put together for each of them.
    const isShort = this.#held.length + this.#waitingBytes < HEAD_MAX_BYTES;
    if (this.#step.in === "head" && isShort && !bytes.includes("\n")) return [];
    const pieces = [this.#held, ...this.#waiting.splice(0)].filter(({ length }) => length > 0);
    this.#held = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
    this.#waitingBytes = 0;
    const passed: Buffer[] = [];
    for (;;) {
      const next = this.#next();
      if (next === undefined) return passed;
      if (next.length > 0) passed.push(next);
    }
  }

  #next(): Buffer | undefined {
    if (this.#held.length === 0) return undefined;
    const step = this.#step;
    if (step.in === "raw") return this.#cut(this.#held.length);
    if (step.in === "head") return this.#head();
    if (step.in === "body" || step.in === "chunk") return this.#counted(step);
    return this.#chunkLine(step.in);
  }

  #head(): Buffer | undefined {
    const end = this.#held.indexOf("\r\n\r\n", Math.max(0, this.#scanned - 3));
    this.#requireLines(end === -1 ? this.#held.length : end);
    if (end > HEAD_MAX_BYTES - 4 || (end === -1 && this.#held.length >= HEAD_MAX_BYTES))
      throw new HeadError(`its head is larger than ${HEAD_MAX_BYTES} bytes`);
    if (end === -1) return undefined;
    const text = this.#cut(end + 4).toString("latin1", 0, end);
    const head = readHead(text);
    this.#onHead(head);
    this.#step = stepAfter(head);
    return Buffer.from(writeHead(head), "latin1");
  }

  /** A bare line feed is told at once: what comes after it would wait for an end that nobody sends. Looks at no byte twice. */
  #requireLines(end: number): void {
    for (
      let at = this.#held.indexOf("\n", this.#scanned);
      at !== -1 && at < end;
      at = this.#held.indexOf("\n", at + 1)
    )
      if (this.#held[at - 1] !== CR)
        throw new HeadError("a line ends in something else than CR LF");
    this.#scanned = end;
  }

  #counted(step: Step & { left: number }): Buffer {
    const piece = this.#cut(Math.min(step.left, this.#held.length));
    step.left -= piece.length;
    if (step.left === 0) this.#step = { in: step.in === "chunk" ? "chunk-end" : "head" };
    return piece;
  }

  #chunkLine(expected: "size" | "chunk-end" | "last"): Buffer | undefined {
    const end = this.#held.indexOf("\r\n");
    const line = this.#held.toString("latin1", 0, end === -1 ? undefined : end);
    const isShort = line.length <= CHUNK_LINE_MAX_BYTES;
    const isRight = expected === "size" ? isSizeOrBegin(line, end) : /^\r?$/.test(line);
    if (!isShort || !isRight)
      throw new HeadError("its chunked body is malformed, or has extensions or trailers");
    if (end === -1) return undefined;
    this.#step = stepAfterLine(expected, line);
    return this.#cut(end + 2);
  }

  #cut(bytes: number): Buffer {
    const piece = this.#held.subarray(0, bytes);
    this.#held = this.#held.subarray(bytes);
    this.#scanned = 0;
    return piece;
  }
}

function isSizeOrBegin(line: string, end: number): boolean {
  return CHUNK_SIZE.test(end === -1 ? line.replace(/\r$/, "") || "0" : line);
}

function stepAfter({ method, body, webSocket }: Head): Step {
  if (method === "CONNECT" || webSocket) return { in: "raw" };
  if (body === "chunked") return { in: "size" };
  return body.bytes === 0 ? { in: "head" } : { in: "body", left: body.bytes };
}

function stepAfterLine(expected: string, line: string): Step {
  if (expected === "chunk-end") return { in: "size" };
  if (expected === "last") return { in: "head" };
  const size = Number.parseInt(line, 16);
  return size === 0 ? { in: "last" } : { in: "chunk", left: size };
}
