// Answers that come from inside a sandbox: passed on as they come, with none of its headers but those named here.
import type { OperationId } from "@acos/protocol";

import { withSecurityHeaders } from "./answer.ts";

/** An answer of a sandbox's that succeeded, unread. */
export interface PassedAnswer {
  readonly passed: Response;
}

export const NDJSON_TYPE = "application/x-ndjson";
export const BYTES_TYPE = "application/octet-stream";

/**
 * What a sandbox may say about its answer. Its types are those that no browser shows as a page: whoever wrote what a sandbox
 * holds must not write pages of this origin.
 */
const TYPES: readonly string[] = ["application/json", NDJSON_TYPE];
const HEADERS = ["accept-ranges", "acos-entry", "content-length", "content-range", "etag"] as const;

/** Whether an operation answers nothing but what a sandbox answers. */
export function passesThrough(id: OperationId): boolean {
  return id === "readFile" || id === "readProcess";
}

/** The answer on its way out. */
export function passedResponse({ passed }: PassedAnswer, requestId: string): Response {
  const headers = withSecurityHeaders(new Headers());
  for (const name of HEADERS) {
    const value = passed.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const type = passed.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  const shown = TYPES.includes(type) ? type : BYTES_TYPE;
  headers.set("content-type", shown);
  if (shown === BYTES_TYPE) headers.set("content-disposition", "attachment");
  headers.set("x-request-id", requestId);
  return new Response(passed.body, { status: passed.status, headers });
}
