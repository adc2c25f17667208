// Tests of queries: which words count, what must occur, who it must be from.
import { expect, it } from "vitest";

import { hasPhrase, oneSpaced, parseQuery } from "./search-query.ts";

const wordsOf = (text: string) =>
  parseQuery(text).terms.flatMap(({ term, extra }) => (extra ? [] : [term]));

it("[F3] words without a subject are left out of a question, unless it has no others", () => {
  expect(wordsOf("Which port does the staging database listen on?")).toEqual([
    "port",
    "stag",
    "databas",
    "listen",
  ]);
  expect(wordsOf("Auf welchem Port läuft die Datenbank?")).toEqual(["port", "lauft", "datenbank"]);
  expect(wordsOf("to be or not to be")).toEqual(["to", "be", "or", "not"]);
});

it("[F3] neighbours count beside their words, words without a subject left out between them", () => {
  const pairs = (text: string) =>
    parseQuery(text).terms.flatMap(({ term, extra }) => (extra ? [term] : []));
  expect(pairs("Which port does the staging database listen on?")).toEqual([
    "port stag",
    "stag databas",
    "databas listen",
  ]);
  expect(pairs("to be or not to be")).toEqual([]);
  expect(pairs("database")).toEqual([]);
});

it("[F3] the whole of an identifier counts beside its words", () => {
  expect(parseQuery("src/main.ts").terms).toEqual([
    { term: "src", extra: false },
    { term: "main", extra: false },
    { term: "ts", extra: false },
    { term: "src/main.ts", extra: true },
  ]);
});

it("[F3] what stands in quotes must occur; its words count too, those without a subject as well", () => {
  const query = parseQuery('the "State of  the ART" report');
  expect(query.phrases).toEqual(["state of the art"]);
  expect(query.required).toEqual(["stat", "of", "the", "art"]);
  expect(wordsOf('the "State of  the ART" report')).toEqual(["stat", "of", "the", "art", "report"]);
  expect(parseQuery('5" disk').phrases).toEqual([]);
  expect(parseQuery('"" "…"').terms).toEqual([]);
});

it("[F3] from: names authors, by handle or by name", () => {
  const query = parseQuery('from:@ada-2 FROM:Bob from:"Ada Lovelace" port');
  expect(query.from).toEqual(["ada-2", "bob", "ada lovelace"]);
  expect(query.terms.map(({ term }) => term)).toEqual(["port"]);
  expect(parseQuery("see upfrom:ada").from).toEqual([]);
});

it("[F3] a query of any length asks for at most 30 terms", () => {
  expect(wordsOf(Array.from({ length: 90 }, (_, index) => `word${index}`).join(" "))).toHaveLength(
    30,
  );
});

it("[F3] a phrase begins and ends with its words, where a script has words", () => {
  const has = (text: string, phrase: string) => hasPhrase(oneSpaced(text), oneSpaced(phrase));
  expect(has("Ship it\n  on Friday.", "it on friday")).toBe(true);
  expect(has("worship it", "ship it")).toBe(false);
  expect(has("ship items, then ship it", "ship it")).toBe(true);
  expect(has("我们的数据库在这里", "数据库")).toBe(true);
  expect(has("port 65432", "port 6543")).toBe(false);
});
