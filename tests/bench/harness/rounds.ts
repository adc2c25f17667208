// Rounds: every contender takes its turn in every round, in shuffled order, and a job under foreign load is done again.
import { cpuSecondsOf, machineBusySeconds } from "./processes.ts";
import { shuffled } from "./statistics.ts";

/** Foreign load, in cores, above which a job is done again. */
const FOREIGN_LOAD_CORES = 0.5;
/** Then its result is taken with a remark: a busy machine must not keep a run from ending. */
const REDO_MAX = 2;

export interface Meter {
  /** Times a job is done again under foreign load. */
  readonly redoMax: number;
  /** CPU seconds of the whole machine. */
  readonly machine: () => number;
  /** CPU seconds of everything that belongs to the benchmark. */
  readonly own: () => number;
  /** Milliseconds from any fixed point. */
  readonly nowMs: () => number;
}

/** The real meter: this process with all that it started, against the machine. A short run does nothing again. */
export const machineMeter = (short: boolean): Meter => ({
  redoMax: short ? 0 : REDO_MAX,
  machine: machineBusySeconds,
  own: () => cpuSecondsOf([process.pid]),
  nowMs: () => performance.now(),
});

export interface Measured<T> {
  readonly value: T;
  readonly foreignCores: number;
  readonly redone: number;
}

/**
 * Runs a job and runs it again while foreign load was over half a core. After the last try the result is given back all
 * the same: `foreignCores` says how loaded the machine was.
 */
export async function measure<T>(job: () => Promise<T>, meter: Meter): Promise<Measured<T>> {
  for (let redone = 0; ; redone += 1) {
    const [machine, own, started] = [meter.machine(), meter.own(), meter.nowMs()];
    const value = await job();
    const seconds = Math.max(0.001, (meter.nowMs() - started) / 1000);
    const foreign = meter.machine() - machine - (meter.own() - own);
    const foreignCores = Math.max(0, foreign / seconds);
    // A job shorter than a few clock ticks cannot be judged: ticks are 10 ms.
    if (foreignCores <= FOREIGN_LOAD_CORES || redone >= meter.redoMax || seconds < 0.1)
      return { value, foreignCores, redone };
  }
}

export interface Schedule {
  readonly rounds: number;
  readonly random: () => number;
}

/** Calls `job` for every contender in every round, one after another, in a new random order each round. */
export async function alternate<T>(
  contenders: readonly T[],
  schedule: Schedule,
  job: (contender: T, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < schedule.rounds; round += 1)
    for (const contender of shuffled(contenders, schedule.random)) await job(contender, round);
}

/** Numbers from 0 up to 1 that are the same for the same seed (mulberry32), so that a run's order can be had again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
