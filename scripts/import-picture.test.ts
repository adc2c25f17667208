// The picture of the imports shows the product's arrows, is the same for the same imports, and cannot silently vanish.
import { describe, expect, it } from "vitest";

import type { ImportGraph } from "./import-graph.ts";
import { partImports, pictureIsStale, pictureOf, withPicture } from "./import-picture.ts";

function graph(imports: Record<string, string[]>): ImportGraph {
  return { imports: new Map(Object.entries(imports)), violations: [] };
}

const GRAPH = graph({
  "workers/agents/src/turn.ts": ["packages/trust/src/index.ts", "workers/agents/src/env.ts"],
  "packages/trust/src/index.ts": ["packages/protocol/src/index.ts", "node_modules/jose/index.js"],
  "packages/trust/src/index.test.ts": ["packages/group/src/index.ts"],
});

describe("the import picture", () => {
  it("draws imports between parts, and neither tests nor installed packages", () => {
    expect(partImports(GRAPH)).toEqual([
      ["packages/trust", "packages/protocol"],
      ["workers/agents", "packages/trust"],
    ]);
  });

  it("is up to date right after it was written", () => {
    const written = withPicture(`# Title\n\n${pictureOf(graph({}))}\n\nText.\n`, GRAPH);
    expect(written).toContain("workers_agents --> packages_trust");
    expect(written).toMatch(/^# Title\n[^]*\nText[.]\n$/);
    expect(pictureIsStale(written, GRAPH)).toBe(false);
  });

  it("is stale when the imports have changed", () => {
    expect(pictureIsStale(pictureOf(graph({})), GRAPH)).toBe(true);
  });

  it("throws where the markers are gone", () => {
    expect(() => pictureIsStale("# Title", GRAPH)).toThrow("lacks the markers");
  });
});
