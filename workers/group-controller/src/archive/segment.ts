// A segment: a stretch of the log as it lies in R2, with the state before it, so that any turn in it can be told again.
//
//   line 1   {"format":"acos-segment","version":1,"from":…,"to":…,"state":[[key, part], …]}
//   then     {"seq":…,"at":…,"event":{…}}          one an event, in order
//   then     {"ledger":<seq of the turn>,"body":{…}} one a turn that began in it
import { stateOf, type GroupState, partsOf } from "@acos/group";
import { problem, ProblemError, type LogEvent } from "@acos/protocol";

import { gunzipText, gzip } from "../bytes.ts";

const FORMAT = "acos-segment";
const VERSION = 1;

/** A turn's ledger as it is stored: the seq of its `turn-started`, and JSON. */
export interface LedgerRow {
  readonly seq: number;
  readonly body: string;
}

export interface Segment {
  /** The state before the first event. */
  readonly before: GroupState;
  readonly events: readonly LogEvent[];
  readonly ledger: readonly LedgerRow[];
}

/** The bytes of a segment. The same segment gives the same bytes. */
export function encodeSegment({
  before,
  events,
  ledger,
}: Segment): Promise<Uint8Array<ArrayBuffer>> {
  const state = [...partsOf(before)];
  const [from, to] = [events[0]?.seq, events.at(-1)?.seq];
  const lines = [
    JSON.stringify({ format: FORMAT, version: VERSION, from, to, state }),
    ...events.map(({ seq, at, event }) => JSON.stringify({ seq, at, event })),
    ...ledger.map(({ seq, body }) => `{"ledger":${seq},"body":${body}}`),
  ];
  return gzip(lines.join("\n"));
}

/**
 * A segment from its bytes, which have been found to be those that were stored. Throws ProblemError `storage_damaged` for
 * what another version of this program wrote in a form that is not known here.
 */
export async function decodeSegment(bytes: Uint8Array<ArrayBuffer>): Promise<Segment> {
  const [head = "", ...lines] = (await gunzipText(bytes)).split("\n");
  const { format, version, state } = JSON.parse(head) as {
    format: string;
    version: number;
    state: [string, object][];
  };
  if (format !== FORMAT || version !== VERSION)
    throw new ProblemError(
      problem("storage_damaged", `Unknown form of a segment: ${format} ${version}.`),
    );
  const events: LogEvent[] = [];
  const ledger: LedgerRow[] = [];
  for (const line of lines) {
    const value = JSON.parse(line) as LogEvent | { ledger: number; body: unknown };
    if ("ledger" in value) ledger.push({ seq: value.ledger, body: JSON.stringify(value.body) });
    else events.push(value);
  }
  return { before: stateOf(state), events, ledger };
}
