// Taking in a bundle that somebody sends: one pass over its bytes that believes nothing it has not checked.
//
//   header ─▶ is it the file that must come next? ─▶ its bytes ─▶ hash, events ─▶ … ─▶ manifest says the same ─▶ end
import {
  bundleFactsSchema,
  bundleManifestSchema,
  IMPORT_MAX_BYTES,
  parseJson,
  ProblemError,
  type BundleFacts,
  type BundleFile,
  type BundleHead,
} from "@acos/protocol";
import { sha256Hex } from "@acos/trust";

import { ByteReader } from "./byte-reader.ts";
import { CLOCK_AHEAD_MS } from "./bundle-event.ts";
import {
  BUNDLE_FILE,
  EXTRA_MAX_BYTES,
  EXTRA_MAX_FILES,
  HEAD_MAX_BYTES,
  isExtraName,
  MANIFEST_FILE,
  MANIFEST_HASH_FILE,
  MANIFEST_MAX_BYTES,
  manifestHashText,
  manifestText,
  PART_MAX_BYTES,
  PART_MAX_EVENTS,
  partRange,
  refusal,
  UNZIPPED_MAX_BYTES,
} from "./bundle-format.ts";
import { eventsOfPart, type BundlePart } from "./bundle-part.ts";
import { LogBounds } from "./log-bounds.ts";
import { BLOCK_BYTES, paddingOf, readTarHeader, type TarFile } from "./tar.ts";

/** A bundle that was found whole. */
export interface VerifiedBundle extends BundleHead {
  /** Parts of the log in order: together the events from 1 to `head`. */
  readonly parts: readonly BundlePart[];
  /** Bytes of the whole bundle. */
  readonly bytes: number;
}

export interface BundleLimits {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Bytes that a bundle may have; without it, what the platform takes as one request. */
  readonly most?: number;
  /** Bytes that all parts of its log may come to when they are unzipped. */
  readonly unzipped?: number;
}

/**
 * Reads a bundle once, from its first byte to its end, and says what is in it. Checked: the archive is byte for byte one
 * that `writeBundle` makes, every file has the hash that the manifest says, the manifest the hash beside it, and the events
 * are those from 1 to `head`, each an event of a log by form and size, the first of them the making of a group. Holds one
 * part at a time. Throws ProblemError `invalid_request` or `too_large` with words.
 *
 * Not checked: that events say what happened, that they refer to what is there, that ids of messages are unique, that
 * members, orgs and agents exist or are anybody's. Whoever takes a log in folds it and lets a `group-copied` follow.
 */
export async function verifyBundle(
  stream: ReadableStream<Uint8Array>,
  { now, most = IMPORT_MAX_BYTES, unzipped = UNZIPPED_MAX_BYTES }: BundleLimits,
): Promise<VerifiedBundle> {
  const reader = new ByteReader(stream);
  try {
    return await new BundleReading(reader, { now, most, unzipped }).all();
  } catch (error) {
    // The sender may have gone already; what it says to that is of no use.
    await reader.cancel().catch(() => undefined);
    throw error;
  }
}

class BundleReading {
  readonly #reader: ByteReader;
  readonly #limits: Required<BundleLimits>;
  readonly #bounds = new LogBounds();
  readonly #files: BundleFile[] = [];
  readonly #extras: { name: string; text: string }[] = [];
  readonly #parts: BundlePart[] = [];
  #changedAt: number | null = null;
  #unzipped = 0;

  constructor(reader: ByteReader, limits: Required<BundleLimits>) {
    this.#reader = reader;
    this.#limits = limits;
  }

  async all(): Promise<VerifiedBundle> {
    const facts = await this.#head();
    let file = await this.#next();
    for (; !file.name.includes("/") && file.name !== MANIFEST_FILE; file = await this.#next())
      await this.#extra(file);
    for (; file.name !== MANIFEST_FILE; file = await this.#next()) await this.#part(file);
    const { head, name } = facts;
    const last = this.#parts.at(-1)?.to ?? 0;
    if (last !== head) throw refusal(`its log ends at ${last} and should end at ${head}`);
    const group = this.#bounds.group;
    if (group !== facts.group) throw refusal("its log is of another group than it says");
    await this.#manifest(file, head);
    await this.#end();
    return {
      group,
      name,
      head,
      files: this.#extras,
      parts: this.#parts,
      bytes: this.#reader.offset,
    };
  }

  async #head(): Promise<BundleFacts> {
    const file = await this.#next();
    if (file.name !== BUNDLE_FILE)
      throw refusal(`it begins with "${file.name}", no ${BUNDLE_FILE}`);
    const bytes = await this.#bytesOf(file, HEAD_MAX_BYTES);
    const value = jsonOf(bytes, BUNDLE_FILE);
    const { version } = (value ?? {}) as { version?: unknown };
    const parsed = bundleFactsSchema.safeParse(value);
    if (!parsed.success)
      throw refusal(
        typeof version === "number" && version !== 1
          ? `it is of version ${version}, which this installation does not know`
          : `${BUNDLE_FILE} does not say what it must`,
      );
    const exportedAt = Date.parse(parsed.data.exportedAt);
    if (exportedAt > this.#limits.now + CLOCK_AHEAD_MS)
      throw refusal("it is of a time that has not come");
    this.#changedAt = Math.floor(exportedAt / 1000);
    if (file.changedAt !== this.#changedAt)
      throw refusal(`the time of ${BUNDLE_FILE} is not its own`);
    await this.#list(file, bytes);
    return parsed.data;
  }

  async #extra(file: TarFile): Promise<void> {
    const { name } = file;
    if (!isExtraName(name)) throw refusal(`"${name}" is no file of a bundle, or not in its place`);
    if (this.#extras.some((extra) => extra.name === name)) throw refusal(`it has "${name}" twice`);
    if (this.#extras.length === EXTRA_MAX_FILES) throw refusal("it has too many files");
    const bytes = await this.#bytesOf(file, EXTRA_MAX_BYTES);
    this.#extras.push({ name, text: textOf(bytes, name) });
    await this.#list(file, bytes);
  }

  async #part(file: TarFile): Promise<void> {
    const { name } = file;
    const range = partRange(name);
    if (!range) throw refusal(`"${name}" is no file of a bundle, or not in its place`);
    const { from, to } = range;
    const after = this.#parts.at(-1)?.to ?? 0;
    if (from !== after + 1) throw refusal(`${name} does not follow event ${after}`);
    if (to < from || to - from >= PART_MAX_EVENTS)
      throw refusal(`${name} has no number of events that a part has`);
    const offset = this.#reader.offset;
    const zipped = await this.#bytesOf(file, PART_MAX_BYTES);
    const unzipped = (bytes: number) => {
      this.#unzipped += bytes;
      if (this.#unzipped > this.#limits.unzipped) throw refusal("it unzips to more than any log");
    };
    for await (const { seq, event } of eventsOfPart({ name, from, to }, zipped, {
      now: this.#limits.now,
      unzipped,
    })) {
      const why = this.#bounds.add(event);
      if (why !== null) throw refusal(`event ${seq} ${why}`);
    }
    const sha256 = await this.#list(file, zipped, { events: to - from + 1, from, to });
    this.#parts.push({ name, from, to, offset, bytes: zipped.length, sha256 });
  }

  async #manifest(file: TarFile, head: number): Promise<void> {
    const bytes = await this.#bytesOf(file, MANIFEST_MAX_BYTES);
    const parsed = bundleManifestSchema.safeParse(jsonOf(bytes, MANIFEST_FILE));
    if (!parsed.success) throw refusal(`${MANIFEST_FILE} does not say what it must`);
    const { files } = parsed.data;
    for (const [index, found] of this.#files.entries())
      if (files[index]?.name !== found.name || files[index].sha256 !== found.sha256)
        throw refusal(`${found.name} is not the one that ${MANIFEST_FILE} lists`);
    if (files.length > this.#files.length)
      throw refusal(`${files[this.#files.length]!.name} is missing`);
    if (textOf(bytes, MANIFEST_FILE) !== manifestText({ head, files: this.#files }))
      throw refusal(`${MANIFEST_FILE} does not fit what it lists`);
    const hashFile = await this.#next();
    if (hashFile.name !== MANIFEST_HASH_FILE) throw refusal(`${MANIFEST_HASH_FILE} is missing`);
    const expected = manifestHashText(await sha256Hex(bytes));
    const hashBytes = await this.#bytesOf(hashFile, HEAD_MAX_BYTES);
    if (textOf(hashBytes, MANIFEST_HASH_FILE) !== expected)
      throw refusal(`${MANIFEST_FILE} does not have the hash that ${MANIFEST_HASH_FILE} says`);
  }

  async #end(): Promise<void> {
    for (let block = 0; block < 2; block += 1)
      if ((await this.#header()) !== null) throw refusal("it goes on after its manifest");
    if (!(await this.#reader.isAtEnd())) throw refusal("there is something after its end");
  }

  async #next(): Promise<TarFile> {
    const file = await this.#header();
    if (!file) throw refusal(`it ends before its ${MANIFEST_FILE}`);
    if (this.#changedAt !== null && file.changedAt !== this.#changedAt)
      throw refusal(`"${file.name}" is of another time than the bundle`);
    return file;
  }

  async #header(): Promise<TarFile | null> {
    const block = await this.#take(BLOCK_BYTES, "a header");
    try {
      return readTarHeader(block);
    } catch (error) {
      if (error instanceof RangeError) throw refusal(error.message);
      throw error;
    }
  }

  async #bytesOf({ name, bytes }: TarFile, most: number): Promise<Uint8Array> {
    if (bytes > most) throw refusal(`${name} has ${bytes} bytes, more than it may`);
    const content = await this.#take(bytes, name);
    const padding = await this.#take(paddingOf(bytes), name);
    if (padding.some((byte) => byte !== 0))
      throw refusal(`there is something after the end of ${name}`);
    return content;
  }

  async #take(count: number, what: string): Promise<Uint8Array> {
    if (this.#reader.offset + count > this.#limits.most)
      throw new ProblemError({
        ...refusal(`it has more than ${this.#limits.most} bytes`).problem,
        code: "too_large",
      });
    const bytes = await this.#reader.take(count);
    if (!bytes) throw refusal(`it breaks off in ${what}`);
    return bytes;
  }

  async #list(file: TarFile, bytes: Uint8Array, part: Partial<BundleFile> = {}): Promise<string> {
    const sha256 = await sha256Hex(bytes);
    this.#files.push({ name: file.name, bytes: bytes.length, sha256, ...part });
    return sha256;
  }
}

function textOf(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refusal(`${name} is not valid UTF-8`);
  }
}

function jsonOf(bytes: Uint8Array, name: string): unknown {
  try {
    return parseJson(textOf(bytes, name), name);
  } catch {
    throw refusal(`${name} is not valid JSON`);
  }
}
