// Makes packs: contents of small files one behind the other, or a part of a large one, compressed and stored under their hash.
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";

import { problem, ProblemError, SNAPSHOT_PACK_BYTES } from "@acos/protocol";

import { sha256Of, type Pack, type Part } from "./manifest.ts";
import type { SnapshotStore } from "./store.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const FAST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Packs that are compressed at the same time; each is in memory. */
const AT_ONCE = 2;

interface OpenPack {
  readonly contents: Buffer[];
  size: number;
  readonly ready: PromiseWithResolvers<Pack>;
}

/** Where a content will lie, known when its pack is full. */
export type PendingPart = Promise<Part>;

export class PackWriter {
  readonly #store: SnapshotStore;
  #open = newPack();
  #working: Promise<unknown>[] = [];

  constructor(store: SnapshotStore) {
    this.#store = store;
  }

  /** Puts a content of at most SNAPSHOT_PACK_BYTES beside others. Waits while enough is being compressed. */
  async add(content: Buffer): Promise<{ readonly part: PendingPart }> {
    if (this.#open.size + content.length > SNAPSHOT_PACK_BYTES) await this.#close();
    const { contents, size, ready } = this.#open;
    contents.push(content);
    this.#open.size += content.length;
    const part = ready.promise.then((pack) => ({ pack, offset: size, length: content.length }));
    // Whoever waits for it is told; where work ended before, nobody does.
    part.catch(() => undefined);
    return { part };
  }

  /** Makes a pack of one content, whose compressed bytes must fit a body. */
  async addAlone(content: Buffer): Promise<Part> {
    const pack = await this.#write([content], content.length);
    return { pack, offset: 0, length: content.length };
  }

  /** Stores what is still open. After it every part is known. */
  async finish(): Promise<void> {
    await this.#close();
    await Promise.all(this.#working);
  }

  async #close(): Promise<void> {
    const { contents, size, ready } = this.#open;
    this.#open = newPack();
    if (size === 0) return;
    if (this.#working.length >= AT_ONCE) await this.#working.shift();
    const work = this.#write(contents, size).then(ready.resolve, (error: unknown) => {
      ready.reject(error);
      throw error;
    });
    work.catch(() => undefined);
    this.#working.push(work);
  }

  async #write(contents: readonly Buffer[], size: number): Promise<Pack> {
    const bytes = await compress(Buffer.concat(contents), FAST);
    const hash = sha256Of(bytes);
    if (!this.#store.has("packs", hash)) this.#store.put("made", "packs", { hash, bytes });
    return { hash, size, bytes: bytes.length };
  }
}

function newPack(): OpenPack {
  const ready = Promise.withResolvers<Pack>();
  ready.promise.catch(() => undefined);
  return { contents: [], size: 0, ready };
}

/** The contents of a pack. Throws ProblemError `storage_damaged` where they are not as long as the manifest says; never makes more. */
export async function openPack(bytes: Buffer, pack: Pack): Promise<Buffer> {
  try {
    const contents = await decompress(bytes, { maxOutputLength: Math.max(pack.size, 1) });
    if (contents.length === pack.size) return contents;
  } catch {
    // Not zstd, or more than was said: told below.
  }
  const words = `Pack ${pack.hash} of the snapshot is not what its list of files says. Restore another snapshot.`;
  throw new ProblemError(problem("storage_damaged", words));
}
