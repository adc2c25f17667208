// Reads a request's body within its limit, strictly as UTF-8 JSON.
import { BODY_MAX_BYTES, decodeUtf8, parseJson, problem, ProblemError } from "@acos/protocol";

import { invalidField } from "./invalid-field.ts";

/** The body as text, "" for none. Throws ProblemError `too_large` or `invalid_json`; it does not parse it. */
export async function readBodyText(request: Request): Promise<string> {
  if (!request.body) return "";
  if (Number(request.headers.get("content-length") ?? 0) > BODY_MAX_BYTES) throw tooLarge();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of request.body as ReadableStream<Uint8Array>) {
    size += piece.length;
    if (size > BODY_MAX_BYTES) throw tooLarge();
    pieces.push(piece);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return decodeUtf8(bytes, "The request body");
}

/** The JSON value of a body; `{}` for an empty one. Throws `unsupported_media_type` unless it says it is JSON. */
export function parseBody(request: Request, text: string): unknown {
  if (text === "") return {};
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    const words = "Send the body as JSON, with the header Content-Type: application/json.";
    throw new ProblemError(problem("unsupported_media_type", words));
  }
  return parseJson(text, "The request body");
}

/** For operations that take no body: nothing or `{}` passes. Throws `invalid_request` naming the first field there is. */
export function requireNoFields(sent: unknown): void {
  const isObject = typeof sent === "object" && sent !== null && !Array.isArray(sent);
  const first = isObject ? Object.keys(sent)[0]?.slice(0, 60) : "(whole)";
  if (first === undefined) return;
  throw invalidField(first, "This operation takes no body. Send none, or {}.");
}

function tooLarge(): ProblemError {
  const words = `The request body is larger than ${BODY_MAX_BYTES / 1024} KiB. Send less at a time.`;
  return new ProblemError(problem("too_large", words));
}
