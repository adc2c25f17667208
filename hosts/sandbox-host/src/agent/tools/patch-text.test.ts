// Hunks put to texts whose lines end in one way or the other.
import { describe, expect, it } from "vitest";

import { patchText } from "./patch-text.ts";
import { parsePatch } from "./unified-diff.ts";

function patched(text: string, ...lines: readonly string[]): string {
  const [file] = parsePatch(["--- a/f", "+++ b/f", ...lines, ""].join("\n"));
  return patchText(text, file?.hunks ?? [], "f");
}

describe("line ends", () => {
  it.each([
    ["of all other lines stay", "a\nb\r\nc\n", ["@@ -1 +1 @@", "-a", "+A"], "A\nb\r\nc\n"],
    ["of context stay", "a\r\nb\nc\n", ["@@", " a", "-b", "+B", " c"], "a\r\nB\nc\n"],
    ["are those of the lines replaced", "a\r\nb\n", ["@@", "-a", "-b", "+A", "+B"], "A\r\nB\n"],
    ["are those of the line before", "a\nb\r\nc\n", ["@@", " b", "+x", " c"], "a\nb\r\nx\r\nc\n"],
    ["are those of the line after", "a\r\nb\n", ["@@", "+x", " a"], "x\r\na\r\nb\n"],
    ["are CRLF throughout", "a\r\nb\r\n", ["@@", "-a", "+A", "+x", " b"], "A\r\nx\r\nb\r\n"],
  ])("[A21] %s", (_, text, lines, after) => {
    expect(patched(text, ...lines)).toBe(after);
  });

  it("[A21] that are missing at the end stay so, or come as they are everywhere else", () => {
    const none = "\\ No newline at end of file";
    expect(patched("a\r\nb", "@@", "-a", "+A", " b", none)).toBe("A\r\nb");
    expect(patched("a\r\nb", "@@", " a", "-b", none, "+B", "+c")).toBe("a\r\nB\r\nc\r\n");
    expect(patched("a\r\nb\r\n", "@@", " a", "-b", "+B", none)).toBe("a\r\nB");
    expect(patched("", "@@ -0,0 +1 @@", "+x")).toBe("x\n");
    expect(patched("a\r\n", "@@ -1 +0,0 @@", "-a")).toBe("");
  });
});
