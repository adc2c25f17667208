// Errors of a request or a command, in the one form every caller handles: a Problem with its HTTP status.
import type { ErrorCode, Problem } from "@acos/protocol";

/** Thrown when a request or command was refused, or never reached anybody (status 0). `message` may be shown as it is. */
export class RequestProblem extends Error {
  override readonly name = "RequestProblem";
  readonly problem: Problem;
  readonly status: number;
  constructor(problem: Problem, status: number) {
    super(problem.message);
    this.problem = problem;
    this.status = status;
  }
}

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "invalid_request",
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  410: "gone",
  413: "too_large",
  422: "invalid_request",
  429: "rate_limited",
};

/** Builds the error of an HTTP answer, whatever its body holds; a body that is no Problem gets a code by its status. */
export function problemOfAnswer(status: number, body: unknown): RequestProblem {
  const said = typeof body === "object" && body !== null ? body : {};
  const message =
    "message" in said && typeof said.message === "string" && said.message !== ""
      ? said.message
      : `The server answered with status ${status}. Try again in a moment.`;
  const fallback = CODE_OF_STATUS[status] ?? (status >= 500 ? "unavailable" : "invalid_request");
  return new RequestProblem(
    { ...pickExtras(said), code: codeIn(said) ?? fallback, message },
    status,
  );
}

/** The error of a request that got no answer at all. */
export function problemOfSilence(): RequestProblem {
  const message = "The server cannot be reached. Check the connection and try again.";
  return new RequestProblem({ code: "unavailable", message }, 0);
}

/** Whether trying the same again may work without anybody changing anything: silence, overload or a failing server. */
export function isPassing(problem: RequestProblem): boolean {
  const { status } = problem;
  return status === 0 || status >= 500 || status === 408 || status === 425 || status === 429;
}

function codeIn(said: object): ErrorCode | undefined {
  // Codes are lower case words; better-auth's own are upper case and are replaced by the status's code.
  if (!("code" in said) || typeof said.code !== "string") return undefined;
  if (!/^[a-z_]+$/.test(said.code)) return undefined;
  return said.code as ErrorCode;
}

function pickExtras(said: object): Pick<Problem, "details" | "retryAfterMs" | "requestId"> {
  const extras: { -readonly [K in "details" | "retryAfterMs" | "requestId"]?: Problem[K] } = {};
  if ("details" in said) extras.details = said.details as NonNullable<Problem["details"]>;
  if ("retryAfterMs" in said && typeof said.retryAfterMs === "number")
    extras.retryAfterMs = said.retryAfterMs;
  if ("requestId" in said && typeof said.requestId === "string") extras.requestId = said.requestId;
  return extras;
}
