// What a copy tells while it goes on, and at its end.
import { plainLine } from "./plain-text.ts";
import { sizeOf } from "./sandboxes.ts";
import type { Terminal } from "./terminal.ts";

/** How often a line that grows is drawn anew: more is only flicker. */
const DRAW_EVERY_MS = 100;

export class CopyReport {
  readonly #terminal: Terminal;
  readonly #now: () => number;
  #files = 0;
  #bytes = 0;
  #leftOut = 0;
  #drawnAt = -Infinity;
  #isDrawn = false;

  constructor(terminal: Terminal, now: () => number) {
    this.#terminal = terminal;
    this.#now = now;
  }

  /** Whether all that was asked for was copied. */
  get isWhole(): boolean {
    return this.#leftOut === 0;
  }

  copied(bytes: number): void {
    this.#files += 1;
    this.#bytes += bytes;
    if (this.#terminal.output.isTTY !== true || this.#now() - this.#drawnAt < DRAW_EVERY_MS) return;
    this.#drawnAt = this.#now();
    this.#isDrawn = true;
    this.#terminal.errors.write(`\r${this.#words()}\u001b[K`);
  }

  leftOut(path: string, why: string): void {
    this.#leftOut += 1;
    this.#clear();
    this.#terminal.errors.write(`left out: ${plainLine(path)}, since ${why}\n`);
  }

  end(): void {
    this.#clear();
    this.#terminal.output.write(`${this.#words()}\n`);
  }

  #words(): string {
    return `${this.#files} ${this.#files === 1 ? "file" : "files"}, ${sizeOf(this.#bytes)}`;
  }

  #clear(): void {
    if (this.#isDrawn) this.#terminal.errors.write("\r\u001b[K");
    this.#isDrawn = false;
  }
}
