// Whether a sandbox is used: calls, streams that are open, and processes that work. The group decides what follows.

/** A process that takes more than this part of a core is at work; a server that waits for requests takes less. */
const BUSY_SHARE = 0.01;

export class Activity {
  #lastMs: number;
  #open = 0;
  #cpu: { readonly atMs: number; readonly usedMs: number } | undefined;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  /** A call begins; the answer is called once, when its last byte is through. */
  begin(nowMs: number): (endMs: number) => void {
    this.#lastMs = nowMs;
    this.#open += 1;
    let isOpen = true;
    return (endMs) => {
      if (!isOpen) return;
      isOpen = false;
      this.#open -= 1;
      this.#lastMs = endMs;
    };
  }

  /** CPU time so far of everything but the agent. Answers what was used since the last look. */
  look(usedMs: number, nowMs: number): number {
    const last = this.#cpu;
    this.#cpu = { atMs: nowMs, usedMs };
    if (last === undefined || nowMs <= last.atMs) return 0;
    const used = usedMs - last.usedMs;
    if (used > (nowMs - last.atMs) * BUSY_SHARE) this.#lastMs = nowMs;
    return used;
  }

  idleMs(nowMs: number): number {
    return this.#open > 0 ? 0 : Math.max(0, Math.round(nowMs - this.#lastMs));
  }
}
