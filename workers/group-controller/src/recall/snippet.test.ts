// Tests of snippets: around what matched, of bounded length, in one line.
import { expect, it } from "vitest";

import { SNIPPET_CHARS, snippetOf } from "./snippet.ts";

const filler = "Nothing of note was said in this sentence at all. ".repeat(40);
const weights = new Map([
  ["port", 1],
  ["petrel", 5],
]);

it("[F4] a short message is told whole, in one line", () => {
  expect(snippetOf("The port\n\n[#1] is  6543.", weights)).toBe("The port [#1] is 6543.");
});

it("[F4] of a long one the stretch with the densest match is told", () => {
  const text = `port ${filler}Ports of Petrel: the port is 6543. ${filler}`;
  const snippet = snippetOf(text, weights);
  expect(snippet).toContain("Ports of Petrel: the port is 6543.");
  expect(snippet.startsWith("…") && snippet.endsWith("…")).toBe(true);
  expect(snippet.length).toBeLessThanOrEqual(SNIPPET_CHARS + 2);
  expect(snippetOf(`${filler}Petrel`, weights).endsWith("Petrel")).toBe(true);
});

it("[F4] what matched nowhere is told from its beginning, and nothing is cut in half", () => {
  expect(snippetOf(filler, weights).startsWith("Nothing of note")).toBe(true);
  const emoji = snippetOf("😀".repeat(400), weights);
  expect(emoji.length).toBeLessThanOrEqual(SNIPPET_CHARS + 1);
  expect(emoji.isWellFormed()).toBe(true);
  expect(snippetOf(`${"😀".repeat(401)}petrel${"x😀".repeat(400)}`, weights).isWellFormed()).toBe(
    true,
  );
});
