// The inner run: every bug is a vitest project of its own, in which the sources are changed as they are loaded.
//
//   a project for each bug: its one test file  ─┐
//   the same test files, sources as they are   ─┴─▶ verdicts.json (verdict-writer.ts)
//
// ACOS_SEEDED_BUG=<name> leaves the others out: `npx vitest run --config tests/seeded-bugs/vitest.config.ts`.
import { globSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { defineConfig } from "vitest/config";
import type { Plugin } from "vitest/config";

import { REPOSITORY } from "../product.ts";
import { SEEDED_BUGS } from "./bugs.ts";
import type { SeededBug } from "./seeded-bug.ts";
import { VerdictWriter } from "./verdict-writer.ts";

/** Files at a time. Most of a file's time goes by while a runtime starts, so that more than the cores are worth it. */
const WORKERS_MAX = 4;
const TIMEOUT_MS = 60_000;
/** A hole may show in that something never comes, such as the end of a socket: that is not waited for as long. */
const IN_VAIN_MS = 6_000;

const only = process.env["ACOS_SEEDED_BUG"];
const bugs = SEEDED_BUGS.filter(({ name }) => only === undefined || name === only);
if (bugs.length === 0) throw new Error(`No seeded bug is named "${only}".`);

/** Changes the text of the sources as vite loads them; the files themselves stay as they are. */
function seeding({ name, patches }: Pick<SeededBug, "name" | "patches">): Plugin {
  return {
    name: `seeded bug: ${name}`,
    enforce: "pre",
    transform(code, id) {
      const found = patches.filter(({ file }) => id.split("?")[0] === join(REPOSITORY, file));
      return found.reduce((text, { find, put }) => text.replace(find, () => put), code);
    },
  };
}

/** The Worker whose configuration runs a test in workerd; undefined for a test that runs in Node. */
function workerOf(test: string): string | undefined {
  return test.endsWith(".workerd.test.ts") ? dirname(dirname(test)) : undefined;
}

interface Run {
  readonly name: string;
  readonly patches: SeededBug["patches"];
  readonly worker: string | undefined;
  readonly tests: readonly string[];
  readonly testTimeout: number;
}

/** A Worker's own configuration names all its files, and lists are joined: the others have to be left out again. */
function project({ name, patches, worker, tests, testTimeout }: Run) {
  const root = join(REPOSITORY, worker ?? "");
  const named = tests.map((test) => basename(test));
  const all = worker === undefined ? [] : globSync("test/*.test.ts", { cwd: root });
  return {
    ...(worker === undefined ? {} : { extends: join(root, "vitest.config.ts") }),
    plugins: [seeding({ name, patches })],
    test: {
      name,
      root,
      include: tests.map((test) => join(REPOSITORY, test)),
      exclude: all.filter((path) => !named.includes(basename(path))),
      testTimeout,
      hookTimeout: TIMEOUT_MS,
      maxWorkers: WORKERS_MAX,
    },
  };
}

function literally(title: string): string {
  return title.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

const titles = [...new Set(bugs.map(({ caughtBy }) => caughtBy))];
const tests = [...new Set(bugs.map(({ test }) => test))];
const unchanged = [...new Set(tests.map(workerOf))].map((worker) => ({
  name: `unchanged: ${worker ?? "in Node"}`,
  patches: [],
  worker,
  tests: tests.filter((test) => workerOf(test) === worker),
  testTimeout: TIMEOUT_MS,
}));
const changed = bugs.map(({ name, patches, test }) => ({
  name,
  patches,
  worker: workerOf(test),
  tests: [test],
  testTimeout: IN_VAIN_MS,
}));

export default defineConfig({
  root: REPOSITORY,
  test: {
    projects: [...unchanged, ...changed].map(project),
    testNamePattern: new RegExp(titles.map(literally).join("|")),
    reporters: ["default", new VerdictWriter()],
  },
});
