// When keys need care: after they changed, and now and then; kept in memory, so that a request with nothing due costs nothing.
import type { PlaneKeys } from "./live-keys.ts";

/** A fresh isolate serves first. */
const FIRST_MS = 60_000;
/** Pause between two looks when there was nothing left to do, and when there was. */
const IDLE_MS = 60 * 60_000;
const BUSY_MS = 1_000;

/** What this isolate knows of the care that was given. */
export class CareWatch {
  #for: PlaneKeys;
  #againAtMs: number;

  constructor(keys: PlaneKeys, openedAtMs: number) {
    this.#for = keys;
    this.#againAtMs = openedAtMs + FIRST_MS;
  }

  /** True when it is time; the caller then cares, and says how much was left. */
  takeDue(keys: PlaneKeys, nowMs: number): boolean {
    if (keys === this.#for && nowMs < this.#againAtMs) return false;
    this.#for = keys;
    this.#againAtMs = nowMs + BUSY_MS;
    return true;
  }

  noteDone(left: number, nowMs: number): void {
    this.#againAtMs = nowMs + (left === 0 ? IDLE_MS : BUSY_MS);
  }
}
