// One socket to a terminal in a sandbox: binary frames are its bytes, text frames say its size and its end.
import type { ExitStatus, TerminalFrame } from "@acos/protocol";

/** A server that does not take the socket within this is not going to. */
const OPEN_WITHIN_MS = 15_000;

export interface LinkRim {
  /** Contract: gets what the terminal shows, in order. */
  readonly onBytes: (bytes: Uint8Array) => void;
  /** Contract: gets every text frame but the last. */
  readonly onFrame: (frame: TerminalFrame) => void;
}

export class TerminalLink {
  readonly #rim: LinkRim;
  #socket: WebSocket | undefined;
  #isClosed = false;

  constructor(rim: LinkRim) {
    this.#rim = rim;
  }

  /**
   * Opens the socket and answers, at its end, how the terminal ended; undefined when the socket was lost. Throws when it
   * never opened. `onOpen` is called as soon as it is open.
   */
  async open(url: string, onOpen: () => void): Promise<ExitStatus | undefined> {
    if (this.#isClosed) return undefined;
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    const ended = Promise.withResolvers<ExitStatus | undefined>();
    let isOpen = false;
    const late = setTimeout(() => socket.close(), OPEN_WITHIN_MS);
    socket.addEventListener("open", () => {
      isOpen = true;
      clearTimeout(late);
      onOpen();
    });
    socket.addEventListener("message", ({ data }: { data: unknown }) => {
      if (data instanceof ArrayBuffer) this.#rim.onBytes(new Uint8Array(data));
      else if (typeof data === "string") {
        const frame = frameIn(data);
        if (frame?.type === "exit") ended.resolve(frame);
        else if (frame) this.#rim.onFrame(frame);
      }
    });
    socket.addEventListener("close", ({ reason }) => {
      clearTimeout(late);
      if (isOpen) ended.resolve(undefined);
      else ended.reject(new Error(reason === "" ? "no connection" : reason));
    });
    socket.addEventListener("error", () => undefined);
    return ended.promise.finally(() => socket.close());
  }

  /** Sends what was typed; dropped while there is no connection, as with any terminal that hangs. */
  type(bytes: Uint8Array): void {
    if (this.#isReady()) this.#socket?.send(bytes);
  }

  say(frame: TerminalFrame): void {
    if (this.#isReady()) this.#socket?.send(JSON.stringify(frame));
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.close();
  }

  #isReady(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }
}

function frameIn(text: string): TerminalFrame | undefined {
  try {
    return JSON.parse(text) as TerminalFrame;
  } catch {
    // A frame of a later version: what it says is not for us.
    return undefined;
  }
}
