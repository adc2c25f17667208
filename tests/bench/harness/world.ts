// What every suite is given: the contenders that run, the schedule of rounds and the book its samples go into.
import type { Contender } from "../contenders/contender.ts";
import type { ContenderName, FigureBook } from "./figures.ts";
import { alternate, measure, type Meter, type Schedule } from "./rounds.ts";

export interface World {
  readonly contenders: readonly Contender[];
  /** Starts a contender anew, apart from the shared one: for suites that need a fresh or a killed one. */
  readonly startFresh: (name: ContenderName) => Promise<Contender>;
  readonly modelUrl: string;
  readonly book: FigureBook;
  readonly schedule: Schedule;
  readonly meter: Meter;
  /** Fewer clients, turns and messages: for `npm test`. */
  readonly short: boolean;
  /** Remarks for the reader: what failed, what was measured under load, what is left out. */
  readonly say: (line: string) => void;
}

/** After that many jobs were redone in vain the machine is busy for good: what is left is measured once, with the remark. */
const IN_VAIN_MAX = 3;
/** Foreign load, in cores, that is worth a remark. */
const REMARKABLE_CORES = 0.5;

/** One job's samples by what was measured. */
export type Sample = Readonly<Record<string, number>>;

/** Does one job for each contender in every round, and again under foreign load; a contender that fails is left out with words. */
export async function sampleRounds<Contestant extends Pick<Contender, "name">>(
  world: World,
  contenders: readonly Contestant[],
  job: (contender: Contestant) => Promise<Sample>,
): Promise<Map<ContenderName, Sample[]>> {
  const samples = new Map<ContenderName, Sample[]>(contenders.map(({ name }) => [name, []]));
  let loaded = 0;
  let inVain = 0;
  await alternate(contenders, world.schedule, async (contender) => {
    const row = samples.get(contender.name);
    if (row === undefined) return; // it failed in an earlier round
    try {
      const redoMax = inVain < IN_VAIN_MAX ? world.meter.redoMax : 0;
      const { value, foreignCores } = await measure(() => job(contender), {
        ...world.meter,
        redoMax,
      });
      if (foreignCores > REMARKABLE_CORES) inVain += 1;
      loaded = Math.max(loaded, foreignCores);
      row.push(value);
    } catch (error) {
      samples.delete(contender.name);
      world.say(`${contender.name} failed and is left out: ${wordsOf(error)}`);
    }
  });
  if (loaded > REMARKABLE_CORES)
    world.say(`other load came to ${loaded.toFixed(1)} cores: measure again on a quieter machine`);
  return samples;
}

/** What an error says, on one line. */
export function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s*\n\s*/g, " · ").slice(0, 600);
}

/** Puts one measured thing of every contender into the book, under `name`. */
export function record(
  book: FigureBook,
  samples: ReadonlyMap<ContenderName, readonly Sample[]>,
  { key, name }: { readonly key: string; readonly name: string },
): void {
  for (const [contender, rows] of samples)
    for (const row of rows) {
      const value = row[key];
      if (value !== undefined) book.add(name, contender, value);
    }
}

/**
 * The same, less the direct call of the same round: the overhead. The direct call itself is not recorded. Rounds are
 * matched by their place, which holds because every contender gives one sample a round.
 */
export function recordOverhead(
  book: FigureBook,
  samples: ReadonlyMap<ContenderName, readonly Sample[]>,
  { key, name }: { readonly key: string; readonly name: string },
): void {
  const direct = samples.get("direct");
  if (direct === undefined) return;
  for (const [contender, rows] of samples)
    if (contender !== "direct")
      for (const [round, row] of rows.entries()) {
        const value = row[key];
        const base = direct[round]?.[key];
        if (value !== undefined && base !== undefined) book.add(name, contender, value - base);
      }
}
