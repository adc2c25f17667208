// `npm run check:layers`: no import goes against the layers, no source file escapes the check, and the picture
// of the imports in ARCHITECTURE.md is the one that the code has.
import { readFileSync } from "node:fs";

import { pictureIsStale } from "./import-picture.ts";
import { readImportGraph, sourceFiles } from "./import-graph.ts";

const root = process.cwd();
const graph = readImportGraph(root);
const unseen = sourceFiles(root).filter((file) => !graph.imports.has(file));

const problems = graph.violations.map(({ from, to, rule }) => `${rule}: ${from} imports ${to}`);
// A checker that silently looks at nothing exits 0; so we count what it saw against what is there.
if (graph.imports.size === 0)
  problems.push("dependency-cruiser looked at 0 files: nothing was checked.");
for (const file of unseen) problems.push(`${file} was not looked at by dependency-cruiser.`);
if (pictureIsStale(readFileSync("ARCHITECTURE.md", "utf8"), graph)) {
  problems.push("ARCHITECTURE.md shows other imports than the code has: run `npm run graph`.");
}
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}
console.log(`${graph.imports.size} files keep to the layers.`);
