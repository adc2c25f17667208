// Arguments of the talking verbs: checked against what the verb takes, with words when they do not fit.
import { parseArgs } from "node:util";

import { UsageError } from "../usage-error.ts";

export interface Shape {
  readonly verb: string;
  /** How the verb is written, for the error text. */
  readonly usage: string;
  readonly options: Readonly<Record<string, { readonly type: "string" | "boolean" }>>;
  /** How many plain words it takes, at least and at most. */
  readonly words: readonly [number, number];
}

export interface Parsed {
  readonly words: readonly string[];
  text(option: string): string | undefined;
  on(option: string): boolean;
}

/** Reads a verb's arguments. Throws UsageError with the verb's usage when they do not fit. */
export function parseArguments(args: readonly string[], shape: Shape): Parsed {
  const wrong = (why: string) => new UsageError(`${why}. Usage: ${shape.usage}`);
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ...shape.options },
      allowPositionals: true,
    });
    const [least, most] = shape.words;
    if (positionals.length < least) throw wrong("Something is missing");
    if (positionals.length > most) throw wrong(`"${positionals[most]}" is too much`);
    return {
      words: positionals,
      text: (option) => (typeof values[option] === "string" ? values[option] : undefined),
      on: (option) => values[option] === true,
    };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw wrong(error instanceof Error ? (error.message.split(/\.\s/)[0] ?? "") : String(error));
  }
}
