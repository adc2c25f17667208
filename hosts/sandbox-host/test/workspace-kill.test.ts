// Killed at random moments in the middle of its work and begun again, nothing is ever damaged.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ColdStorage } from "./workspace-cold.ts";
import { checkpointId, TestWorkspace } from "./workspace-server.ts";
import { changeTree, describeTree, growTree, seededRandom } from "./workspace-tree.ts";

const KILLS = 8;
const random = seededRandom(4);

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

/** Starts work in a process group of its own and kills all of it some milliseconds after it said so. True where it was at work. */
async function killed(after: "begun" | "again", root: string, ...more: string[]): Promise<boolean> {
  const program = join(import.meta.dirname, "workspace-child.ts");
  const child = spawn(process.execPath, [program, root, ...more], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  let said = "";
  child.stdout.on("data", (part: Buffer) => (said += part.toString()));
  await expect.poll(() => said, { interval: 5 }).toContain(after);
  // The moment is what is random here; it is no wait for anything.
  await later(random(250));
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch {
    // It was done before: nothing is left to kill.
  }
  await ended;
  return !said.includes("done");
}

describe("kill -9 in the middle", () => {
  it("[W29] of a checkpoint leaves all that were kept, and further ones work", async () => {
    growTree(ws.place.workspace, 100, seededRandom(2));
    for (let times = 0; times < KILLS; times += 1)
      await killed(
        times % 2 === 0 ? "begun" : "again",
        ws.root,
        "checkpoint",
        String(times * 1_000 + 1),
      );
    const gitDir = join(ws.place.state, "checkpoints");
    const env = { ...process.env, GIT_DIR: gitDir };
    const refs = execFileSync("git", ["for-each-ref", "--format=%(refname)"], { env }).toString();
    execFileSync("git", ["fsck", "--connectivity-only"], { env, stdio: "pipe" });
    const last = checkpointId(KILLS * 1_000);
    await ws.keep(last);
    const kept = refs.split("\n").filter((ref) => ref.startsWith("refs/checkpoints/"));
    expect(kept.length).toBeGreaterThanOrEqual(KILLS / 2);
    writeFileSync(ws.at("growing"), "else");
    await ws.goBack(last);
    expect(readFileSync(ws.at("growing"), "utf8")).toMatch(/^1\n/);
    execFileSync("git", ["fsck", "--strict"], { env, stdio: "pipe" });
  });

  it("[W29] of a snapshot leaves the next one whole", async () => {
    growTree(ws.place.workspace, 250, random);
    for (let times = 0; times < KILLS; times += 1) {
      await killed(times % 2 === 0 ? "begun" : "again", ws.root, "snapshot");
      for (let change = 0; change < 20; change += 1) changeTree(ws.place.workspace, random);
      if (times % 3 !== 0) continue;
      const to = new TestWorkspace();
      others.push(to);
      await cold.restore(to, await cold.save(ws));
      expect(describeTree(to.place.workspace)).toEqual(describeTree(ws.place.workspace));
    }
    const left = readdirSync(join(ws.place.state, "snapshots/made/packs"));
    expect(left.filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  it("[W30] of a restore is told until it was done again, which ends the same", async () => {
    growTree(ws.place.workspace, 1_200, random);
    await ws.keep(checkpointId(1));
    const taken = await cold.save(ws);
    const expected = describeTree(ws.place.workspace);
    let broken = 0;
    for (let round = 0; round < 3; round += 1) {
      const to = new TestWorkspace();
      others.push(to);
      growTree(to.place.workspace, 50, random);
      await cold.handIn(to, taken);
      for (let times = 0; times < 3; times += 1) {
        if (!(await killed("begun", to.root, "restore", taken.snapshot))) break;
        if (!readdirSync(join(to.place.state, "snapshots")).includes("restoring")) continue;
        broken += 1;
        await expect(to.snapshot()).rejects.toThrow(/^conflict: .*half there/);
      }
      await cold.handIn(to, taken);
      await to.restore(taken.snapshot);
      expect(describeTree(to.place.workspace)).toEqual(expected);
      await to.goBack(checkpointId(1));
      await to.snapshot();
    }
    expect(broken).toBeGreaterThan(0);
  });
});
