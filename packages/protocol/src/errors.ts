// Every error that may cross a wire: one table of code → HTTP status and retry advice.
import * as z from "zod";

/** When the same request may be sent again: `no` = change it first, `later` = wait and resend, `now` = resend at once. */
export type RetryAdvice = "no" | "later" | "now";

interface ErrorRow {
  readonly status: number;
  readonly retry: RetryAdvice;
}

/** The table. A WebSocket close code is `4000 + status`, its reason the code. */
export const ERRORS = {
  invalid_request: { status: 400, retry: "no" },
  invalid_json: { status: 400, retry: "no" },
  invalid_frame: { status: 400, retry: "no" },
  unsupported_protocol: { status: 400, retry: "no" },
  unauthenticated: { status: 401, retry: "no" },
  invalid_token: { status: 401, retry: "no" },
  expired_token: { status: 401, retry: "now" },
  used_token: { status: 401, retry: "now" },
  invalid_certificate: { status: 401, retry: "now" },
  invalid_signature: { status: 401, retry: "no" },
  over_cap: { status: 402, retry: "no" },
  forbidden: { status: 403, retry: "no" },
  forbidden_origin: { status: 403, retry: "no" },
  forbidden_address: { status: 403, retry: "no" },
  not_found: { status: 404, retry: "no" },
  method_not_allowed: { status: 405, retry: "no" },
  conflict: { status: 409, retry: "no" },
  idempotency_conflict: { status: 409, retry: "no" },
  approval_closed: { status: 409, retry: "no" },
  run_ended: { status: 409, retry: "no" },
  sandbox_replaced: { status: 409, retry: "now" },
  gone: { status: 410, retry: "no" },
  too_large: { status: 413, retry: "no" },
  unsupported_media_type: { status: 415, retry: "no" },
  upgrade_required: { status: 426, retry: "no" },
  rate_limited: { status: 429, retry: "later" },
  quota_exceeded: { status: 429, retry: "later" },
  provider_rate_limited: { status: 429, retry: "later" },
  internal: { status: 500, retry: "later" },
  agent_version_unavailable: { status: 502, retry: "later" },
  provider_refused: { status: 502, retry: "no" },
  provider_failed: { status: 502, retry: "later" },
  sandbox_failed: { status: 502, retry: "later" },
  sandboxes_off: { status: 503, retry: "no" },
  storage_damaged: { status: 500, retry: "no" },
  unavailable: { status: 503, retry: "later" },
  provider_timeout: { status: 504, retry: "later" },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;
export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[];

/** What a caller is told: `message` is safe to show to the person who reads it; `details` says which field, never a secret. */
export const problemSchema = z.strictObject({
  code: z.enum(ERROR_CODES as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  details: z.json().optional(),
  retryAfterMs: z.int().nonnegative().optional(),
  requestId: z.string().optional(),
});
export type Problem = z.infer<typeof problemSchema>;

/** A decision's or a remote call's outcome as a value: decisions return refusals, they do not throw. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem };

/** An error that carries its Problem; thrown at the rim, where a wrong request must not go on. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

type ProblemExtra = Pick<Problem, "details" | "retryAfterMs" | "requestId">;

/** Builds a Problem; it does not check that `message` is free of secrets, its author does. */
export function problem(code: ErrorCode, message: string, extra: ProblemExtra = {}): Problem {
  return { code, message, ...extra };
}

/** HTTP status of a Problem. */
export function statusOf(code: ErrorCode): number {
  return ERRORS[code].status;
}

/** WebSocket close code of a Problem (RFC 6455 leaves 4000–4999 to applications). */
export function closeCodeOf(code: ErrorCode): number {
  return 4000 + ERRORS[code].status;
}
