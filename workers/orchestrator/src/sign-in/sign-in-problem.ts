// Refusals of the sign-in library in our form: a Problem that keeps the library's own code and message.
import { parseJson, type ErrorCode, type Problem } from "@acos/protocol";

import { problemResponse } from "../rest/answer.ts";
import { notFound } from "../store/access.ts";

/** For refusals that come without a code, by status. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  400: "invalid_request",
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  405: "method_not_allowed",
  409: "conflict",
  413: "too_large",
  415: "unsupported_media_type",
  422: "invalid_request",
  429: "rate_limited",
};
const WORDS: Readonly<Record<number, string>> = {
  404: "There is nothing at this address under /api/auth.",
  429: "Too many requests. Send it again a little later.",
};
const FAILED =
  "Something went wrong on our side. Send the request again; if it fails again, give the operator this request id.";

/** What the library says to somebody who is not in an org, or who asks for one that does not exist: it says which. */
const TELLS_OF_ORGS: ReadonlySet<unknown> = new Set([
  "ORGANIZATION_NOT_FOUND",
  "USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION",
  "YOU_ARE_NOT_A_MEMBER_OF_THIS_ORGANIZATION",
]);
/** The same of an invitation that is somebody else's. */
const TELLS_OF_INVITATIONS: ReadonlySet<unknown> = new Set([
  "INVITATION_NOT_FOUND",
  // One route says so without a code.
  "Invitation not found!",
  "YOU_ARE_NOT_THE_RECIPIENT_OF_THE_INVITATION",
]);

/** What is forbidden to be seen answers in the words of what does not exist. */
function hiddenBy(saying: unknown): Problem | undefined {
  if (TELLS_OF_ORGS.has(saying)) return notFound("organization").problem;
  return TELLS_OF_INVITATIONS.has(saying) ? notFound("invitation").problem : undefined;
}

/** The same answer; a refusal gets `code`, `message` and `requestId`, and of a failure of ours nothing else is told. */
export async function asProblem(answer: Response, requestId: string): Promise<Response> {
  if (answer.status < 400) return answer;
  const { status } = answer;
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  headers.set("content-type", "application/json; charset=utf-8");
  headers.set("x-request-id", requestId);
  const retryAfter = headers.get("retry-after") ?? headers.get("x-retry-after");
  if (retryAfter !== null) headers.set("retry-after", retryAfter);
  const said = status >= 500 ? {} : fieldsOf(await answer.text());
  const alike = hiddenBy(said["code"] ?? said["message"]);
  if (alike) return problemResponse(alike, requestId);
  const body = {
    ...said,
    code: textOf(said["code"]) ?? CODES[status] ?? "internal",
    message: textOf(said["message"]) ?? (status >= 500 ? FAILED : (WORDS[status] ?? REFUSED)),
    requestId,
  };
  return new Response(JSON.stringify(body), { status, headers });
}

const REFUSED = "The request was refused. Look at what it sends and send it again.";

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = parseJson(text, "A refusal");
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    // A refusal in another form than JSON is told by its status alone.
    return {};
  }
}
