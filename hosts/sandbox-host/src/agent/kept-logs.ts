// What is kept of streams that have ended: for a while, so many of them, in so much memory; the oldest gives way.
import type { FrameLog } from "./frame-log.ts";

interface KeptStream {
  readonly log: FrameLog;
  /** Milliseconds since the epoch; undefined while it runs. */
  readonly endedAt: number | undefined;
}

const ENDED_KEPT_MS = 2 * 60 * 60_000;
const ENDED_MAX = 300;
/** Of all streams in one table; beyond it the oldest ended ones keep less. A sandbox may have 128 MiB altogether. */
const LOGS_MAX_BYTES = 24 * 1024 * 1024;
const SHRUNK_BYTES = 64 * 1024;

/** Takes out of a table what need not be kept any more, and makes room in the rest. Running ones are left alone. */
export function tidyStreams(streams: Map<string, KeptStream>, now: number): void {
  const ended = [...streams]
    .filter(([, { endedAt }]) => endedAt !== undefined)
    .sort(([, one], [, other]) => (one.endedAt ?? 0) - (other.endedAt ?? 0));
  const tooMany = ended.length - ENDED_MAX;
  ended.forEach(([id, { endedAt = 0 }], index) => {
    if (index < tooMany || now - endedAt > ENDED_KEPT_MS) streams.delete(id);
  });
  let cost = [...streams.values()].reduce((sum, { log }) => sum + log.cost, 0);
  for (const [id, { log }] of ended) {
    if (cost <= LOGS_MAX_BYTES) return;
    if (!streams.has(id)) continue;
    cost -= log.cost;
    log.shrink(SHRUNK_BYTES);
    cost += log.cost;
  }
}
