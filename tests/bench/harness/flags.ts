// What the user asked the benchmark for.
import { parseArgs } from "node:util";

export const SUITES = [
  "ttft",
  "stream",
  "fanout",
  "watchers",
  "messages",
  "auth",
  "revocation",
  "hotpath-reads",
  "memory",
  "restart",
  "context",
  "sandbox",
] as const;
export type SuiteName = (typeof SUITES)[number];

/** Suites of performance.md whose parts of the product do not exist yet. */
const LATER_SUITES = ["web"] as const;

export interface BenchFlags {
  readonly suites: readonly SuiteName[];
  readonly peers: boolean;
  readonly rounds: number;
  readonly short: boolean;
  readonly seed: number;
  readonly later: readonly string[];
}

/** Fewer rounds than this are no median. */
const ROUNDS_MIN = 4;
const USAGE = `npm run bench -- [suite…] [--peers] [--rounds N] [--seed N] [--short]
suites: ${SUITES.join(", ")}`;

/** Reads the arguments; all suites where none is named. Throws RangeError with the usage for anything it does not know. */
export function parseBenchFlags(args: readonly string[]): BenchFlags {
  const { values, positionals } = read(args);
  const short = values.short ?? false;
  const rounds = count(values.rounds ?? (short ? "1" : String(ROUNDS_MIN)), "--rounds");
  if (!short && rounds < ROUNDS_MIN)
    throw new RangeError(
      `--rounds ${rounds}: at least ${ROUNDS_MIN}, or it is no median.\n${USAGE}`,
    );
  const later = LATER_SUITES.filter((name) => positionals.includes(name));
  const unknown = positionals.find((name) => !isSuite(name) && !later.includes(name as never));
  if (unknown !== undefined) throw new RangeError(`"${unknown}" is no suite.\n${USAGE}`);
  return {
    suites: positionals.length === 0 ? SUITES : positionals.filter(isSuite),
    peers: values.peers ?? false,
    rounds,
    short,
    seed: count(values.seed ?? "1", "--seed"),
    later: positionals.length === 0 ? LATER_SUITES : later,
  };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        peers: { type: "boolean" },
        short: { type: "boolean" },
        rounds: { type: "string" },
        seed: { type: "string" },
      },
    });
  } catch (error) {
    throw new RangeError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function count(text: string, flag: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new RangeError(`${flag} ${text}: must be a whole number from 1 up.\n${USAGE}`);
}

function isSuite(name: string): name is SuiteName {
  return (SUITES as readonly string[]).includes(name);
}
