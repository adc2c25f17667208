// Every refusal of this package: thrown where proof is missing, so that a forgotten `if` fails closed.
import { problem, type ErrorCode, type Problem } from "@acos/protocol";

/** What was refused. */
export type TrustSubject =
  | "session-certificate"
  | "routing-token"
  | "preview-token"
  | "access-token"
  | "tool-grant"
  | "signed-request"
  | "key"
  | "secret"
  | "json";

interface SubjectRow {
  /** How an error text names it. */
  readonly title: string;
  readonly code: ErrorCode;
  /** What the reader can do now. */
  readonly advice: string;
}

const SUBJECTS: Readonly<Record<TrustSubject, SubjectRow>> = {
  "session-certificate": {
    title: "session certificate",
    code: "invalid_certificate",
    advice: "Ask the Orchestrator for a new certificate.",
  },
  "routing-token": {
    title: "routing token",
    code: "invalid_token",
    advice: "Ask for a new one with POST /api/v1/groups/{id}/token.",
  },
  "preview-token": {
    title: "preview token",
    code: "invalid_token",
    advice: "Open the preview again from the group.",
  },
  "access-token": {
    title: "access token",
    code: "invalid_token",
    advice: "Sign in again or present an API key.",
  },
  "tool-grant": {
    title: "tool grant",
    code: "invalid_token",
    advice: "The group has to dispatch the tool call again.",
  },
  "signed-request": {
    title: "request signature",
    code: "invalid_signature",
    advice: "Sign the request as docs/design/trust.md says, with a fresh nonce.",
  },
  key: {
    title: "key",
    code: "internal",
    advice: "Check the keys this deployable was started with.",
  },
  secret: {
    title: "sealed secret",
    code: "internal",
    advice: "Check that the master key is the one it was sealed with.",
  },
  json: { title: "JSON value", code: "invalid_json", advice: "Send plain JSON." },
};

/** Why it was refused: stable names for logs and tests, and the words for people. */
export const TRUST_REASONS = {
  too_large: "it is larger than allowed",
  malformed: "it does not have the expected form",
  encoding: "it is not encoded canonically",
  json: "it holds JSON that is not strict",
  header: "its header has a missing, extra or wrong member",
  algorithm: "it names an algorithm that is not ours",
  type: "it is another kind of token",
  unknown_key: "the key it names is not known here",
  signature: "its signature does not match",
  issuer: "it was issued by somebody else",
  audience: "it was made for another audience",
  claim: "a claim is missing or has the wrong form",
  expired: "it has expired",
  not_yet_valid: "it is not valid yet",
  lifetime: "it lives longer than its kind may",
  confirmation: "the key it is bound to is missing or not acceptable",
  epoch: "it is from an earlier epoch of the group",
  over_cap: "the work goes over what its certificate allows",
  used: "it was used before",
  binding: "it was made for something else",
  field: "a header field is missing, repeated, too long or not plain ASCII",
  override: "a header field tries to override method, host or length",
  target: "its target is not the service it was sent to",
  coverage: "it does not cover exactly what the profile asks for",
  key_mismatch: "it was not made with the key of its certificate",
  digest: "the body is not the one that was signed",
} as const;

export type TrustReason = keyof typeof TRUST_REASONS;

/** The text never holds a token, a key or a claim's value; `about` names a claim, a field or a limit. */
export class TrustError extends Error {
  override readonly name = "TrustError";
  readonly subject: TrustSubject;
  readonly reason: TrustReason;
  readonly code: ErrorCode;
  readonly about: string | undefined;

  constructor(subject: TrustSubject, reason: TrustReason, about?: string) {
    const row = SUBJECTS[subject];
    const what =
      about === undefined ? TRUST_REASONS[reason] : `${TRUST_REASONS[reason]} (${about})`;
    super(`The ${row.title} was refused: ${what}. ${row.advice}`);
    this.subject = subject;
    this.reason = reason;
    this.code = codeOf(subject, reason);
    this.about = about;
  }

  /** The refusal as a caller on the wire may see it. */
  get problem(): Problem {
    return problem(this.code, this.message);
  }
}

function codeOf(subject: TrustSubject, reason: TrustReason): ErrorCode {
  if (reason === "too_large") return "too_large";
  if (reason === "over_cap") return "over_cap";
  if (reason === "used") return "used_token";
  const isToken = SUBJECTS[subject].code === "invalid_token";
  return reason === "expired" && isToken ? "expired_token" : SUBJECTS[subject].code;
}
