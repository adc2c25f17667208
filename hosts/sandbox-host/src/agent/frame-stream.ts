// Frames as an answer: a JSON line each, at the reader's own speed, with a beat where nothing happens.
import type { ServerResponse } from "node:http";

import { SANDBOX_HEARTBEAT_MS } from "@acos/protocol";

import type { Cursor, FrameLog } from "./frame-log.ts";
import { lineOf } from "./frame.ts";

interface StreamOptions {
  /** Number of the last frame that the reader has. */
  readonly from: number;
  /** Told each time how far the reader got. */
  readonly took?: (cursor: Cursor) => void;
}

const BEAT = '{"t":"beat"}\n';

/**
 * Writes what comes after `from` until the stream has ended or the reader left. A reader that is slow holds no memory but
 * the log's: frames that were dropped meanwhile become a `gap`. Resolves when the answer is done; never rejects.
 */
export async function streamFrames(
  response: ServerResponse,
  log: FrameLog,
  options: StreamOptions,
): Promise<void> {
  const left = new AbortController();
  response.once("close", () => left.abort());
  response.once("error", () => left.abort());
  if (response.destroyed) return;
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  response.flushHeaders();
  const beat = setInterval(() => {
    // A reader that does not even take what is there needs no beat.
    if (!response.writableNeedDrain) response.write(BEAT);
  }, SANDBOX_HEARTBEAT_MS);
  try {
    await writeAll(response, { log, left: left.signal, ...options });
  } finally {
    clearInterval(beat);
    response.end();
  }
}

async function writeAll(
  response: ServerResponse,
  { log, left, from, took }: StreamOptions & { log: FrameLog; left: AbortSignal },
): Promise<void> {
  let cursor: Cursor = { seq: from };
  while (!left.aborted) {
    const next = log.next(cursor);
    if (next === undefined) {
      if (log.ended) return;
      await log.change(left);
      continue;
    }
    cursor = next.cursor;
    const full = !response.write(lineOf(next.frame));
    if (full) await drained(response, left);
    took?.(cursor);
  }
}

/** Resolves when a stream takes more, or when the signal says that it will not. */
export async function drained(stream: NodeJS.WritableStream, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = () => resolve();
  stream.once("drain", done);
  signal.addEventListener("abort", done, { once: true });
  await promise;
  stream.off("drain", done);
  signal.removeEventListener("abort", done);
}
