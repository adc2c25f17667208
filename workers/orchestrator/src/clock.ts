// Time and randomness of this deployable, as one value that is handed down, so that everything below it can be tested.
import { makeId, type IdKind } from "@acos/protocol";

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  random(bytes: number): Uint8Array;
}

/** The platform's own time and randomness. */
export const platformClock: Clock = {
  now: () => Date.now(),
  random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
};

/** A fresh id of one kind. */
export function freshId<K extends IdKind>(clock: Clock, kind: K): ReturnType<typeof makeId<K>> {
  return makeId(kind, clock.now(), clock.random(10));
}

/** A fresh unguessable name of 128 bits, for what has no kind of id of its own. */
export function freshNonce(clock: Clock): string {
  return Array.from(clock.random(16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
