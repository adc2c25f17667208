// Bundles on their way: the only bodies and answers that are bytes instead of JSON, and that pass through without being held.
import {
  BUNDLE_TYPE,
  IMPORT_MAX_BYTES,
  problem,
  ProblemError,
  type OperationId,
} from "@acos/protocol";

import { withSecurityHeaders } from "./answer.ts";
import { invalidField } from "./invalid-field.ts";

/** An uploaded bundle: read once, from the request itself. */
export interface BundleUpload {
  readonly bundle: ReadableStream<Uint8Array>;
  /** Bytes. */
  readonly length: number;
}

export interface BundleAnswer {
  readonly bundle: ReadableStream<Uint8Array>;
  /** A name for the file, of letters, digits, hyphens and dots. */
  readonly file: string;
}

/** Media types a bundle may come as. */
export const BUNDLE_TYPES: readonly string[] = [BUNDLE_TYPE, "application/octet-stream"];

/** Whether an operation's body is a bundle. */
export function takesBundle(id: OperationId): boolean {
  return id === "importGroup";
}

/** Whether an operation answers a bundle. */
export function answersBundle(id: OperationId): boolean {
  return id === "exportGroup";
}

/**
 * The bundle that a request brings. Throws `unsupported_media_type`, `invalid_request` for a missing length or body, or
 * `too_large`; reads nothing of it.
 */
export function readBundleUpload(request: Request): BundleUpload {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!BUNDLE_TYPES.includes(type)) {
    const words = `Send the bundle itself as the body, with the header Content-Type: ${BUNDLE_TYPE}.`;
    throw new ProblemError(problem("unsupported_media_type", words));
  }
  const told = request.headers.get("content-length") ?? "";
  if (!/^\d{1,15}$/.test(told)) throw invalidField("Content-Length", LENGTH_NEEDED);
  const length = Number(told);
  if (length > IMPORT_MAX_BYTES) throw tooLarge();
  if (length === 0 || !request.body)
    throw invalidField("(whole)", "The body is empty. It is to be a bundle.");
  return { bundle: request.body as ReadableStream<Uint8Array>, length };
}

/**
 * Takes what is left of an upload that nobody reads, and throws it away: a connection that is closed under an upload takes
 * the answer with it. No more than a bundle may have, and nothing that says it is more.
 */
export async function takeRest({ body, headers }: Request): Promise<void> {
  if (!body || body.locked || Number(headers.get("content-length") ?? 0) > IMPORT_MAX_BYTES) return;
  let bytes = 0;
  try {
    for await (const piece of body as ReadableStream<Uint8Array>)
      if ((bytes += piece.length) > IMPORT_MAX_BYTES) return;
  } catch {
    // Read already, or its sender has gone: there is nothing left to take.
  }
}

const LENGTH_NEEDED =
  "Send the header Content-Length with the bundle's size in bytes; a body of unknown length is not taken.";

function tooLarge(): ProblemError {
  const words = `The bundle is larger than ${IMPORT_MAX_BYTES / 1024 / 1024} MiB, which is as much as one request may bring.`;
  return new ProblemError(problem("too_large", words));
}

/** A bundle on its way out, as a file to be saved. */
export function bundleResponse({ bundle, file }: BundleAnswer, requestId: string): Response {
  const headers = withSecurityHeaders(new Headers());
  headers.set("content-type", BUNDLE_TYPE);
  headers.set("content-disposition", `attachment; filename="${file}"`);
  headers.set("x-request-id", requestId);
  return new Response(bundle, { status: 200, headers });
}
