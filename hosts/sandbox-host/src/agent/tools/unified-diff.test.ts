// What a patch says, line by line: nothing of it is left out without a word.
import { describe, expect, it } from "vitest";

import { parsePatch, PatchError } from "./unified-diff.ts";

const patchOf = (...lines: readonly string[]) =>
  ["--- a/f.txt", "+++ b/f.txt", ...lines, ""].join("\n");

/** The lines of all hunks of all files, as they stood in the patch. */
const hunksOf = (patch: string) =>
  parsePatch(patch).map(({ hunks }) =>
    hunks.map(({ lines }) => lines.map(({ kind, text }) => `${kind}${text}`)),
  );

describe("a hunk", () => {
  it("[A21] without numbers holds empty context lines whose blank was stripped", () => {
    const patch = patchOf("@@", "-a", "+A", "", "", "-b", "+B");
    expect(hunksOf(patch)).toEqual([[["-a", "+A", " ", " ", "-b", "+B"]]]);
  });

  it("[A21] without numbers ends at empty lines before what is none of it", () => {
    const second = ["", "--- a/g.txt", "+++ b/g.txt", "@@", "-c", "+C", "", "Done."];
    expect(hunksOf(patchOf("@@", "-a", "+A", "", "@@", "-b", "+B", ...second))).toEqual([
      [
        ["-a", "+A"],
        ["-b", "+B"],
      ],
      [["-c", "+C"]],
    ]);
  });

  it.each([
    ["a context line lost its blank", 6, "b", ["@@", "-a", "+A", "b", "-c", "+C"]],
    ["an added line lost its plus", 5, "A", ["@@ -1 +1 @@", "-a", "A"]],
    ["its counts are too small", 7, "-b", ["@@ -1 +1 @@", "-a", "+A", "", "-b", "+B"]],
    ["a fence lost its blank", 7, "-c", ["@@", "-a", "+A", "```", "-c", "+C"]],
    ["no @@ stands above it", 3, "-a", ["-a", "+A"]],
    ["words stand in it", 8, "-c", ["@@", "-a", "+A", "", "And then:", "-c", "+C"]],
  ])("[A21] is refused where %s", (_, number, line, lines) => {
    const patch = patchOf(...lines);
    expect(() => parsePatch(patch)).toThrow(PatchError);
    expect(() => parsePatch(patch)).toThrow(
      `Line ${number} of the patch belongs to no hunk: ${JSON.stringify(line)}.`,
    );
  });

  it("[A21] is refused where its file is not named", () => {
    const nameless = ["diff --git a/g.txt b/g.txt", "@@ -1 +1 @@", "-c", "+C"];
    expect(() => parsePatch(patchOf("@@ -1 +1 @@", "-a", "+A", ...nameless))).toThrow(
      "A hunk comes before any file",
    );
  });

  it.each([
    ["Index: g.txt", ["Index: g.txt", "=".repeat(67)]],
    ["Only in old: h.txt", ["Only in old: h.txt"]],
    ["diff -ru old/g.txt new/g.txt", ["diff -ru old/g.txt new/g.txt"]],
    ["a fence of Markdown", ["```", "", "And the next:", "", "```diff"]],
  ])("[A21] ends at %s", (_, between) => {
    const next = ["--- a/g.txt", "+++ b/g.txt", "@@ -1 +1 @@", "-b", "+B", "```"];
    expect(hunksOf(patchOf("@@ -1 +1 @@", "-a", "+A", ...between, ...next))).toEqual([
      [["-a", "+A"]],
      [["-b", "+B"]],
    ]);
  });
});

describe("what git writes around its diffs", () => {
  const mail = (number: number, file: string, signature: readonly string[]) => [
    `From ${"0".repeat(39)}${number} Mon Sep 17 00:00:00 2001`,
    "From: Some One <one@example.com>",
    `Subject: [PATCH ${number}/2] a long subject that goes on`,
    " in a second line",
    "",
    "- a list in its words",
    "---",
    ` ${file} | 2 +-`,
    " 1 file changed, 1 insertion(+), 1 deletion(-)",
    "",
    `diff --git a/${file} b/${file}`,
    "index 7898192..8c7e5a6 100644",
    `--- a/${file}`,
    `+++ b/${file}`,
    "@@ -1,2 +1,2 @@",
    "-a",
    "+A",
    " b",
    ...signature,
  ];
  const hunk = ["-a", "+A", " b"];

  it.each([
    ["a signature", ["-- ", "2.39.5", ""]],
    ["no signature", []],
  ])("[A21] is left out: mails with %s", (_, signature) => {
    const mails = [...mail(1, "one.txt", signature), ...mail(2, "two.txt", signature)];
    expect(hunksOf(`${mails.join("\n")}\n`)).toEqual([[hunk], [hunk]]);
  });

  it("[A21] is left out: commits of a log", () => {
    const commit = (file: string) => [
      `commit ${"a".repeat(40)}`,
      "Author: Some One <one@example.com>",
      "",
      "    Words about it",
      "",
      ...mail(1, file, [""]).slice(10),
    ];
    const log = [...commit("one.txt"), ...commit("two.txt")].join("\n");
    expect(hunksOf(log)).toEqual([[hunk], [hunk]]);
  });

  it("[A21] is a removed line where the hunk is not whole yet, or no version follows", () => {
    const due = patchOf("@@ -1,2 +1 @@", "-- ", "-2.39.5", "+A");
    expect(hunksOf(due)).toEqual([[["-- ", "-2.39.5", "+A"]]]);
    const more = patchOf("@@ -1 +1 @@", "-a", "+A", "-- ", "+B");
    expect(hunksOf(more)).toEqual([[["-a", "+A", "-- ", "+B"]]]);
  });

  it("[A21] may say of a file without hunks that it is made or deleted", () => {
    const made = ["diff --git a/e f.py b/e f.py", "new file mode 100644", "index 0000000..e69de29"];
    const gone = ["diff --git g.py g.py", "deleted file mode 100644", "index e69de29..0000000"];
    expect(parsePatch([...made, ...gone, patchOf("@@", "-a", "+A")].join("\n"))).toMatchObject([
      { from: undefined, to: "e f.py", hunks: [] },
      { from: "g.py", to: undefined, hunks: [] },
      { from: "f.txt", to: "f.txt" },
    ]);
  });

  it("[A21] may rename a file beside another one that has a plain header", () => {
    const moved = ["diff --git a/g b/h", "similarity index 100%", "rename from g", "rename to h"];
    const patch = [...moved, patchOf("@@", "-a", "+A")].join("\n");
    expect(parsePatch(patch)).toMatchObject([
      { from: "g", to: "h", hunks: [] },
      { from: "f.txt", to: "f.txt" },
    ]);
  });

  it.each([
    ["modes alone", ["diff --git a/g b/g", "old mode 100644", "new mode 100755"], "chmod"],
    ["nothing", ["diff --git a/g b/g"], '"diff --git a/g b/g"'],
    ["a copy", ["diff --git a/g b/h", "copy from g", "copy to h"], "copy"],
    ["bytes", ["diff -r old/g new/g", "Binary files old/g and new/g differ"], "Binary files"],
  ])("[A21] is refused where it cannot be done: %s", (_, lines, words) => {
    const patch = [patchOf("@@ -1 +1 @@", "-a", "+A").trimEnd(), ...lines].join("\n");
    expect(() => parsePatch(patch)).toThrow(PatchError);
    expect(() => parsePatch(patch)).toThrow(words);
  });
});
