// The replay: from what a client has to the head, in one synchronous step, so that nothing live can come before it.
import { REPLAY_DEFAULT_EVENTS, REPLAY_MAX_BYTES, REPLAY_MAX_EVENTS } from "@acos/protocol";

import { eventFrame, type EventLog, type EventRow } from "../log/event-log.ts";
import { sendFrame, sendText } from "./connection.ts";

/** Rows read at a time. */
const PAGE_EVENTS = 500;

/** Sends the events after `since`. What is more than a socket should carry is announced by a `reset`, never left out in silence. */
export function replay(
  socket: WebSocket,
  log: EventLog,
  { since, head }: { since: number | undefined; head: number },
): void {
  const wanted = since ?? Math.max(0, head - REPLAY_DEFAULT_EVENTS);
  if (wanted > head) return sendFrame(socket, { type: "reset", head, from: head });
  const from = Math.max(wanted, log.start, startWithin(log, wanted, head));
  if (from > wanted) sendFrame(socket, { type: "reset", head, from });
  for (const row of rowsAfter(log, from)) sendText(socket, eventFrame(row));
}

/** The first seq after which the rest fits a socket: halves the stretch until it does. */
function startWithin(log: EventLog, wanted: number, head: number): number {
  let from = Math.max(wanted, head - REPLAY_MAX_EVENTS);
  while (head - from > PAGE_EVENTS && log.sizeAfter(from) > REPLAY_MAX_BYTES)
    from += Math.ceil((head - from) / 2);
  return from;
}

function* rowsAfter(log: EventLog, seq: number): Iterable<EventRow> {
  let last = seq;
  for (;;) {
    const rows = log.servedAfter(last, PAGE_EVENTS);
    yield* rows;
    const next = rows.at(-1);
    if (!next || rows.length < PAGE_EVENTS) return;
    last = next.seq;
  }
}
