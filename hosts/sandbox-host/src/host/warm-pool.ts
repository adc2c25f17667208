// Sandboxes that are started before anybody asks, each with an empty workspace of its own; taken once, then refilled.
import { parse, sandboxLimitsSchema, type SandboxLimits } from "@acos/protocol";

import { endBox } from "../driver/box.ts";
import type { Machine } from "../driver/machine.ts";
import { launch, writeAuthorities, type Launched } from "./launch.ts";
import { textOf, type Log } from "./log.ts";
import { Records } from "./records.ts";

/** Limits are the kernel's from a start on: only who asks for these can have a warm one. */
const WARM_LIMITS: SandboxLimits = parse(sandboxLimitsSchema, {}, "The limits");

export interface WarmPoolParts {
  readonly machine: Machine;
  readonly records: Records;
  readonly log: Log;
  readonly size: number;
  /** Whether one more may run now. */
  readonly hasRoom: () => boolean;
}

export class WarmPool {
  readonly #parts: WarmPoolParts;
  readonly #ready: Launched[] = [];
  #filling: Promise<void> | undefined;
  #starting = 0;
  #isClosed = false;

  constructor(parts: WarmPoolParts) {
    this.#parts = parts;
  }

  /** Those that are still starting among them. */
  get running(): number {
    return this.#ready.length + this.#starting;
  }

  /** One that is the caller's alone from here on; undefined when none is ready or its limits are others. */
  take(limits: SandboxLimits): Launched | undefined {
    const isWarm = Object.entries(WARM_LIMITS).every(
      ([name, value]) => limits[name as keyof SandboxLimits] === value,
    );
    return isWarm ? this.#ready.shift() : undefined;
  }

  /** Ends one to make room; answers false where there is none. */
  async giveWay(): Promise<boolean> {
    if (this.#ready.length === 0) await this.#filling;
    const one = this.#ready.shift();
    if (one === undefined) return false;
    await this.#discard(one);
    return true;
  }

  /** Starts what is missing, one after another, in the background. A failure waits for the next call. */
  fill(): void {
    this.#filling ??= this.#fill()
      .catch((error: unknown) =>
        this.#parts.log.warn("no warm sandbox could be started", { why: textOf(error) }),
      )
      .finally(() => {
        this.#filling = undefined;
      });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#filling;
    await Promise.all(this.#ready.splice(0).map((one) => this.#discard(one)));
  }

  async #fill(): Promise<void> {
    const { machine, records, size, hasRoom } = this.#parts;
    while (!this.#isClosed && this.#ready.length < size && hasRoom()) {
      const record = records.make(Records.warmKey(), { owner: null, limits: WARM_LIMITS });
      writeAuthorities(records.folders(record.key).egressRun, null);
      this.#starting = 1;
      const launched = await launch(machine, records, record)
        .catch((error: unknown) => {
          records.discard(record);
          throw error;
        })
        .finally(() => {
          this.#starting = 0;
        });
      this.#ready.push(launched);
      void launched.box.ended.then(() => this.#drop(launched));
    }
  }

  /** One that ended by itself is nobody's; one that was taken is not ours any more. */
  async #drop(launched: Launched): Promise<void> {
    const index = this.#ready.indexOf(launched);
    if (index < 0) return;
    this.#ready.splice(index, 1);
    await this.#discard(launched);
  }

  async #discard({ record, box, socket, connections }: Launched): Promise<void> {
    connections.destroy();
    await endBox(record, box);
    socket.close();
    this.#parts.records.discard(record);
  }
}
