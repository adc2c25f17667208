// One terminal: a shell on a pseudo-terminal, seen by several, written by one of them at a time.
//
//   first viewer ─▶ has the keyboard ── leaves, or another one takes it ─▶ the next has it
import { constants } from "node:os";

import { terminalFrameSchema, type ExitStatus, type TerminalView } from "@acos/protocol";
import type { RawData, WebSocket } from "ws";

import { endTree } from "../processes/process-tree.ts";
import type { Pty } from "./pty.ts";
import { Scrollback } from "./scrollback.ts";

/** What somebody who comes later sees of what was before. */
const SCROLLBACK_BYTES = 256 * 1024;
/** The writer's socket takes no more for now: the terminal waits with it … */
const PAUSE_AT_BYTES = 512 * 1024;
/** … and a viewer's that is so far behind is closed: it may come back and see the end. */
const TOO_FAR_BYTES = 4 * 1024 * 1024;
/** Typed but not taken by what runs in it. */
const INPUT_WAITING_MAX_BYTES = 1024 * 1024;
const PACE_MS = 20;
/** Close codes: the shell has ended; the viewer was too slow (RFC 6455: 1013, try again later). */
const CLOSE_ENDED = 1000;
const CLOSE_TOO_SLOW = 1013;

interface TerminalParts {
  readonly terminal: string;
  readonly pty: Pty;
  /** Value of the mark that everything in it inherits. */
  readonly mark: string;
  readonly cols: number;
  readonly rows: number;
}

export class OwnedTerminal {
  readonly id: string;
  readonly #pty: Pty;
  readonly #mark: string;
  readonly #scrollback = new Scrollback(SCROLLBACK_BYTES);
  /** In the order in which they came; the writer is one of them. */
  readonly #viewers = new Set<WebSocket>();
  #writer: WebSocket | undefined;
  #cols: number;
  #rows: number;
  #exit: ExitStatus | undefined;
  #endedAt: number | undefined;
  #paused: NodeJS.Timeout | undefined;

  constructor({ terminal, pty, mark, cols, rows }: TerminalParts) {
    this.id = terminal;
    this.#pty = pty;
    this.#mark = mark;
    this.#cols = cols;
    this.#rows = rows;
    pty.onData((data) => this.#show(Buffer.from(data)));
    pty.onExit(({ exitCode, signal = 0 }) => this.#finish(exitCode, signal));
  }

  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  view(): TerminalView {
    return {
      terminal: this.id,
      cols: this.#cols,
      rows: this.#rows,
      viewers: this.#viewers.size,
      ...(this.#exit && { exit: this.#exit }),
    };
  }

  /** Shows what was, then what comes; the socket's frames are the keyboard's when it is its turn. */
  attach(viewer: WebSocket): void {
    viewer.on("error", () => undefined);
    if (this.#exit === undefined) {
      this.#viewers.add(viewer);
      this.#writer ??= viewer;
    }
    this.#tell(viewer);
    const seen = this.#scrollback.whole();
    if (seen.length > 0) viewer.send(seen);
    if (this.#exit !== undefined) return this.#sayExit(viewer, this.#exit);
    viewer.on("message", (data, isBinary) => this.#hear(viewer, data, isBinary));
    viewer.on("close", () => this.#leave(viewer));
  }

  /** Ends the shell and all it started, also what an ended one left running. */
  async end(): Promise<void> {
    const ended = this.#exit !== undefined;
    if (!ended) {
      this.#resume();
      // A shell at its prompt ignores SIGTERM; losing its terminal it does not.
      this.#pty.kill("SIGHUP");
    }
    // An ended one's pid may be another's by now, so only the mark counts.
    await endTree({ mark: this.#mark, root: ended ? -1 : this.#pty.pid }, 500);
  }

  #show(data: Buffer): void {
    this.#scrollback.add(data);
    for (const viewer of this.#viewers) {
      if (viewer.bufferedAmount > TOO_FAR_BYTES) viewer.close(CLOSE_TOO_SLOW, "too slow");
      else if (viewer.readyState === viewer.OPEN) viewer.send(data);
    }
    if ((this.#writer?.bufferedAmount ?? 0) > PAUSE_AT_BYTES) this.#pause();
  }

  #pause(): void {
    if (this.#paused !== undefined) return;
    this.#pty.pause();
    this.#paused = setInterval(() => {
      if ((this.#writer?.bufferedAmount ?? 0) <= PAUSE_AT_BYTES / 2) this.#resume();
    }, PACE_MS);
  }

  #resume(): void {
    if (this.#paused === undefined) return;
    clearInterval(this.#paused);
    this.#paused = undefined;
    this.#pty.resume();
  }

  #hear(viewer: WebSocket, data: RawData, isBinary: boolean): void {
    if (this.#exit !== undefined) return;
    const bytes = Buffer.isBuffer(data)
      ? data
      : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    if (!isBinary) return this.#control(viewer, bytes.toString());
    if (viewer === this.#writer) this.#type(bytes);
  }

  #type(bytes: Buffer): void {
    const { _socket: socket } = this.#pty as unknown as { _socket?: { writableLength: number } };
    // What nobody reads is not gathered without end.
    if ((socket?.writableLength ?? 0) + bytes.length > INPUT_WAITING_MAX_BYTES) return;
    // The library takes bytes as well as text; its types know text only.
    this.#pty.write(bytes as unknown as string);
  }

  #control(viewer: WebSocket, text: string): void {
    const frame = terminalFrameSchema.safeParse(jsonOf(text)).data;
    if (frame?.type === "take" && viewer !== this.#writer) {
      const before = this.#writer;
      this.#writer = viewer;
      for (const told of [before, viewer]) if (told) this.#tell(told);
    }
    if (frame?.type === "resize" && viewer === this.#writer) {
      this.#cols = frame.cols;
      this.#rows = frame.rows;
      this.#pty.resize(frame.cols, frame.rows);
      for (const told of this.#viewers) this.#tell(told);
    }
  }

  #leave(viewer: WebSocket): void {
    this.#viewers.delete(viewer);
    if (viewer !== this.#writer) return;
    this.#writer = this.#viewers.values().next().value;
    if (this.#writer) this.#tell(this.#writer);
  }

  #tell(viewer: WebSocket): void {
    const size = { cols: this.#cols, rows: this.#rows };
    if (viewer.readyState !== viewer.OPEN) return;
    viewer.send(JSON.stringify({ type: "attached", writer: viewer === this.#writer, ...size }));
  }

  #finish(exitCode: number, signal: number): void {
    this.#resume();
    const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
    this.#exit = {
      code: signal > 0 ? null : exitCode,
      signal: signal > 0 ? (name ?? `signal ${signal}`) : null,
      timedOut: false,
    };
    this.#endedAt = Date.now();
    for (const viewer of this.#viewers) this.#sayExit(viewer, this.#exit);
    this.#viewers.clear();
    this.#writer = undefined;
  }

  #sayExit(viewer: WebSocket, exit: ExitStatus): void {
    if (viewer.readyState !== viewer.OPEN) return;
    viewer.send(JSON.stringify({ type: "exit", ...exit }));
    viewer.close(CLOSE_ENDED, "ended");
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // No frame of ours: it is left out like any other that is none.
  }
}
