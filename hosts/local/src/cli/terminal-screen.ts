// The user's own terminal, given to one in a sandbox while it lasts, and put back whatever happens.
import { setTimeout as pause } from "node:timers/promises";

import { RequestProblem } from "@acos/client";
import type { ExitStatus, TerminalFrame } from "@acos/protocol";

import { RefusedStart } from "../usage-error.ts";
import { LeaveKeys } from "./leave-keys.ts";
import type { Terminal } from "./terminal.ts";
import { TerminalLink } from "./terminal-link.ts";

/** Tries after a lost link, a second apart; then the terminal goes on without us. */
const TRIES = 20;
const RETRY_MS = 1_000;
/** A link that lived this long was a good one: the next loss is counted from the beginning. */
const STEADY_AFTER_MS = 10_000;

/** A terminal's size where there is none that says it. */
const NO_SIZE = { cols: 80, rows: 24 };

/** Modes a program may have left on: application keys, a hidden cursor, mouse reports, marked pastes, colours. */
const PUT_BACK =
  "\u001b[?1l\u001b[?25h\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1006l\u001b[?2004l\u001b[0m";
/** Follows an escape. */
const OTHER_SCREEN = /\[\?(?:1049|47|1047)([hl])/g;
const LEAVE_OTHER_SCREEN = "\u001b[?1049l";

/** How wide and high a terminal is. */
export function screenSize({ output }: Pick<Terminal, "output">): { cols: number; rows: number } {
  const { columns: cols, rows } = output as { readonly columns?: number; readonly rows?: number };
  return { cols: cols || NO_SIZE.cols, rows: rows || NO_SIZE.rows };
}

export class TerminalScreen {
  readonly #terminal: Terminal;
  readonly #left = Promise.withResolvers<undefined>();
  readonly #keys = new LeaveKeys();
  #link: TerminalLink | undefined;
  #isClosed = false;
  #onOtherScreen = false;
  #tail = "";

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    void terminal.interrupted.then(() => this.#left.resolve(undefined));
  }

  /**
   * Shows the far terminal until it ends, and answers how, or until the user leaves: then undefined. Asks `url` for an address
   * before every connection. Throws when it cannot be had any more.
   */
  async show(url: () => Promise<string>): Promise<ExitStatus | undefined> {
    const { input, output } = this.#terminal;
    rawMode(input, true);
    input.on("data", this.#typed).resume();
    input.once("end", () => this.#left.resolve(undefined));
    output.on("resize", this.#resized);
    return Promise.race([this.#left.promise, this.#keep(url)]);
  }

  close(): void {
    const { input, output } = this.#terminal;
    this.#isClosed = true;
    this.#link?.close();
    input.off("data", this.#typed).pause();
    output.off("resize", this.#resized);
    rawMode(input, false);
    output.write(`${this.#onOtherScreen ? LEAVE_OTHER_SCREEN : ""}${PUT_BACK}`);
  }

  async #keep(url: () => Promise<string>): Promise<ExitStatus | undefined> {
    let last = "it closes again and again";
    for (let tries = 0; tries < TRIES && !this.#isClosed; tries += 1) {
      const began = performance.now();
      const link = new TerminalLink({ onBytes: this.#shown, onFrame: this.#told });
      this.#link = link;
      try {
        const ended = await link.open(await url(), this.#resized);
        if (ended !== undefined || this.#isClosed) return ended;
      } catch (error) {
        if (isLasting(error)) throw error;
        last = error instanceof Error ? error.message : String(error);
      }
      if (performance.now() - began > STEADY_AFTER_MS) tries = 0;
      this.#say("the connection was lost; trying again");
      await pause(RETRY_MS);
    }
    throw new RefusedStart(`The terminal cannot be reached any more (${last}).`);
  }

  #say(words: string): void {
    if (!this.#isClosed) this.#terminal.errors.write(`\r\n[${words}]\r\n`);
  }

  readonly #shown = (bytes: Uint8Array): void => {
    if (this.#isClosed) return;
    this.#terminal.output.write(bytes);
    const text = this.#tail + Buffer.from(bytes).toString("latin1");
    const last = [...text.matchAll(OTHER_SCREEN)].at(-1);
    if (last) this.#onOtherScreen = last[1] === "h";
    this.#tail = text.slice(-LEAVE_OTHER_SCREEN.length);
  };

  readonly #told = (frame: TerminalFrame): void => {
    if (frame.type === "attached" && !frame.writer)
      this.#say("somebody else types here; ~t at the start of a line takes the keyboard");
  };

  readonly #typed = (bytes: Uint8Array): void => {
    const { passed, leaves, takes } = this.#keys.press(bytes);
    if (passed.length > 0) this.#link?.type(passed);
    if (takes) this.#link?.say({ type: "take" });
    if (!leaves) return;
    this.#say("left; the terminal goes on");
    this.#left.resolve(undefined);
  };

  readonly #resized = (): void => {
    this.#link?.say({ type: "resize", ...screenSize(this.#terminal) });
  };
}

/** What trying again does not mend: the terminal is gone, or the user may not see it. */
function isLasting(error: unknown): boolean {
  if (error instanceof RefusedStart) return true;
  if (!(error instanceof RequestProblem)) return false;
  return error.status >= 400 && error.status < 500 && error.status !== 429;
}

function rawMode(input: Terminal["input"], on: boolean): void {
  (input as { setRawMode?: (on: boolean) => void }).setRawMode?.(on);
}
