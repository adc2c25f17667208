// Tests of terms: what readers take for the same word is the same term, in every script.
import { expect, it } from "vitest";

import { fold, stem, tokensOf } from "./terms.ts";

const terms = (text: string) => [
  ...new Set([...tokensOf(text)].flatMap((token) => [...token.terms, token.whole ?? []].flat())),
];

it("[F1] case and accents make no difference", () => {
  expect(terms("ÉCOLE École école ecole")).toEqual(["ecol"]);
  expect(fold("Straße STRASSE")).toBe("strasse strasse");
  expect(fold("ΟΔΟΣ οδός")).toBe("οδοσ οδοσ");
  expect(fold("ﬁle İstanbul Ｆｕｌｌ")).toBe("file istanbul full");
});

it("[F1] numbers are terms, and words meet without their English endings", () => {
  expect(terms("port 6543, 2026")).toEqual(["port", "6543", "2026"]);
  const same = (words: string) => expect(new Set(words.split(" ").map(stem)).size, words).toBe(1);
  same("listen listens listening listened");
  same("database databases");
  same("company companies");
  same("deploy deploys deployed deploying");
  same("run runs running");
  same("class classes");
  expect(["gas", "this", "status", "need", "string"].map(stem)).toEqual([
    "gas",
    "this",
    "status",
    "need",
    "string",
  ]);
});

it("[F1] identifiers, paths and addresses are terms as a whole and in pieces", () => {
  expect(terms("getUserName")).toEqual(["getusernam", "get", "user", "nam"]);
  expect(terms("HTTPServer")).toEqual(["httpserver", "http", "server"]);
  expect(terms("MAX_RETRY_COUNT")).toEqual(["max", "retr", "count", "max_retry_count"]);
  expect(terms("src/app/main.ts")).toEqual(["src", "app", "main", "ts", "src/app/main.ts"]);
  expect(terms("10.0.0.17")).toEqual(["10", "0", "17", "10.0.0.17"]);
});

it("[F1] Chinese, Japanese, Korean and Thai are characters and pairs of them", () => {
  expect(terms("数据库")).toEqual(["数", "据", "库", "数据", "据库"]);
  expect(terms("データ")).toEqual(terms("ﾃﾞｰﾀ"));
  expect(terms("데이터")).toContain("이터");
  expect(terms("Redis数据")).toEqual(["redis", "数", "据", "数据"]);
  expect(terms("ข้อมูล").length).toBeGreaterThan(3);
});

it("[F1] what is endless is cut, and what has no word has no term", () => {
  const endless = terms("x".repeat(100_000));
  expect(endless).toEqual(["x".repeat(64)]);
  expect(terms(" … — 🎉 !? ")).toEqual([]);
  expect(terms("")).toEqual([]);
});
