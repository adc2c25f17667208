// Figures: what suites hand to the report and to the goals, a list of samples per measured thing and contender.
import { median } from "./statistics.ts";

export const CONTENDERS = [
  "direct",
  "bare-room",
  "acos",
  "AIChatAgent",
  "Mastra",
  "LangGraph",
  "bare-process",
  "bubblewrap",
  "gVisor",
  "podman",
  "docker",
] as const;
export type ContenderName = (typeof CONTENDERS)[number];
/** Contenders that other people wrote: "best peer" is the best of these that ran. */
export const PEERS: readonly ContenderName[] = ["AIChatAgent", "Mastra", "LangGraph"];

export interface Figure {
  /** `suite: what, unit`, the same words for every contender. */
  readonly name: string;
  readonly contender: ContenderName;
  /** One sample a round; a single one where it is an exact count. */
  readonly samples: readonly number[];
}

/** Gathers samples under name and contender, in the order in which the names first came up. */
export class FigureBook {
  readonly #samples = new Map<string, Map<ContenderName, number[]>>();

  /** Adds one sample. Does not check that all contenders have the same number of samples. */
  add(name: string, contender: ContenderName, sample: number): void {
    const row = this.#samples.get(name) ?? new Map<ContenderName, number[]>();
    this.#samples.set(name, row);
    row.set(contender, [...(row.get(contender) ?? []), sample]);
  }

  /** Everything gathered so far. */
  figures(): Figure[] {
    return [...this.#samples].flatMap(([name, row]) =>
      [...row].map(([contender, samples]) => ({ name, contender, samples })),
    );
  }
}

/** The median of one figure of one contender, or undefined where it was not measured. */
export function medianOf(
  figures: readonly Figure[],
  name: string,
  contender: ContenderName,
): number | undefined {
  const found = figures.find((figure) => figure.name === name && figure.contender === contender);
  return found && found.samples.length > 0 ? median(found.samples) : undefined;
}

/** The lowest (or highest) median among the peers that ran, with its name; undefined when none did. */
export function bestPeer(
  figures: readonly Figure[],
  name: string,
  better: "lower" | "higher",
): { readonly peer: ContenderName; readonly value: number } | undefined {
  const ran = PEERS.flatMap((peer) => {
    const value = medianOf(figures, name, peer);
    return value === undefined ? [] : [{ peer, value }];
  });
  return ran.toSorted((a, b) => (better === "lower" ? a.value - b.value : b.value - a.value))[0];
}
