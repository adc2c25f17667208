// How often a password may be guessed: counted by e-mail address, or by user, in this isolate's memory, so that no other waits.
//
//   few wrong ones ─ the 5th within the window ─▶ waits 30 s ─ one more guess, wrong ─▶ waits twice as long … ─▶ 10 min at most
//        └─ right, or quiet for a window ─▶ forgotten                └─ right, or quiet for a window ─▶ forgotten

/** Wrong passwords before the first wait: a person who mistypes stays below. */
const FREE_GUESSES = 5;
/** Within this time they count together; and this long after a wait nothing may happen for all to be forgotten. */
const WINDOW_MS = 10 * 60_000;
const FIRST_WAIT_MS = 30_000;
/** With it a guesser gets some 150 guesses a day at one address. */
const LONGEST_WAIT_MS = 10 * 60_000;
/** A guess whose request was broken off has no outcome; after this long it no longer holds others up. */
const UNDER_WAY_MS = 30_000;
/** Some hundred bytes each. Filling it with other addresses costs a guesser a password hash for every one. */
const ADDRESSES_MAX = 10_000;

export type GuessOutcome = "right" | "wrong" | "neither";

/** `wait`: not before `waitMs` from now. `busy`: others are being checked, look again soon. */
export type Guess =
  | { readonly may: "guess" }
  | { readonly may: "wait" | "busy"; readonly waitMs: number };

interface Entry {
  wrong: number;
  firstWrongAtMs: number;
  waitsUntilMs: number;
  underWay: readonly number[];
}

/** Bounded; the addresses that were guessed at longest ago go first. It holds no password and no outcome of a right one. */
export class PasswordGuesses {
  readonly #entries = new Map<string, Entry>();

  /** Asks whether a password may be checked for this address. After `guess`, `end` must follow with its outcome. */
  begin(address: string, nowMs: number): Guess {
    const entry = this.#entryOf(address, nowMs);
    if (nowMs < entry.waitsUntilMs) return { may: "wait", waitMs: entry.waitsUntilMs - nowMs };
    entry.underWay = entry.underWay.filter((startedAtMs) => nowMs - startedAtMs < UNDER_WAY_MS);
    // Guesses at the same moment count before they are wrong; after a wait there is one at a time.
    if (entry.underWay.length >= Math.max(1, FREE_GUESSES - entry.wrong))
      return { may: "busy", waitMs: 1000 };
    entry.underWay = [...entry.underWay, nowMs];
    this.#entries.set(address, entry);
    this.#dropOldest();
    return { may: "guess" };
  }

  /** Notes how a guess ended. `neither` is for requests that failed before the password was looked at. */
  end(address: string, outcome: GuessOutcome, nowMs: number): void {
    const entry = this.#entries.get(address);
    if (!entry) return;
    this.#entries.delete(address);
    if (outcome === "right") return;
    entry.underWay = entry.underWay.slice(1);
    if (outcome === "wrong") noteWrong(entry, nowMs);
    if (entry.wrong > 0 || entry.underWay.length > 0) this.#entries.set(address, entry);
  }

  #entryOf(address: string, nowMs: number): Entry {
    const known = this.#entries.get(address);
    const quietSinceMs = known && Math.max(known.firstWrongAtMs, known.waitsUntilMs);
    if (known && (known.wrong === 0 || nowMs - (quietSinceMs ?? 0) < WINDOW_MS)) return known;
    return { wrong: 0, firstWrongAtMs: 0, waitsUntilMs: 0, underWay: known?.underWay ?? [] };
  }

  #dropOldest(): void {
    for (const address of this.#entries.keys()) {
      if (this.#entries.size <= ADDRESSES_MAX) return;
      this.#entries.delete(address);
    }
  }
}

function noteWrong(entry: Entry, nowMs: number): void {
  if (entry.wrong === 0) entry.firstWrongAtMs = nowMs;
  entry.wrong += 1;
  const beyond = entry.wrong - FREE_GUESSES;
  if (beyond < 0) return;
  entry.waitsUntilMs = nowMs + Math.min(FIRST_WAIT_MS * 2 ** beyond, LONGEST_WAIT_MS);
}
