// A part of a bundle's log: unzipped, cut into lines, each line checked.
import type { LogEvent } from "@acos/protocol";
import { sha256Hex } from "@acos/trust";

import { eventOfLine, LINE_MAX_BYTES } from "./bundle-event.ts";
import { PART_MAX_BYTES, refusal } from "./bundle-format.ts";
import { gunzip } from "../bytes.ts";

/** Where a part of a bundle lies, for reading it by range. */
export interface BundlePart {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** First byte of the zipped part in the bundle, and how many it has. */
  readonly offset: number;
  readonly bytes: number;
  readonly sha256: string;
}

type Range = Pick<BundlePart, "name" | "from" | "to">;

/** Told the bytes unzipped, so that many parts can be bounded together. Contract: throws to end the reading. */
export type Unzipped = (bytes: number) => void;

/** The events of a part that was verified before, from its zipped bytes. Throws ProblemError where they are not those. */
export async function readPart(
  part: BundlePart,
  zipped: Uint8Array,
  now: number,
): Promise<LogEvent[]> {
  if ((await sha256Hex(zipped)) !== part.sha256) throw refusal(`${part.name} is damaged`);
  const events: LogEvent[] = [];
  for await (const event of eventsOfPart(part, zipped, { now, unzipped: () => {} }))
    events.push(event);
  return events;
}

/** Unzips a part and checks every event of it, one at a time: exactly those from `from` to `to`. Throws ProblemError. */
export async function* eventsOfPart(
  { name, from, to }: Range,
  zipped: Uint8Array,
  { now, unzipped }: { now: number; unzipped: Unzipped },
): AsyncGenerator<LogEvent> {
  let seq = from;
  for await (const line of linesOf(name, zipped, unzipped)) {
    if (seq > to) throw refusal(`${name} has more events than it says`);
    yield eventOfLine(line, { seq, now });
    seq += 1;
  }
  if (seq <= to) throw refusal(`${name} has fewer events than it says`);
}

async function* linesOf(
  name: string,
  zipped: Uint8Array,
  unzipped: Unzipped,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let rest = "";
  try {
    for await (const bytes of gunzip(zipped, PART_MAX_BYTES)) {
      unzipped(bytes.length);
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop()!;
      if (rest.length > LINE_MAX_BYTES) throw new RangeError("a line of it is too long");
      yield* lines;
    }
    rest += decoder.decode();
  } catch (error) {
    if (error instanceof RangeError) throw refusal(`${name} cannot be read: ${error.message}`);
    if (error instanceof TypeError) throw refusal(`${name} is not valid UTF-8`);
    throw error;
  }
  if (rest !== "") throw refusal(`${name} ends in the middle of a line`);
}
