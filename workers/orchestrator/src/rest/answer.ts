// Answers of the REST interface: JSON that no cache keeps, and Problems with the request's id in them.
import { problem, ProblemError, statusOf, type Problem } from "@acos/protocol";
import { TrustError } from "@acos/trust";

import { logError } from "../log.ts";

/** What a handler's outcome becomes before it is a Response: the form that an idempotency key keeps. */
export interface Answer {
  readonly status: number;
  /** JSON text; null for 204. */
  readonly body: string | null;
}

const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

/** Sets the headers every answer of ours has. */
export function withSecurityHeaders(headers: Headers): Headers {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) headers.set(name, value);
  return headers;
}

/** A value as JSON. */
export function jsonAnswer(value: unknown, status = 200): Answer {
  return value === undefined
    ? { status: 204, body: null }
    : { status, body: JSON.stringify(value) };
}

/** An Answer on its way out. */
export function toResponse(answer: Answer, requestId?: string): Response {
  const headers = withSecurityHeaders(new Headers());
  if (answer.body !== null) headers.set("content-type", "application/json; charset=utf-8");
  if (requestId !== undefined) headers.set("x-request-id", requestId);
  return new Response(answer.body, { status: answer.status, headers });
}

/** A Problem on its way out, with `Retry-After` where waiting helps. */
export function problemResponse(problemFound: Problem, requestId?: string): Response {
  const body = requestId === undefined ? problemFound : { ...problemFound, requestId };
  const response = toResponse(jsonAnswer(body, statusOf(problemFound.code)), requestId);
  const { retryAfterMs } = problemFound;
  if (retryAfterMs !== undefined)
    response.headers.set("retry-after", String(Math.ceil(retryAfterMs / 1000)));
  return response;
}

/** The Problem of anything thrown. What we did not foresee is logged, and told without its inside. */
export function problemOf(error: unknown, requestId: string): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof TrustError && error.code !== "internal") return error.problem;
  logError("a request failed", error, { requestId });
  const words =
    "Something went wrong on our side. Send the request again; if it fails again, give the operator this request id.";
  return problem("internal", words);
}
