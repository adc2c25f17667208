// Where the Sandbox Host of this start stands, for whoever asks: the Workers' door to it, and the log.
import { setTimeout as pause } from "node:timers/promises";

export interface SandboxStanding {
  readonly state: "starting" | "serving" | "off";
  /** For people: why there are none, or what is being waited for. */
  readonly words: string;
}

/** Between two looks while somebody waits. */
const LOOK_EVERY_MS = 50;

export class SandboxBoard {
  #standing: SandboxStanding = { state: "starting", words: "Sandboxes are coming up." };
  readonly #isListening: () => Promise<boolean>;

  /** Contract: `isListening` says whether somebody takes connections where the host should; it does not throw. */
  constructor(isListening: () => Promise<boolean>) {
    this.#isListening = isListening;
  }

  set(standing: SandboxStanding): void {
    this.#standing = standing;
  }

  /**
   * Answers as soon as it is known whether there are sandboxes, or what is known when the time is up. A host that died is
   * seen here before its death is heard of.
   */
  async settled(deadlineMs: number): Promise<SandboxStanding> {
    const until = performance.now() + deadlineMs;
    for (;;) {
      const standing = this.#standing;
      if (standing.state === "off") return standing;
      if (standing.state === "serving" && (await this.#isListening())) return standing;
      if (performance.now() > until) return { ...standing, state: "starting" };
      await pause(LOOK_EVERY_MS);
    }
  }
}
