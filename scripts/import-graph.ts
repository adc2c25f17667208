// Who imports whom, as dependency-cruiser sees it: read by check-layers.ts (the rules) and graph.ts (the picture).
import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { resolve } from "node:path";

/** Folders whose imports we look at; a new top-level folder with code belongs here. */
export const SOURCE_FOLDERS = ["packages", "workers", "hosts", "apps", "tests", "scripts"] as const;

/** dependency-cruiser's JSON for a tree of this size is about 1 MB; the buffer leaves room for growth. */
const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;

const CRUISER = resolve(
  import.meta.dirname,
  "../node_modules/dependency-cruiser/bin/dependency-cruise.mjs",
);

export interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: string;
}

export interface ImportGraph {
  /** Every file looked at, and what it imports, as paths from the repository's root. */
  readonly imports: ReadonlyMap<string, readonly string[]>;
  readonly violations: readonly Violation[];
}

interface CruiseOutput {
  readonly modules: readonly {
    readonly source: string;
    readonly dependencies: readonly { readonly resolved: string }[];
  }[];
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

/** Reads the imports of the tree at `root` with the rules of its `.dependency-cruiser.mjs`. It judges nothing. */
export function readImportGraph(root: string): ImportGraph {
  const folders = SOURCE_FOLDERS.filter((folder) => globSync(folder, { cwd: root }).length > 0);
  const output = execFileSync(
    process.execPath,
    [CRUISER, "--config", ".dependency-cruiser.mjs", "--output-type", "json", ...folders],
    {
      cwd: root,
      encoding: "utf8",
      maxBuffer: OUTPUT_MAX_BYTES,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const { modules, summary } = JSON.parse(output) as CruiseOutput;
  return {
    imports: new Map(
      modules.map(({ source, dependencies }) => [source, dependencies.map((to) => to.resolved)]),
    ),
    violations: summary.violations.map(({ from, to, rule }) => ({ from, to, rule: rule.name })),
  };
}

/** Every source file of ours under `root`, as paths from it. Build output and installed packages are not ours. */
export function sourceFiles(root: string): string[] {
  return globSync(
    SOURCE_FOLDERS.map((folder) => `${folder}/**/*.{ts,tsx}`),
    {
      cwd: root,
      exclude: (name) => /(^|\/)(node_modules|dist|[.]\w[^/]*)$/.test(name),
    },
  ).sort();
}
