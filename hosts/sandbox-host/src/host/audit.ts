// Who did what in which sandbox, a JSON line each in a file per group: written by the host, out of a sandbox's reach.
import { createHash } from "node:crypto";
import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { join } from "node:path";

import type { GroupId, SandboxId } from "@acos/protocol";

/** Of a command or of arguments; the hash is over the whole. */
const WORDS_MAX_CHARS = 512;
/** Files that stay open; the one that was written longest ago is closed first. */
const OPEN_MAX = 100;

/** One line. Fields that do not apply are left out. */
export interface AuditLine {
  readonly op: string;
  readonly sandbox: SandboxId;
  readonly epoch?: string | undefined;
  readonly actor?: string | null | undefined;
  readonly run?: string | null | undefined;
  readonly call?: string | null | undefined;
  /** What was asked for: clipped here, hashed whole. */
  readonly words?: string | undefined;
  readonly exit?: number | string | null | undefined;
  readonly bytesIn?: number | undefined;
  readonly bytesOut?: number | undefined;
  readonly host?: string | undefined;
  readonly allowed?: boolean | undefined;
  /** Why it was refused, or which limit was hit. */
  readonly why?: string | undefined;
}

/** Appends lines in the order of the calls. A line that cannot be written is told to `failed` and never stops the work. */
export class Audit {
  readonly #folder: string;
  readonly #now: () => Date;
  readonly #failed: (error: Error) => void;
  readonly #files = new Map<GroupId, WriteStream>();

  constructor(folder: string, now: () => Date, failed: (error: Error) => void) {
    this.#folder = folder;
    this.#now = now;
    this.#failed = failed;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  write(group: GroupId, { words, ...line }: AuditLine): void {
    const said =
      words === undefined
        ? {}
        : {
            sha256: createHash("sha256").update(words).digest("hex"),
            words: words.slice(0, WORDS_MAX_CHARS),
          };
    const whole = { ts: this.#now().toISOString(), group, ...line, ...said };
    this.#file(group).write(`${JSON.stringify(whole)}\n`);
  }

  async close(): Promise<void> {
    const files = [...this.#files.values()];
    this.#files.clear();
    await Promise.all(
      files.map((file) => {
        const closed = Promise.withResolvers<void>();
        file.once("error", () => closed.resolve());
        file.end(() => closed.resolve());
        return closed.promise;
      }),
    );
  }

  #file(group: GroupId): WriteStream {
    const known = this.#files.get(group);
    const file = known ?? this.#open(group);
    this.#files.delete(group);
    this.#files.set(group, file);
    const [oldest] = this.#files;
    if (this.#files.size > OPEN_MAX && oldest !== undefined) {
      this.#files.delete(oldest[0]);
      oldest[1].end();
    }
    return file;
  }

  /** A file that failed once takes nothing more: the next line opens it anew. */
  #open(group: GroupId): WriteStream {
    const path = join(this.#folder, `${group}.jsonl`);
    const file = createWriteStream(path, { flags: "a", mode: 0o600 });
    return file.on("error", (error) => {
      if (this.#files.get(group) === file) this.#files.delete(group);
      this.#failed(error);
    });
  }
}
