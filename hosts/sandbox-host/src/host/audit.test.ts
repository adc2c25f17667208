// The audit on a disk that is full for a while.
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { makeId } from "@acos/protocol";
import { expect, it } from "vitest";

import { Audit } from "./audit.ts";

it("[S25] a line that could not be written is told, and the next one is written when there is room again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "acos-audit-"));
  const group = makeId("group", 1, new Uint8Array(10));
  const sandbox = makeId("sandbox", 1, new Uint8Array(10));
  const path = join(folder, `${group}.jsonl`);
  symlinkSync("/dev/full", path);
  const failures: Error[] = [];
  const audit = new Audit(
    folder,
    () => new Date(0),
    (error) => failures.push(error),
  );
  audit.write(group, { op: "lost", sandbox });
  await expect.poll(() => failures.length).toBe(1);
  rmSync(path);
  audit.write(group, { op: "kept", sandbox });
  audit.write(group, { op: "kept too", sandbox });
  await audit.close();
  const lines = readFileSync(path, "utf8").trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { op: string }).op)).toEqual([
    "kept",
    "kept too",
  ]);
  expect(failures).toHaveLength(1);
  rmSync(folder, { recursive: true });
});
