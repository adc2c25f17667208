// Tests of path leases: who waits for whom, in which order, and what a call holds.
import { describe, expect, it } from "vitest";

import { leasePaths } from "./lease-paths.ts";
import { PathLeases, wholePath, type Lease } from "./path-leases.ts";

class Holder {
  lease: Lease | null = null;
  isOver = false;
  readonly abort = new AbortController();

  constructor(leases: PathLeases, paths: readonly string[]) {
    void this.#hold(leases, paths);
  }

  async #hold(leases: PathLeases, paths: readonly string[]): Promise<void> {
    this.lease = await leases.take(paths, this.abort.signal);
    this.isOver = this.lease === null;
  }
}

/** Lets promises that are ready have their say. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

async function holders(
  ...all: (readonly string[])[]
): Promise<{ leases: PathLeases; held: Holder[] }> {
  const leases = new PathLeases();
  const held = all.map((paths) => new Holder(leases, paths));
  await settled();
  return { leases, held };
}
const who = (held: readonly Holder[]): number[] =>
  held.flatMap(({ lease }, index) => (lease ? index : []));

const isApart = (some: readonly string[], others: readonly string[]): boolean =>
  some.every((one) =>
    others.every((other) => {
      const [mine, theirs] = [`${wholePath(one)}/`, `${wholePath(other)}/`];
      return !mine.startsWith(theirs) && !theirs.startsWith(mine);
    }),
  );

describe("path leases", () => {
  it("[B7] the same path, one above and one below wait; others and those without paths do not", async () => {
    const { held } = await holders(["src"], ["src"], ["src/a"], ["."], ["srcs"], [], ["docs/b"]);
    expect(who(held)).toEqual([0, 5]);
    const side = await holders(["src"], ["srcs"], ["docs/b"], ["/tmp/a"]);
    expect(who(side.held)).toEqual([0, 1, 2, 3]);
  });

  it("[B7] are given in the order of asking: who waits is not overtaken by who overlaps", async () => {
    const { held } = await holders(["a"], ["."], ["b"]);
    expect(who(held)).toEqual([0]);
    held[0]!.lease!.release();
    await settled();
    expect(who(held)).toEqual([0, 1]);
    held[1]!.lease!.release();
    held[1]!.lease!.release();
    await settled();
    expect(who(held)).toEqual([0, 1, 2]);
  });

  it("[B7] whoever is called off waits no longer, and lets those behind pass", async () => {
    const { held, leases } = await holders(["a"], ["."], ["b"]);
    held[1]!.abort.abort();
    await settled();
    expect(held[1]!.isOver).toBe(true);
    expect(who(held)).toEqual([0, 2]);
    const late = new AbortController();
    late.abort();
    expect(await leases.take(["c"], late.signal)).toBeNull();
    held[0]!.lease!.release();
    held[2]!.lease!.release();
    expect(leases.isFree).toBe(true);
  });

  it("[B7] no two that overlap are ever held together, whatever the order", async () => {
    const paths = [["a"], ["a/b"], ["b"], ["."], ["a/b/c", "d"], ["d"], []];
    for (let seed = 1; seed <= 200; seed += 1) {
      const order = Array.from({ length: 12 }, (_, at) => paths[(seed * (at + 3) + at * at) % 7]!);
      const { held } = await holders(...order);
      const done = new Set<number>();
      while (done.size < held.length) {
        const now = who(held).filter((index) => !done.has(index));
        expect(now.length, `seed ${seed}`).toBeGreaterThan(0);
        for (const [at, one] of now.entries())
          for (const other of now.slice(at + 1))
            expect(isApart(order[one]!, order[other]!), `seed ${seed}`).toBe(true);
        const next = now[seed % now.length]!;
        held[next]!.lease!.release();
        done.add(next);
        await settled();
      }
    }
  });
});

describe("what a call holds", () => {
  const held = (tool: Parameters<typeof leasePaths>[0], args: Parameters<typeof leasePaths>[1]) =>
    leasePaths(tool, args).map(wholePath);

  it("[B7] the file it writes, the files of its patch, the folder it runs in", () => {
    expect(held("write_file", { path: "src/./a//b.ts" })).toEqual(["/workspace/src/a/b.ts"]);
    expect(held("edit_file", { path: "/etc/../tmp/x" })).toEqual(["/tmp/x"]);
    expect(held("run_command", { command: "ls" })).toEqual(["/workspace"]);
    expect(held("run_command", { command: "ls", cwd: "web" })).toEqual(["/workspace/web"]);
    const patch = [
      "*** Begin Patch",
      "*** Update File: a.txt",
      "*** Move to: c.txt",
      "*** End Patch",
    ].join("\n");
    expect(held("apply_patch", { patch })).toEqual(["/workspace/a.txt", "/workspace/c.txt"]);
    const unified = "--- a/src/x.ts\t2026\n+++ b/src/x.ts\n@@ -1 +1 @@\n--- /dev/null\n+++ b/new\n";
    expect(held("apply_patch", { patch: unified })).toEqual([
      "/workspace/src/x.ts",
      "/workspace/new",
    ]);
  });

  it("[B7] what cannot be read holds the workspace; looking and processes hold nothing", () => {
    expect(held("write_file", {})).toEqual(["/workspace"]);
    expect(held("apply_patch", { patch: "?" })).toEqual(["/workspace"]);
    for (const tool of ["read_file", "list_files", "start_server", "stop_process"] as const)
      expect(held(tool, { path: "a" })).toEqual([]);
  });
});
