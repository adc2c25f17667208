// Bodies of requests and answers of the workspace's routes: JSON, in memory, of limited size.
import type { IncomingMessage, ServerResponse } from "node:http";

import { decodeUtf8, parseJson, problem, ProblemError } from "@acos/protocol";

/** The whole body. Throws ProblemError `too_large` as soon as it is longer than `maxBytes`. */
export async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) {
      const words = `The body is longer than ${maxBytes} bytes; send it in smaller parts.`;
      throw new ProblemError(problem("too_large", words));
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The body as JSON; a missing one is an empty object. Throws ProblemError. */
export async function jsonOf(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const body = await bodyOf(request, maxBytes);
  if (body.length === 0) return {};
  return parseJson(decodeUtf8(body, "The body"), "The body");
}

export function answerJson(
  response: ServerResponse,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": body.length,
    ...headers,
  });
  response.end(body);
}
