// Bundles between files and a server: the two requests whose bytes are not JSON and are never held as a whole.
import { createReadStream, createWriteStream, renameSync, rmSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { ApiOptions } from "@acos/client";
import { BUNDLE_TYPE } from "@acos/protocol";

import { RefusedStart } from "../usage-error.ts";
import { plain } from "./plain-text.ts";

interface Asked {
  readonly method: "GET" | "POST";
  /** Below /api/v1. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: ReadableStream;
  readonly signal?: AbortSignal;
}

/** Sends a request as the user and answers once its head is here. Throws RefusedStart with the server's words. */
export async function askForBundle(options: ApiOptions, asked: Asked): Promise<Response> {
  const { method, path, body, signal } = asked;
  const { credentials, baseUrl } = options;
  const key = credentials.type === "key" ? { authorization: `Bearer ${credentials.key}` } : {};
  const response = await fetch(`${baseUrl}/api/v1${path}`, {
    method,
    headers: { ...key, ...asked.headers },
    ...(body && { body, duplex: "half" as const }),
    ...(signal && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw stopped();
    throw new RefusedStart(`${baseUrl} did not answer (${causeOf(error)}). Try again.`);
  });
  if (response.ok) return response;
  throw new RefusedStart(await wordsOf(response));
}

/** A file's bytes as the body of a request, with the headers that say what and how much it is. */
export function uploadOf(file: string, bytes: number) {
  return {
    body: Readable.toWeb(createReadStream(file)) as ReadableStream,
    headers: { "content-type": BUNDLE_TYPE, "content-length": String(bytes) },
  };
}

/**
 * Writes an answer's bytes into a file, which is there whole or not at all. Throws RefusedStart when they end early, or the
 * user stops it.
 */
export async function saveBundle(
  response: Response,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const part = `${file}.part`;
  try {
    if (!response.body) throw new Error("nothing came");
    const from = Readable.fromWeb(response.body as never);
    await pipeline(from, createWriteStream(part, { mode: 0o600 }), { signal });
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    if (signal.aborted) throw stopped();
    throw new RefusedStart(
      `The export ended early (${causeOf(error)}). Nothing was kept; try again.`,
    );
  }
}

function stopped(): RefusedStart {
  return new RefusedStart("Stopped; nothing was kept.");
}

async function wordsOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === "string") return plain(message);
  } catch {
    // No Problem: something in between answered, and its status tells the story.
  }
  return `The server answered ${response.status}.`;
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
