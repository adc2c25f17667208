// The import graph as a Mermaid picture between two markers of ARCHITECTURE.md; pure, so that it can be compared.
import type { ImportGraph } from "./import-graph.ts";

const BEGIN = "<!-- imports:begin (written by `npm run graph`, do not edit) -->";
const END = "<!-- imports:end -->";

/** Parts of the picture: packages and deployables. Tests and scripts import what they test; drawing that says nothing. */
const PART = /^(packages|workers|hosts|apps)\/([^/]+)\//;
const TEST = /[.]test[.]tsx?$|\/test\//;

/** Folders that only tests import; they would add arrows that the product does not have. */
const TEST_ONLY = new Set(["packages/testkit"]);

function partOf(path: string): string | undefined {
  const found = PART.exec(path);
  const part = found ? `${found[1]}/${found[2]}` : undefined;
  return part === undefined || TEST_ONLY.has(part) ? undefined : part;
}

/** Imports between packages and deployables as `from to` pairs, sorted; tests are left out. */
export function partImports(graph: ImportGraph): [string, string][] {
  const pairs = new Set<string>();
  for (const [file, targets] of graph.imports) {
    const from = TEST.test(file) ? undefined : partOf(file);
    if (from === undefined) continue;
    for (const target of targets) {
      const to = partOf(target);
      if (to !== undefined && to !== from) pairs.add(`${from} ${to}`);
    }
  }
  return [...pairs].sort().map((pair) => pair.split(" ") as [string, string]);
}

/** The picture's text for a graph, markers included. The same imports always give the same text. */
export function pictureOf(graph: ImportGraph): string {
  const files = [...graph.imports.keys()].filter((file) => !TEST.test(file));
  const parts = [...new Set(files.map(partOf))].filter((part) => part !== undefined).sort();
  const lines = parts.map((part) => `  ${part.replaceAll(/[/-]/g, "_")}["${part}"]`);
  for (const [from, to] of partImports(graph)) {
    lines.push(`  ${from.replaceAll(/[/-]/g, "_")} --> ${to.replaceAll(/[/-]/g, "_")}`);
  }
  return [BEGIN, "", "```mermaid", "graph TD", ...lines, "```", "", END].join("\n");
}

/** The document with its picture replaced. Throws where the markers are missing: then nothing would be checked. */
export function withPicture(document: string, graph: ImportGraph): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin === -1 || end < begin) {
    throw new Error(
      `ARCHITECTURE.md lacks the markers of the import picture: put back "${BEGIN}" and "${END}".`,
    );
  }
  return document.slice(0, begin) + pictureOf(graph) + document.slice(end + END.length);
}

/** Whether the document shows other imports than the code has. */
export function pictureIsStale(document: string, graph: ImportGraph): boolean {
  return withPicture(document, graph) !== document;
}
