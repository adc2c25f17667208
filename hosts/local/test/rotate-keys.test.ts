// Exchanging keys: in which order the files change and the Orchestrator is asked, and what stays when something cannot be done.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { CareReport } from "@acos/protocol";
import { afterEach, beforeEach, expect, it } from "vitest";

import { locateDataFolder, makeDataFolder } from "../src/up/data-folder.ts";
import { KeyFiles } from "../src/up/key-files.ts";
import { rotate, RotationError } from "../src/up/rotate-keys.ts";

const NOW = 1_800_000_000_000;
const DONE: CareReport = {
  signing: "kid",
  kek: "kek",
  moved: 0,
  rewrapped: 0,
  renewed: 0,
  resealed: 0,
  left: 0,
};

let root: string;
let files: KeyFiles;
/** What happened, in order: the number of master keys that care saw, and the waits. */
let steps: string[];
let reports: Partial<CareReport>[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "acos-rotation-"));
  const folder = locateDataFolder(join(root, "data"));
  makeDataFolder(folder);
  files = await KeyFiles.open(folder);
  [steps, reports] = [[], []];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const masters = () => files.read().master.split("\n");
const rim = () => ({
  files,
  now: () => NOW,
  wait: async (ms: number) => void steps.push(`wait ${ms}`),
  care: async () => {
    steps.push(`care with ${masters().length}`);
    return { ...DONE, ...reports.shift() };
  },
});

it("[X1] the CA's next key signs, and the old one is on its way out", async () => {
  const before = JSON.parse(files.read().authority) as { x: string }[];
  const said = await rotate("ca", rim());
  const after = JSON.parse(files.read().authority) as { x: string; notAfter?: number }[];
  expect(after[0]?.x).toBe(before[1]?.x);
  expect(after.find(({ x }) => x === before[0]?.x)?.notAfter).toBeGreaterThan(NOW + 15 * 60_000);
  expect(said).toContain("is believed until 2027-01-15T08:15");
  expect(steps).toEqual(["care with 1"]);
});

it("[X2] a new master key is there beside the old one until everything is rewrapped, twice", async () => {
  const [before] = masters();
  reports = [{ rewrapped: 100, left: 3 }, { rewrapped: 3 }, { rewrapped: 1 }];
  const said = await rotate("master", rim());
  expect(steps).toEqual(["care with 2", "care with 2", "wait 3000", "care with 2", "care with 1"]);
  expect(masters()).not.toContain(before);
  expect(said).toContain("104 data keys were rewrapped");
});

it("[X2] what cannot be rewrapped keeps the old master key", async () => {
  const [before] = masters();
  reports = Array.from({ length: 5 }, () => ({ left: 1 }));
  await expect(rotate("master", rim())).rejects.toThrow(RotationError);
  expect(masters()).toHaveLength(2);
  expect(masters()[1]).toBe(before);
});

it("[X2] an Orchestrator that does not answer leaves both keys", async () => {
  const care = async () => Promise.reject(new RotationError("nobody answers"));
  await expect(rotate("master", { ...rim(), care })).rejects.toThrow("nobody answers");
  expect(masters()).toHaveLength(2);
});

it("[X3] data keys of before are replaced, and who did not know of it yet is waited for", async () => {
  reports = [{ renewed: 2, resealed: 5 }, { resealed: 1 }];
  const said = await rotate("data", rim());
  expect(files.read().dataKeysSince).toBe(NOW);
  expect(said).toBe("2 data keys were replaced, 6 secrets sealed under the new ones.");
  expect(steps).toEqual(["care with 1", "wait 3000", "care with 1"]);
});
