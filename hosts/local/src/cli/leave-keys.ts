// What is typed into a far terminal, and the few keys that are for this program: Ctrl+] and, after a line's end, `~.` leave;
// `~t` takes the keyboard when somebody else has it.

const LEAVE = 0x1d;
const TILDE = 0x7e;
const DOT = 0x2e;
const TAKE = 0x74;
const LINE_ENDS: ReadonlySet<number> = new Set([0x0a, 0x0d]);

export interface Pressed {
  /** What goes to the far terminal. */
  readonly passed: Uint8Array;
  readonly leaves: boolean;
  readonly takes: boolean;
}

export class LeaveKeys {
  #atLineStart = true;
  #tilde = false;

  /** Takes what was typed, a key or many at once. A tilde at a line's start waits for what follows it. */
  press(bytes: Uint8Array): Pressed {
    const passed: number[] = [];
    let takes = false;
    for (const byte of bytes) {
      if (byte === LEAVE || (this.#tilde && byte === DOT))
        return { passed: Uint8Array.from(passed), leaves: true, takes };
      if (this.#tilde && byte === TAKE) {
        takes = true;
        this.#tilde = false;
        continue;
      }
      if (this.#tilde && byte !== TILDE) passed.push(TILDE);
      if (!this.#tilde && this.#atLineStart && byte === TILDE) {
        this.#tilde = true;
        continue;
      }
      this.#tilde = false;
      passed.push(byte);
      this.#atLineStart = LINE_ENDS.has(byte);
    }
    return { passed: Uint8Array.from(passed), leaves: false, takes };
  }
}
