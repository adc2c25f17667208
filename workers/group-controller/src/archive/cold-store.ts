// The group's part of R2: immutable objects under names that hold their hash, read back before anything relies on them.
import { problem, ProblemError } from "@acos/protocol";
import { sha256Hex } from "@acos/trust";

/** What is used of a bucket. */
export type Bucket = Pick<R2Bucket, "put" | "get" | "list" | "delete">;

/** Objects that one listing answers with, and one deletion takes. */
const PAGE_OBJECTS = 1_000;

export class ColdStore {
  readonly #bucket: Bucket;
  readonly #root: string;
  readonly #puts = new Set<Promise<unknown>>();
  #isClosed = false;

  /** `object` is the hex id of the group's object: the same on every start, and nobody else's. */
  constructor(bucket: Bucket, object: string) {
    this.#bucket = bucket;
    this.#root = `groups/${object}/`;
  }

  /**
   * Keeps bytes under `<stem>-<sha256>` and answers that name once they have been read back and found the same. Bytes that
   * are there already are found, not written again. Throws ProblemError `unavailable` when they do not come back.
   */
  async keep(stem: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const name = `${stem}-${await sha256Hex(bytes)}`;
    if (await this.#holds(name)) return name;
    await this.#put(name, bytes);
    if (await this.#holds(name)) return name;
    throw new ProblemError(problem("unavailable", "Cold storage did not keep what it was given."));
  }

  async #holds(name: string): Promise<boolean> {
    const object = await this.#bucket.get(this.#root + name);
    return (
      object !== null &&
      (await sha256Hex(new Uint8Array(await object.arrayBuffer()))) === hashIn(name)
    );
  }

  /** The bytes of a name. Throws ProblemError `storage_damaged` when they are missing or not what was kept. */
  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const object = await this.#bucket.get(this.#root + name);
    if (!object) throw damaged(name, "is missing");
    const bytes = new Uint8Array(await object.arrayBuffer());
    if ((await sha256Hex(bytes)) !== hashIn(name)) throw damaged(name, "is not what was stored");
    return bytes;
  }

  /** Keeps a short text under a plain name; the last one counts. */
  async mark(name: string, text: string): Promise<void> {
    const hash = await sha256Hex(text);
    await this.#put(name, `${hash} ${text}`);
  }

  /** A text that was marked; null where none was. Throws ProblemError `storage_damaged` when it is not what was kept. */
  async marked(name: string): Promise<string | null> {
    const object = await this.#bucket.get(this.#root + name);
    if (!object) return null;
    const [hash = "", ...rest] = (await object.text()).split(" ");
    const text = rest.join(" ");
    if ((await sha256Hex(text)) === hash) return text;
    throw damaged(name, "is not what was stored");
  }

  /** Names that begin with a stem, in order. */
  async names(stem: string): Promise<readonly string[]> {
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const prefix = this.#root + stem;
      const page = await this.#bucket.list({
        prefix,
        limit: PAGE_OBJECTS,
        ...(cursor && { cursor }),
      });
      names.push(...page.objects.map(({ key }) => key.slice(this.#root.length)));
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
    return names;
  }

  /** Deletes names; those that are not there are passed over. */
  async drop(names: readonly string[]): Promise<void> {
    for (let at = 0; at < names.length; at += PAGE_OBJECTS)
      await this.#bucket.delete(
        names.slice(at, at + PAGE_OBJECTS).map((name) => this.#root + name),
      );
  }

  /** Deletes all that the group has here, also what is still on its way. */
  async dropAll(): Promise<void> {
    await Promise.allSettled(this.#puts);
    await this.drop(await this.names(""));
  }

  /** From now on nothing is kept here: whoever wants to is told so with ProblemError `gone`. */
  close(): void {
    this.#isClosed = true;
  }

  /** The one way in: what is on its way is known. */
  async #put(
    name: string,
    value: Uint8Array<ArrayBuffer> | string | ReadableStream<Uint8Array>,
  ): Promise<R2Object | null> {
    if (this.#isClosed) throw new ProblemError(problem("gone", "This group was deleted."));
    const put = this.#bucket.put(this.#root + name, value);
    this.#puts.add(put);
    return put.finally(() => this.#puts.delete(put));
  }

  /** Keeps a stream of known length under a plain name, for as long as somebody works on it; its bytes are not checked here. */
  async stage(name: string, bytes: ReadableStream<Uint8Array>, length: number): Promise<void> {
    const { readable, writable } = new FixedLengthStream(length);
    const [kept] = await Promise.all([this.#put(name, readable), bytes.pipeTo(writable)]);
    if (!kept) throw new ProblemError(problem("unavailable", "Cold storage took nothing."));
  }

  /** A stretch of what was staged; null when it is not there. */
  async staged(
    name: string,
    range?: { offset: number; length: number },
  ): Promise<R2ObjectBody | null> {
    return this.#bucket.get(this.#root + name, range ? { range } : {});
  }
}

function damaged(name: string, what: string): ProblemError {
  const words = `A part of this group's history in cold storage ${what}: ${name}. Restore it from a backup of the bucket, or import an export of this group.`;
  return new ProblemError(problem("storage_damaged", words));
}

function hashIn(name: string): string {
  return name.slice(name.lastIndexOf("-") + 1);
}
