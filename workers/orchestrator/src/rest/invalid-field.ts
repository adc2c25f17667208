// Refusals of one field, in the shape that the schemas' own refusals have: details is a list of {field, problem}.
import { problem, ProblemError } from "@acos/protocol";

/** ProblemError `invalid_request` about one field. `words` say what is wrong and what to do; they are shown as they are. */
export function invalidField(field: string, words: string): ProblemError {
  return new ProblemError(
    problem("invalid_request", words, { details: [{ field, problem: words }] }),
  );
}
