// Answers of the host itself, as JSON.
import type { ServerResponse } from "node:http";

import { statusOf, type Problem } from "@acos/protocol";

export function sendJson(answer: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  answer
    .writeHead(status, { "content-type": "application/json", "content-length": bytes.length })
    .end(bytes);
}

export function problemText(refusal: Problem): { readonly status: number; readonly body: string } {
  return { status: statusOf(refusal.code), body: JSON.stringify(refusal) };
}

/** Answers with a Problem; does nothing where an answer has begun. */
export function sendProblem(answer: ServerResponse, refusal: Problem): void {
  if (answer.headersSent) return;
  sendJson(answer, statusOf(refusal.code), refusal);
}
