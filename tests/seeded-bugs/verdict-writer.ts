// The inner run's reporter: which tests passed and failed, project by project, as JSON where ACOS_VERDICTS says.
import { writeFileSync } from "node:fs";
import { relative } from "node:path";

import type { Reporter, TestModule } from "vitest/node";

import { REPOSITORY } from "../product.ts";

export interface ProjectVerdict {
  readonly project: string;
  /** From the repository's root. */
  readonly file: string;
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** Why a file failed outside of its tests: a change that does not even run proves nothing. */
  readonly broken: readonly string[];
}

function verdictOf(module: TestModule): ProjectVerdict {
  const tests = [...module.children.allTests()];
  const titles = (state: string) =>
    tests.filter((test) => test.result().state === state).map(({ name }) => name);
  const broken = [module, ...module.children.allSuites()].flatMap((each) => each.errors());
  return {
    project: module.project.name,
    file: relative(REPOSITORY, module.moduleId),
    passed: titles("passed"),
    failed: titles("failed"),
    broken: broken.map(({ message }) => message),
  };
}

export class VerdictWriter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const path = process.env["ACOS_VERDICTS"];
    if (path !== undefined) writeFileSync(path, JSON.stringify(modules.map(verdictOf)));
  }
}
