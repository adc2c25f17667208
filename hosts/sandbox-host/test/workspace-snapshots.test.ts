// Snapshots of a workspace: made, given out, handed in elsewhere and restored, over the agent's routes.
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { SANDBOX_BODY_MAX_BYTES } from "@acos/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { readManifest } from "../src/agent/snapshots/read-manifest.ts";
import { ColdStorage } from "./workspace-cold.ts";
import { checkpointId, TestWorkspace } from "./workspace-server.ts";
import { changeTree, describeTree, growTree, seededRandom } from "./workspace-tree.ts";

let ws: TestWorkspace;
let cold: ColdStorage;
const others: TestWorkspace[] = [];
beforeEach(() => {
  ws = new TestWorkspace();
  cold = new ColdStorage();
});
afterEach(() => {
  for (const one of [ws, ...others.splice(0)]) one.close();
});

function another(): TestWorkspace {
  const made = new TestWorkspace();
  others.push(made);
  return made;
}

function put(path: string, content: string | Buffer): void {
  mkdirSync(dirname(ws.at(path)), { recursive: true });
  writeFileSync(ws.at(path), content);
}

function makeFifos(...paths: string[]): void {
  execFileSync("sh", ["-c", 'mkfifo "$@"', "sh", ...paths]);
}

const tree = (workspace: TestWorkspace) => describeTree(workspace.place.workspace);

/** Makes files look as if nobody had touched them lately. */
function age(): void {
  const args = ["-h", "-d", "2020-01-01T00:00:00.123Z"];
  const names = readdirSync(ws.place.workspace, { recursive: true }).map((name) =>
    ws.at(String(name)),
  );
  for (let at = 0; at < names.length; at += 500)
    execFileSync("touch", [...args, ...names.slice(at, at + 500)]);
}

/** Waits until the clock is past what could hide a change. */
async function settled(): Promise<void> {
  const since = Date.now();
  await expect.poll(() => Date.now() - since, { interval: 20 }).toBeGreaterThan(150);
}

const hashOf = (path: string) =>
  createHash("sha256")
    .update(readFileSync(ws.at(path)))
    .digest("hex");

const stored = (kind: string) =>
  ["made", "given", "received"].flatMap((stage) =>
    readdirSync(join(ws.place.state, "snapshots", stage, kind)),
  );

describe("a snapshot is the whole workspace", () => {
  it("[W15] with dependencies and .git, and restores to the same tree", async () => {
    put("src/a.ts", "a");
    put("node_modules/m/index.js", "m");
    put(".git/config", "[core]\n");
    put("run.sh", "#!/bin/sh\n");
    execFileSync("chmod", ["4755", ws.at("run.sh")]);
    mkdirSync(ws.at("empty"));
    symlinkSync("/etc/passwd", ws.at("outside"));
    symlinkSync("missing", ws.at("dangling"));
    symlinkSync("src", ws.at("to-folder"));
    linkSync(ws.at("src/a.ts"), ws.at("hard"));
    utimesSync(ws.at("src/a.ts"), 1_600_000_000, 1_600_000_000.987);
    const taken = await cold.save(ws);
    expect(taken).toMatchObject({ files: 5, bytes: 1 + 1 + 7 + 10 + 1 });
    const to = another();
    await cold.restore(to, taken);
    const without = (line: string) => line.replace('"4755"', '"755"');
    expect(tree(to)).toEqual(tree(ws).map(without));
    writeFileSync(to.at("hard"), "changed");
    expect(readFileSync(to.at("src/a.ts"), "utf8")).toBe("a");
  });

  it.each([1, 2, 3])("[W15] of random trees with odd names, seed %i", async (seed) => {
    growTree(ws.place.workspace, 250, seededRandom(seed));
    const to = another();
    await cold.restore(to, await cold.save(ws));
    expect(tree(to)).toEqual(tree(ws));
  });

  it("[W16] sockets, FIFOs and devices are left out, and counted", async () => {
    put("a", "a");
    makeFifos(ws.at("fifo"), ws.at("fifo2"));
    const response = await ws.fetch("POST", "/snapshots");
    expect(response.headers.get("acos-left-out")).toBe("2");
    const to = another();
    await cold.restore(to, await cold.save(ws));
    expect(readdirSync(to.place.workspace)).toEqual(["a"]);
  });

  it("[W17] large files are split so that each pack fits a body; holes take no room", async () => {
    put("noise.bin", randomBytes(21 * 1024 * 1024));
    put("small.bin", randomBytes(3_900_000));
    put("small2.bin", randomBytes(3_900_000));
    put("holes.bin", "begin");
    truncateSync(ws.at("holes.bin"), 512 * 1024 ** 2);
    const taken = await cold.save(ws);
    for (const { bytes } of taken.packs) expect(bytes).toBeLessThanOrEqual(SANDBOX_BODY_MAX_BYTES);
    expect(taken.packs.length).toBeGreaterThanOrEqual(6);
    const to = another();
    await cold.restore(to, taken);
    for (const name of ["noise.bin", "small.bin", "small2.bin"]) {
      expect(readFileSync(to.at(name)).equals(readFileSync(ws.at(name)))).toBe(true);
    }
    const holes = statSync(to.at("holes.bin"));
    expect(holes.size).toBe(512 * 1024 ** 2);
    expect(holes.blocks * 512).toBeLessThan(20 * 1024 * 1024);
  });

  it("[W18] the same files are the same bytes of the same packs, and equal files are packed once", async () => {
    const content = randomBytes(100_000);
    put("a", content);
    put("b/c", content);
    put("d", "d");
    age();
    const first = await cold.save(ws);
    expect(first.packs.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(110_000);
    expect(await ws.snapshot()).toEqual(await ws.snapshot());
    const { fetched, ...second } = await cold.save(ws);
    expect([fetched, second]).toEqual([0, expect.objectContaining({ snapshot: first.snapshot })]);
    rmSync(join(ws.place.state, "snapshots"), { recursive: true });
    expect((await ws.snapshot()).snapshot).toBe(first.snapshot);
  });

  it("[W19] checkpoints come along", async () => {
    put("a", "1");
    await ws.keep(checkpointId(1));
    put("a", "2");
    await ws.keep(checkpointId(2));
    const to = another();
    await cold.restore(to, await cold.save(ws));
    expect(await to.keep(checkpointId(3))).toMatchObject({ changed: false });
    expect((await to.changes(checkpointId(1))).hunks).toHaveLength(1);
    await to.goBack(checkpointId(1));
    expect(readFileSync(to.at("a"), "utf8")).toBe("1");
  });
});

describe("a further snapshot", () => {
  it("[W20] packs what changed and reads nothing else", async () => {
    for (let at = 0; at < 50; at += 1) put(`f${at}`, randomBytes(50_000));
    age();
    await settled();
    const first = await cold.save(ws);
    put("f7", randomBytes(50_000));
    await settled();
    // Whoever reads f9 again learns that the list is wrong about it.
    const list = join(ws.place.state, "snapshots/list.json");
    const wrong = "f".repeat(64);
    writeFileSync(list, readFileSync(list, "utf8").replaceAll(hashOf("f9"), wrong));
    const second = await cold.save(ws);
    expect(second.fetched).toBe(1);
    expect(second.packs).toHaveLength(first.packs.length + 1);
    const { workspace } = readManifest(cold.things.get(second.snapshot)!).roots;
    expect(workspace.find(({ key }) => key === "f9")).toMatchObject({ sha256: wrong });
    rmSync(list);
    const to = another();
    await cold.restore(to, await cold.save(ws));
    expect(tree(to)).toEqual(tree(ws));
    // Restored, it goes on from there.
    await settled();
    appendFileSync(to.at("f3"), "more");
    const third = await cold.save(to);
    expect(third.fetched).toBe(1);
  });

  it("[W20] sees a change that hides behind the same size and time", async () => {
    put("a", "before");
    age();
    await settled();
    await cold.save(ws);
    const { mtimeMs } = statSync(ws.at("a"));
    put("a", "after!");
    utimesSync(ws.at("a"), mtimeMs / 1_000, mtimeMs / 1_000);
    const to = another();
    await cold.restore(to, await cold.save(ws));
    expect(readFileSync(to.at("a"), "utf8")).toBe("after!");
  });

  it("[W20] after 500 random changes is equal to one made from nothing", async () => {
    const random = seededRandom(99);
    growTree(ws.place.workspace, 150, random);
    for (let round = 0; round < 10; round += 1) {
      for (let times = 0; times < 50; times += 1) changeTree(ws.place.workspace, random);
      const taken = await cold.save(ws);
      const to = another();
      await cold.restore(to, taken);
      expect(tree(to)).toEqual(tree(ws));
      const whole = new TestWorkspace();
      others.push(whole);
      rmSync(whole.place.workspace, { recursive: true });
      renameSync(ws.place.workspace, whole.place.workspace);
      const full = await cold.save(whole);
      renameSync(whole.place.workspace, ws.place.workspace);
      expect([full.files, full.bytes]).toEqual([taken.files, taken.bytes]);
    }
  });

  it("[W21] makes packs anew that are mostly dead, and joins many small ones", async () => {
    for (let at = 0; at < 10; at += 1) put(`f${at}`, randomBytes(10_000));
    age();
    await settled();
    const first = await cold.save(ws);
    for (let at = 0; at < 6; at += 1) rmSync(ws.at(`f${at}`));
    const second = await cold.save(ws);
    expect(second.packs.map(({ pack }) => pack)).not.toContain(first.packs[0]!.pack);
    expect(second.packs[0]!.bytes).toBeLessThan(45_000);
    for (let at = 0; at < 40; at += 1) {
      put(`g${at}`, randomBytes(100));
      age();
      await cold.save(ws);
    }
    expect((await cold.save(ws)).packs.length).toBeLessThan(34);
    const to = another();
    await cold.restore(to, await cold.save(ws));
    expect(tree(to)).toEqual(tree(ws));
  });

  it("[W22] drops what was given out and what is old, and packs again what was lost", async () => {
    put("a", randomBytes(1_000));
    age();
    await settled();
    const first = await cold.save(ws);
    const pack = first.packs[0]!.pack;
    expect(stored("packs")).toEqual([pack]);
    expect(await ws.bytes(`/snapshots/packs/${pack}`)).toEqual(cold.things.get(pack));
    put("b", "b");
    const second = await ws.snapshot();
    expect(stored("manifests")).toEqual([second.snapshot]);
    expect(stored("packs")).not.toContain(pack);
    expect(second.packs.map((one) => one.pack)).toContain(pack);
    await expect(ws.bytes(`/snapshots/packs/${pack}`)).rejects.toThrow(
      /^not_found: .*new snapshot/,
    );
    const third = await ws.snapshot();
    const to = another();
    cold.things.clear();
    for (const one of third.packs) {
      cold.things.set(one.pack, await ws.bytes(`/snapshots/packs/${one.pack}`));
    }
    cold.things.set(third.snapshot, await ws.bytes(`/snapshots/manifests/${third.snapshot}`));
    await cold.restore(to, third);
    expect(tree(to)).toEqual(tree(ws));
  });

  it("[W23] of files that never hold still has bytes that their hash is true of", async () => {
    put("large.log", "x".repeat(9_000_000));
    put("small.log", "x");
    const writer = { going: true };
    const writing = (async () => {
      while (writer.going) {
        appendFileSync(ws.at("large.log"), "more");
        appendFileSync(ws.at("small.log"), "more");
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const taken = await cold.save(ws);
    writer.going = false;
    await writing;
    const to = another();
    await cold.restore(to, taken);
    const before = readFileSync(ws.at("large.log"));
    const after = readFileSync(to.at("large.log"));
    expect(after.length).toBeGreaterThanOrEqual(9_000_000);
    expect(after.equals(before.subarray(0, after.length))).toBe(true);
    await cold.restore(another(), await cold.save(ws));
  });
});

describe("restoring", () => {
  it("[W24] makes a workspace with other files equal, whatever is in the way", async () => {
    growTree(ws.place.workspace, 60, seededRandom(5));
    put("a", "file");
    put("b/c", "in a folder");
    symlinkSync("b", ws.at("d"));
    const taken = await cold.save(ws);
    const to = another();
    growTree(to.place.workspace, 60, seededRandom(6));
    const outside = join(to.root, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "c"), "untouched");
    mkdirSync(to.at("a/x"), { recursive: true });
    symlinkSync(outside, to.at("b"));
    mkdirSync(to.at("d"));
    makeFifos(to.at("fifo"));
    await cold.restore(to, taken);
    expect(tree(to)).toEqual(tree(ws));
    expect(readFileSync(join(outside, "c"), "utf8")).toBe("untouched");
  });

  it("[W25] says how many packs are missing before it changes anything", async () => {
    put("a", randomBytes(4_100_000));
    put("b", randomBytes(4_100_000));
    const taken = await cold.save(ws);
    const to = another();
    writeFileSync(to.at("mine"), "mine");
    await expect(to.restore(taken.snapshot)).rejects.toThrow(/^not_found: /);
    await cold.put(to, "manifests", taken.snapshot);
    await cold.put(to, "packs", taken.packs[0]!.pack);
    await expect(to.restore(taken.snapshot)).rejects.toThrow(/^conflict: 1 of the 2 packs/);
    expect(readdirSync(to.place.workspace)).toEqual(["mine"]);
  });

  it("[W25] takes in only what has the hash it is named by", async () => {
    const named = "0".repeat(64);
    await expect(ws.fetch("PUT", `/snapshots/packs/${named}`, "x")).rejects.toThrow(
      /invalid_request/,
    );
    await expect(ws.fetch("PUT", "/snapshots/packs/..%2f..%2fx", "x")).rejects.toThrow(
      /invalid_request/,
    );
    const large = Buffer.alloc(SANDBOX_BODY_MAX_BYTES + 1);
    await expect(ws.fetch("PUT", `/snapshots/packs/${named}`, large)).rejects.toThrow();
    expect(readdirSync(ws.place.state)).toEqual([]);
  });

  it("[W26] done again it changes nothing and needs no pack", async () => {
    growTree(ws.place.workspace, 80, seededRandom(8));
    const taken = await cold.save(ws);
    const to = another();
    await cold.restore(to, taken);
    await cold.put(to, "manifests", taken.snapshot);
    await to.restore(taken.snapshot);
    expect(tree(to)).toEqual(tree(ws));
  });
});
