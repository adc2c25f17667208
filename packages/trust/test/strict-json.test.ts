// Strict JSON: what two parsers might read differently is refused.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { parseStrictJson, toBase64url, fromBase64url } from "../src/index.ts";
import { fromBase64 } from "../src/base64.ts";
import { JSON_MAX_DEPTH } from "../src/strict-json.ts";
import { utf8 } from "./forge.ts";
import { describeVectors } from "./vectors.ts";

describe("strict JSON", () => {
  it.each([
    ["a duplicate member", '{"a":1,"a":1}'],
    ["a duplicate member in disguise", String.raw`{"a":1,"\u0061":2}`],
    ["a duplicate member deep inside", '{"x":[{"a":1,"b":{"c":1,"c":2}}]}'],
    ["a member named __proto__", '{"__proto__":{}}'],
    ["a number no double holds", '{"exp":1e400}'],
    ["half a surrogate pair", String.raw`["\ud800"]`],
    ["half a surrogate pair in a member's name", String.raw`{"\udc00":1}`],
    ["a byte order mark", "\uFEFF{}"],
    [
      "nesting deeper than allowed",
      "[".repeat(JSON_MAX_DEPTH + 1) + "]".repeat(JSON_MAX_DEPTH + 1),
    ],
  ])("[T8] refuses %s", (_, text) => {
    expect(parseStrictJson(utf8(text))).toBeUndefined();
  });

  it.each([
    ["the same member in two objects", '[{"a":1},{"a":1}]', [{ a: 1 }, { a: 1 }]],
    ["a whole surrogate pair", String.raw`["\ud83d\ude00"]`, ["😀"]],
    ["brackets and quotes inside a string", String.raw`{"a":"}\",{\"a\":["}`, { a: '}",{"a":[' }],
    ["nesting as deep as allowed", "[".repeat(3) + "]".repeat(3), [[[]]]],
  ])("[T8] accepts %s", (_, text, value) => {
    expect(parseStrictJson(utf8(text))).toEqual(value);
  });

  it("[T8] refuses malformed UTF-8", () => {
    expect(parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22))).toBeUndefined();
  });
});

describeVectors({ existsSync, readFileSync }, "json/parsing.json", ({ cases }) => {
  const bytesOf = ({ base64 }: { base64: string }) =>
    Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const hasDuplicates = ({ name }: { name: string }) => name.startsWith("y_object_duplicated_key");

  it.each(cases.filter((entry) => entry.expect === "reject" || hasDuplicates(entry)))(
    "[T8] refuses $name",
    (entry) => {
      expect(parseStrictJson(bytesOf(entry))).toBeUndefined();
    },
  );

  it.each(cases.filter((entry) => entry.expect === "accept" && !hasDuplicates(entry)))(
    "[T8] reads $name as JSON.parse does",
    (entry) => {
      const bytes = bytesOf(entry);
      expect(parseStrictJson(bytes)).toEqual(JSON.parse(new TextDecoder().decode(bytes)));
    },
  );

  it("[T8] answers the cases that may go either way without an exception", () => {
    for (const entry of cases.filter((either) => either.expect === "either"))
      expect(() => parseStrictJson(bytesOf(entry)), entry.name).not.toThrow();
  });
});

describe("base64", () => {
  it("[T3] gives back every byte sequence it wrote", () => {
    for (let length = 0; length < 70; length += 1) {
      const bytes = crypto.getRandomValues(new Uint8Array(length));
      expect(fromBase64url(toBase64url(bytes))).toEqual(bytes);
      expect(fromBase64(btoa(String.fromCharCode(...bytes)))).toEqual(bytes);
    }
  });

  it.each(["A", "AB", "AAB", "AA=", "AA==", "A A", "AA\n", "A+", "A/", "ÄÄÄÄ", "AAAAA"])(
    "[T3] refuses %j as base64url",
    (text) => {
      expect(fromBase64url(text)).toBeUndefined();
    },
  );

  it.each(["AA", "AB==", "AAB=", "AAA", "A===", "====", "AA-_", "AAAA=", " AAAA"])(
    "[T3] refuses %j as base64",
    (text) => {
      expect(fromBase64(text)).toBeUndefined();
    },
  );
});
