// Whether the tests of the chain of trust would notice: every hole of bugs.ts is put in, one at a time, and must be caught.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { REPOSITORY } from "../product.ts";
import { SEEDED_BUGS } from "./bugs.ts";
import type { ProjectVerdict } from "./verdict-writer.ts";

/** It takes one minute on two cores. */
const INNER_RUN_MS = 300_000;
const folder = mkdtempSync(join(tmpdir(), "acos-seeded-bugs-"));
let verdicts: readonly ProjectVerdict[] = [];
let output = "";

beforeAll(async () => {
  const path = join(folder, "verdicts.json");
  output = await innerRun(path);
  verdicts = JSON.parse(readFileSync(path, "utf8")) as readonly ProjectVerdict[];
}, INNER_RUN_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Answers what the run printed. It fails, as it should: what counts is where. */
async function innerRun(verdictPath: string): Promise<string> {
  const vitest = join(REPOSITORY, "node_modules/vitest/vitest.mjs");
  const config = join(import.meta.dirname, "vitest.config.ts");
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$)/.test(name));
  const child = spawn(process.execPath, [vitest, "run", "--config", config], {
    cwd: REPOSITORY,
    env: { ...Object.fromEntries(inherited), ACOS_VERDICTS: verdictPath },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = () => child.kill();
  process.once("exit", stop);
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const ended = Promise.withResolvers<void>();
  child.once("error", ended.reject);
  child.once("close", () => ended.resolve());
  await ended.promise;
  process.off("exit", stop);
  return printed;
}

const verdictOf = (file: string, isProject: (project: string) => boolean) =>
  verdicts.find((verdict) => verdict.file === file && isProject(verdict.project));

describe("seeded bugs", () => {
  it("are at least as many as the chain has links, each with a name of its own", () => {
    expect(SEEDED_BUGS.length).toBeGreaterThanOrEqual(33);
    expect(new Set(SEEDED_BUGS.map(({ name }) => name)).size).toBe(SEEDED_BUGS.length);
  });

  it.each(SEEDED_BUGS)("$name: what it changes stands in the sources exactly once", (bug) => {
    for (const { file, find } of bug.patches) {
      const source = readFileSync(join(REPOSITORY, file), "utf8");
      expect(source.split(find), `${file}: ${find}`).toHaveLength(2);
    }
  });

  it.each([...new Set(SEEDED_BUGS.map(({ test }) => test))])(
    "without any, %s is green, and has the tests that catch them",
    (test) => {
      const wanted = SEEDED_BUGS.filter((bug) => bug.test === test).map((bug) => bug.caughtBy);
      const verdict = verdictOf(test, (project) => project.startsWith("unchanged: "));
      expect(verdict, output).toMatchObject({ failed: [], broken: [] });
      expect(verdict?.passed).toEqual(expect.arrayContaining(wanted));
    },
  );

  it.each(SEEDED_BUGS)("$name: caught by $caughtBy", ({ name, test, caughtBy }) => {
    const verdict = verdictOf(test, (project) => project === name);
    expect(verdict?.broken, output).toEqual([]);
    expect(verdict?.failed).toContain(caughtBy);
  });
});
