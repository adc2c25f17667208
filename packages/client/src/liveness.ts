// Tells a silent connection from a dead one: asks after a while of silence, and gives up when no answer comes.
import type { Clock } from "./platform.ts";

/** Silence before a ping; below the minute after which common proxies cut idle sockets. */
const PING_AFTER_MS = 25_000;
/** Time for any frame to come back; a phone's radio may need seconds to wake. */
const ANSWER_WITHIN_MS = 10_000;

export interface Liveness {
  /** Something was heard. */
  heard(): void;
  stop(): void;
}

/** Starts watching. Contract: `ping` sends one ping; `dead` is called at most once, and never after `stop`. */
export function watchLiveness(clock: Clock, on: { ping(): void; dead(): void }): Liveness {
  let cancel = (): void => undefined;
  const listen = (): void => {
    cancel();
    cancel = clock.after(PING_AFTER_MS, () => {
      cancel = clock.after(ANSWER_WITHIN_MS, on.dead);
      on.ping();
    });
  };
  listen();
  return { heard: listen, stop: () => cancel() };
}
