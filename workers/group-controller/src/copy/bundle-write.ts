// Writing a bundle: pages of a log become parts of a tar archive, one at a time, as fast as they are read on the other side.
import {
  BUNDLE_FORMAT,
  BUNDLE_VERSION,
  SEGMENT_MAX_BYTES,
  type BundleFacts,
  type BundleFile,
  type GroupId,
  type LogEvent,
} from "@acos/protocol";
import { sha256Hex } from "@acos/trust";

import {
  BUNDLE_FILE,
  EXTRA_MAX_BYTES,
  EXTRA_MAX_FILES,
  isExtraName,
  MANIFEST_FILE,
  MANIFEST_HASH_FILE,
  manifestHashText,
  manifestText,
  PART_MAX_EVENTS,
  partName,
} from "./bundle-format.ts";
import { gzip } from "../bytes.ts";
import { END_BYTES, paddingOf, tarHeader } from "./tar.ts";

/** What a bundle is made of. */
export interface BundleContent {
  readonly group: GroupId;
  readonly name: string;
  /** The last event that the bundle has. */
  readonly head: number;
  /** Milliseconds since the epoch. */
  readonly exportedAt: number;
  /** Small files beside the log, such as `agents.json`. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /**
   * Contract: answers events that follow a seq, in order and without a hole, at least one while there are any up to `head`;
   * texts of withdrawn messages are left out already. Events past `head` are not written.
   */
  page(after: number): Promise<readonly LogEvent[]>;
}

interface Part {
  readonly from: number;
  readonly to: number;
  readonly lines: readonly Uint8Array[];
}

/**
 * The bundle as a byte stream. It makes the next part when it is asked for, and holds one at a time. The stream breaks off
 * with a RangeError when the pages have a hole or end before `head`, and with whatever `page` throws: a whole bundle is one
 * that ends. Throws RangeError at once for files that no bundle may have.
 */
export function writeBundle(
  content: BundleContent,
  partEvents = PART_MAX_EVENTS,
): ReadableStream<Uint8Array> {
  checkFiles(content.files);
  const pieces = piecesOf(content, partEvents);
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (!done) controller.enqueue(value);
      else controller.close();
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}

function checkFiles(files: BundleContent["files"]): void {
  const names = new Set(files.map(({ name }) => name));
  if (files.length > EXTRA_MAX_FILES || names.size < files.length)
    throw new RangeError("too many files for a bundle, or two of one name");
  for (const { name, text } of files)
    if (!isExtraName(name) || new TextEncoder().encode(text).length > EXTRA_MAX_BYTES)
      throw new RangeError(`not a file for a bundle: ${name}`);
}

async function* piecesOf(content: BundleContent, partEvents: number): AsyncGenerator<Uint8Array> {
  const { group, name, head, exportedAt } = content;
  const changedAt = Math.floor(exportedAt / 1000);
  const encode = (text: string) => new TextEncoder().encode(text);
  const written: BundleFile[] = [];
  const entry = function* (file: string, bytes: Uint8Array): Generator<Uint8Array> {
    const { length } = bytes;
    yield tarHeader({ name: file, bytes: length, changedAt });
    // What is yielded is given away: the stream takes its memory, and nothing is left to ask it for.
    if (length > 0) yield bytes;
    if (paddingOf(length) > 0) yield new Uint8Array(paddingOf(length));
  };
  const listed = async (file: string, bytes: Uint8Array, part: Partial<BundleFile> = {}) => {
    written.push({ name: file, bytes: bytes.length, sha256: await sha256Hex(bytes), ...part });
    return entry(file, bytes);
  };
  const facts: BundleFacts = {
    format: BUNDLE_FORMAT,
    version: BUNDLE_VERSION,
    group,
    name,
    head,
    exportedAt: new Date(exportedAt).toISOString(),
  };
  yield* await listed(BUNDLE_FILE, encode(`${JSON.stringify(facts, null, 1)}\n`));
  for (const file of content.files) yield* await listed(file.name, encode(file.text));
  for await (const { from, to, lines } of partsOf(content, partEvents)) {
    const bytes = await gzip(joined(lines));
    yield* await listed(partName(from, to), bytes, { events: to - from + 1, from, to });
  }
  const manifest = encode(manifestText({ head, files: written }));
  const hash = await sha256Hex(manifest);
  yield* entry(MANIFEST_FILE, manifest);
  yield* entry(MANIFEST_HASH_FILE, encode(manifestHashText(hash)));
  yield new Uint8Array(END_BYTES);
}

/** The log in parts, each as large as one may be. */
async function* partsOf(content: BundleContent, partEvents: number): AsyncGenerator<Part> {
  let lines: Uint8Array[] = [];
  let [bytes, from, seq] = [0, 1, 0];
  while (seq < content.head) {
    const page = await content.page(seq);
    if (page.length === 0) throw new RangeError(`the log ends at ${seq}, before ${content.head}`);
    for (const placed of page) {
      if (seq === content.head) break;
      if (placed.seq !== seq + 1)
        throw new RangeError(`event ${placed.seq} does not follow ${seq}`);
      const line = new TextEncoder().encode(`${JSON.stringify(placed)}\n`);
      if (
        lines.length === partEvents ||
        (lines.length > 0 && bytes + line.length > SEGMENT_MAX_BYTES)
      ) {
        yield { from, to: seq, lines };
        [lines, bytes, from] = [[], 0, placed.seq];
      }
      lines.push(line);
      bytes += line.length;
      seq = placed.seq;
    }
  }
  if (lines.length > 0) yield { from, to: seq, lines };
}

function joined(lines: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(lines.reduce((sum, line) => sum + line.length, 0));
  let at = 0;
  for (const line of lines) {
    whole.set(line, at);
    at += line.length;
  }
  return whole;
}
