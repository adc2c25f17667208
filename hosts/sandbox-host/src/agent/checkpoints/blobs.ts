// Contents of files that the shadow repository keeps, one after another from one git process.
import { createHash } from "node:crypto";

import { notStarted, startGit } from "./git.ts";
import type { ShadowRepository } from "./repository.ts";

/** Hands contents to `use`, which reads them by their hash; git ends when `use` does. */
export async function withBlobs<T>(
  repository: ShadowRepository,
  use: (read: (blob: string) => Promise<Buffer>) => Promise<T>,
): Promise<T> {
  const call = { gitDir: repository.gitDir, workTree: repository.workspace.path };
  const child = startGit(call, ["cat-file", "--batch"]);
  const failed = new Promise<never>((_resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) => reject(notStarted(error)));
  });
  failed.catch(() => undefined);
  // A broken pipe shows as an answer that does not come.
  child.stdin.on("error", () => undefined);
  child.stderr.resume();
  const said = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let held = Buffer.alloc(0);
  const more = async () => {
    const next = await said.next();
    if (next.done === true) throw new Error("git cat-file ended before it answered");
    held = Buffer.concat([held, next.value]);
  };
  const read = async (blob: string) => {
    child.stdin.write(`${blob}\n`);
    while (!held.includes(10)) await more();
    const end = held.indexOf(10);
    const [, kind, size] = held.toString("latin1", 0, end).split(" ");
    if (kind !== "blob") throw new Error(`the shadow repository has no content ${blob}`);
    const from = end + 1;
    const to = from + Number(size);
    while (held.length <= to) await more();
    const content = Buffer.from(held.subarray(from, to));
    held = held.subarray(to + 1);
    return content;
  };
  try {
    return await Promise.race([use(read), failed]);
  } finally {
    child.stdin.end();
    child.kill();
  }
}

/** The name git gives a content. */
export function blobOf(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}
