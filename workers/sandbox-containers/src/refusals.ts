// Refusals of this Worker as answers: one place where errors become Problem JSON.
import { problem, ProblemError, statusOf, type ErrorCode, type Problem } from "@acos/protocol";
import { TrustError } from "@acos/trust";

export function refusal(code: ErrorCode, message: string): ProblemError {
  return new ProblemError(problem(code, message));
}

/** Another group's sandbox and none at all are told alike. */
export const noSandbox = (): ProblemError =>
  refusal("not_found", "There is no such sandbox. Ask for the group's list of sandboxes.");

export const replaced = (): ProblemError =>
  refusal(
    "sandbox_replaced",
    "This start of the sandbox has ended, with its processes. Open the sandbox again.",
  );

/** The answer to a failed request. What is no refusal of ours is told as `internal`, without its words. */
export function answerTo(error: unknown, log: (words: string) => void): Response {
  const found = problemOf(error);
  if (found.code === "internal")
    log(error instanceof Error ? `${error.name}: ${error.message}` : typeof error);
  return Response.json(found, { status: statusOf(found.code) });
}

function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError || error instanceof TrustError) return error.problem;
  return problem("internal", "The sandbox's Worker failed. Try again in a while.");
}
