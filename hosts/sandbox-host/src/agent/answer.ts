// How the agent's routes read bodies and answer: JSON, Problems, and system errors in words.
import type { IncomingMessage, ServerResponse } from "node:http";

import {
  decodeUtf8,
  parse,
  parseJson,
  problem,
  ProblemError,
  statusOf,
  type ErrorCode,
  type Problem,
} from "@acos/protocol";

/** A JSON body: an input of a megabyte in base64 or escaped, and what stands around it. */
const JSON_MAX_BYTES = 4 * 1024 * 1024;

type Schema = Parameters<typeof parse>[0];

/** The request's JSON by a schema; an empty body counts as nothing given. Throws ProblemError. */
export async function readBody<S extends Schema>(
  request: IncomingMessage,
  schema: S,
): Promise<ReturnType<typeof parse<S>>> {
  const bytes = await readBytes(request, JSON_MAX_BYTES);
  const value =
    bytes.length === 0 ? undefined : parseJson(decodeUtf8(bytes, "The body"), "The body");
  return parse(schema, value, "The body");
}

async function readBytes(request: IncomingMessage, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > most) throw refusal("too_large", `A body may have ${most} bytes at most.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** A ProblemError, shorter. */
export function refusal(code: ErrorCode, message: string): ProblemError {
  return new ProblemError(problem(code, message));
}

export function answerJson(response: ServerResponse, body: object, status = 200): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

export function answerDone(response: ServerResponse): void {
  response.writeHead(204);
  response.end();
}

/** Answers with what went wrong. Where an answer has begun it is broken off: a whole one would be a lie. */
export function answerProblem(response: ServerResponse, found: Problem): void {
  if (response.headersSent) return void response.destroy();
  answerJson(response, found, statusOf(found.code));
}

const CODES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ["not_found", "There is no such file or folder."],
  EACCES: ["forbidden", "The sandbox's user may not do that there."],
  EPERM: ["forbidden", "The sandbox's user may not do that there."],
  EROFS: ["forbidden", "That part of the sandbox cannot be written."],
  ENOSPC: ["quota_exceeded", "The sandbox's disk is full. Delete something, or raise its limit."],
  EDQUOT: ["quota_exceeded", "The sandbox's disk is full. Delete something, or raise its limit."],
  ENOTDIR: ["invalid_request", "A part of the path is a file, not a folder."],
  EISDIR: ["invalid_request", "That is a folder, not a file."],
  EEXIST: ["conflict", "There is one already."],
  ENOTEMPTY: ["conflict", "The folder is not empty."],
  ELOOP: ["invalid_request", "The path leads through too many links."],
  ENAMETOOLONG: ["invalid_request", "The path is too long."],
  EINVAL: ["invalid_request", "The system does not take that path."],
  ENXIO: ["invalid_request", "That is a pipe, a socket or a device, not a file."],
  EMFILE: ["unavailable", "The sandbox has too many files open. Try again in a moment."],
  ENFILE: ["unavailable", "The sandbox has too many files open. Try again in a moment."],
  E2BIG: ["invalid_request", "The command and its environment are too long for the system."],
  EFBIG: ["too_large", "The file would be larger than the sandbox allows."],
  EAGAIN: ["unavailable", "The sandbox has as many processes as it may. End some of them."],
  ENOMEM: ["unavailable", "The sandbox has no memory left. End some of its processes."],
  EIO: ["sandbox_failed", "The sandbox's disk does not answer."],
};

/** An error as a Problem; undefined where it is none that is known, which is a fault of ours. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known = CODES[code];
  return known && problem(known[0], known[1], { details: { error: code } });
}

/** An error in words for a model. */
export function wordsOf(error: unknown): string {
  return problemOf(error)?.message ?? (error instanceof Error ? error.message : String(error));
}
