// A connection that looks at what passes through another one: to check it, or to count it.
import { Duplex } from "node:stream";

export interface Relay {
  /** What of the bytes that came in is passed on; a throw is told to `onRefused` and ends the reading. */
  readonly read: (piece: Buffer) => readonly Buffer[];
  readonly written?: (bytes: number) => void;
  readonly onRefused?: (error: unknown) => void;
  /** Whether it can be written to when nothing more comes in. */
  readonly halfOpen?: boolean;
}

/** Contract: from now on nobody else reads or writes the connection inside. It ends with this one. */
export class RelayedConnection extends Duplex {
  readonly #inner: Duplex;
  readonly #relay: Relay;

  constructor(inner: Duplex, relay: Relay) {
    super({ allowHalfOpen: relay.halfOpen ?? false });
    this.#inner = inner;
    this.#relay = relay;
    inner.on("data", this.#take);
    inner.on("end", () => this.push(null));
    inner.on("error", (error) => this.destroy(error));
    // After a proper end there may still be pieces here that nobody has read: they must not be lost.
    inner.on("close", () => inner.readableEnded || this.destroy());
    inner.pause();
  }

  readonly #take = (piece: Buffer): void => {
    try {
      for (const passed of this.#relay.read(piece)) if (!this.push(passed)) this.#inner.pause();
    } catch (error) {
      this.#inner.off("data", this.#take);
      this.#inner.resume(); // What still comes is not for anybody, and must not hold the end up.
      if (this.#relay.onRefused) this.#relay.onRefused(error);
      else this.destroy();
    }
  };

  override _read(): void {
    this.#inner.resume();
  }

  override _write(piece: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#relay.written?.(piece.length);
    this.#inner.write(piece, done);
  }

  override _final(done: () => void): void {
    this.#inner.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#inner.destroy();
    // Whoever uses this one hears of its end; a broken connection is no failure of ours.
    done(this.listenerCount("error") > 0 ? error : null);
  }
}
