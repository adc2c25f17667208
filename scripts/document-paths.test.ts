// A document may only name files that are there.
import { describe, expect, it } from "vitest";

import { pathProblems } from "./document-paths.ts";

const FILES = new Set([
  "packages/trust/SPEC.md",
  "workers/agents/src/turn.ts",
  "docs/guide/cli.md",
]);
const problemsOf = (text: string, path = "README.md") => pathProblems({ path, text }, FILES);

describe("pathProblems", () => {
  it.each([
    "`packages/trust/SPEC.md` states it",
    "`workers/agents` is a folder",
    "`turn.ts` by its name alone, `src/turn.ts` by the end of its path",
    "[guide](docs/guide/cli.md) and [its part](docs/guide/cli.md#top)",
    "[elsewhere](https://example.com/x.md)",
    "`npm run check` is no path",
    "```\n`packages/none`\n```\n",
  ])("is content with: %s", (text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  it.each([
    "`packages/none/x.ts`",
    "`workers/agent`",
    "`turns.ts`",
    "`lib/turn.ts`",
    "[gone](docs/guide/gone.md)",
  ])("finds what is not there: %s", (text) => {
    expect(problemsOf(text)).toHaveLength(1);
  });

  it("reads a link from the document's own folder", () => {
    expect(problemsOf("[cli](cli.md)", "docs/guide/groups.md")).toEqual([]);
    expect(problemsOf("[cli](cli.md)", "docs/design/web.md")).toHaveLength(1);
  });
});
