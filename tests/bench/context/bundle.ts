// A bundle as the product's import takes it: the log in zipped parts between small files, as a tar archive (docs/guide).
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

import {
  BUNDLE_FORMAT,
  BUNDLE_VERSION,
  SEGMENT_MAX_EVENTS,
  type BundleAgent,
  type BundleManifest,
  type LogEvent,
} from "@acos/protocol";

interface Part {
  readonly from: number;
  readonly to: number;
  readonly zipped: Buffer;
}

export interface BundleFacts {
  readonly group: string;
  readonly name: string;
  readonly agents: readonly BundleAgent[];
  /** Milliseconds since the epoch. */
  readonly exportedAt: number;
}

/** A log in the making; at any point a bundle of all that it has so far. */
export class BundleLog {
  readonly #parts: Part[] = [];
  #open: string[] = [];
  #head = 0;

  /** Adds the next events. Does not check that they follow. */
  add(events: readonly LogEvent[]): void {
    for (const placed of events) {
      this.#open.push(`${JSON.stringify(placed)}\n`);
      this.#head = placed.seq;
      if (this.#open.length < SEGMENT_MAX_EVENTS) continue;
      this.#parts.push(this.#openPart());
      this.#open = [];
    }
  }

  /** The bytes of the bundle. */
  bundle({ group, name, agents, exportedAt }: BundleFacts): Buffer {
    const changedAt = Math.floor(exportedAt / 1000);
    const facts = {
      format: BUNDLE_FORMAT,
      version: BUNDLE_VERSION,
      group,
      name,
      head: this.#head,
      exportedAt: new Date(exportedAt).toISOString(),
    };
    const files: BundleManifest["files"] = [];
    const pieces: Buffer[] = [];
    const put = (file: string, bytes: Buffer) =>
      pieces.push(tarHeader(file, bytes.length, changedAt), bytes, padding(bytes.length));
    const list = (file: string, bytes: Buffer, part: object = {}) => {
      files.push({ name: file, bytes: bytes.length, sha256: sha256(bytes), ...part });
      put(file, bytes);
    };
    list("bundle.json", text(facts));
    list("agents.json", Buffer.from(JSON.stringify({ agents })));
    const parts = this.#open.length > 0 ? [...this.#parts, this.#openPart()] : this.#parts;
    for (const { from, to, zipped } of parts)
      list(`events/${from}-${to}.ndjson.gz`, zipped, { events: to - from + 1, from, to });
    const manifest = text({ head: this.#head, files });
    put("manifest.json", manifest);
    put("manifest.sha256", Buffer.from(`${sha256(manifest)}  manifest.json\n`));
    return Buffer.concat([...pieces, Buffer.alloc(1024)]);
  }

  #openPart(): Part {
    const from = this.#head - this.#open.length + 1;
    return { from, to: this.#head, zipped: gzipSync(this.#open.join("")) };
  }
}

function text(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 1)}\n`);
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function padding(bytes: number): Buffer {
  return Buffer.alloc((512 - (bytes % 512)) % 512);
}

/** A ustar header of a plain file, in the one form that an import takes. */
function tarHeader(name: string, bytes: number, changedAt: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (number: number, digits: number) => number.toString(8).padStart(digits, "0");
  const fields: readonly (readonly [number, string])[] = [
    [0, name],
    [100, octal(0o644, 7)],
    [108, octal(0, 7)],
    [116, octal(0, 7)],
    [124, octal(bytes, 11)],
    [136, octal(changedAt, 11)],
    [148, " ".repeat(8)],
    [156, "0"],
    [257, "ustar\0"],
    [263, "00"],
  ];
  for (const [at, value] of fields) block.write(value, at, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, "latin1");
  return block;
}
