// Reading what came over a wire: bytes to text to JSON to a checked value, each failure a Problem that says which field.
import type * as z from "zod";

import { problem, ProblemError, type Problem } from "./errors.ts";
import { fieldProblem } from "./issue-words.ts";

/** Parses a value by a schema. Throws ProblemError `invalid_request` naming every field that is wrong. */
export function parse<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ProblemError(invalid(parsed.error, what));
}

/** Parses JSON text. Throws ProblemError `invalid_json`. Duplicate members: the last one counts (ECMA-404 leaves it open). */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProblemError(problem("invalid_json", `${what} is not valid JSON.`));
  }
}

/** Decodes UTF-8 strictly. Throws ProblemError `invalid_json` on a malformed sequence. */
export function decodeUtf8(bytes: ArrayBuffer | Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new ProblemError(problem("invalid_json", `${what} is not valid UTF-8.`));
  }
}

function invalid(error: z.ZodError, what: string): Problem {
  const fields = error.issues.slice(0, 10).map(fieldProblem);
  const first = fields[0];
  const where = first ? ` ${first.field}: ${first.problem}.` : "";
  return problem("invalid_request", `${what} is not as expected.${where}`, { details: fields });
}
