// Builders for tests of bundles: whole ones as bytes, and streams of any pieces.
import type { LogEvent } from "@acos/protocol";

import { writeBundle, type BundleContent } from "../src/copy/bundle-write.ts";
import { idOf, LongLog } from "./long-log.ts";

export const NOW = Date.UTC(2026, 10, 26, 16, 30, 1);

/** A log of `messages` messages with an edit, a reaction and texts in several scripts. */
export function smallLog(messages = 20): LongLog {
  const log = new LongLog();
  for (let index = 0; index < messages; index += 1) {
    const message = log.say(`Message ${index}: naïve 数据库 😀 "quoted"\n  and a second line.`);
    if (index % 7 === 0) log.edit(message, `Edited ${index}.`);
  }
  return log;
}

export function contentOf(
  events: readonly LogEvent[],
  more: Partial<BundleContent> = {},
): BundleContent {
  return {
    group: idOf("group", 1),
    name: "Petrel",
    head: events.length,
    exportedAt: NOW,
    files: [{ name: "agents.json", text: "[]\n" }],
    page: async (after) => events.slice(after, after + 7),
    ...more,
  };
}

export async function bundleOf(
  events: readonly LogEvent[],
  { partEvents = 8, ...more }: Partial<BundleContent> & { partEvents?: number } = {},
): Promise<Uint8Array> {
  return bytesOf(writeBundle(contentOf(events, more), partEvents));
}

export async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A stream of bytes in pieces of one size. */
export function streamOf(bytes: Uint8Array, piece = 1_000): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + piece));
      at += piece;
    },
  });
}
