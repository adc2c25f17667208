// What is wrong with a field, in words for a person: the validator's own speak of schemas.
import type * as z from "zod";

type Issue = z.core.$ZodIssue;

export type FieldProblem = {
  /** Names joined by dots; `(whole)` for the value itself. */
  readonly field: string;
  readonly problem: string;
};

/** An issue as a field and what is wrong with it. Of several forms that a value may have, the one that fits furthest is told. */
export function fieldProblem(issue: Issue): FieldProblem {
  const told = issue.code === "invalid_union" ? nearest(issue) : issue;
  return { field: told.path.map(String).join(".") || "(whole)", problem: wordsOf(told) };
}

/** The issue that lies deepest in any form, since the forms above it fit; the union's own where none goes deeper. */
function nearest(union: z.core.$ZodIssueInvalidUnion): Issue {
  const inner = union.errors.flat().map((issue): Issue => {
    const path = [...union.path, ...issue.path];
    return issue.code === "invalid_union" ? nearest({ ...issue, path }) : { ...issue, path };
  });
  const deepest = inner.toSorted((one, other) => other.path.length - one.path.length)[0];
  return deepest && deepest.path.length > union.path.length ? deepest : union;
}

function wordsOf(issue: Issue): string {
  // A schema that has words of its own has better ones.
  if (!/^(?:Too (?:small|big)|Invalid input)\b/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "too_small":
      return issue.minimum === 1 && isCounted(issue.origin)
        ? "must not be empty"
        : `must ${sizeOf(issue.origin, "at least", issue.minimum)}`;
    case "too_big":
      return `must ${sizeOf(issue.origin, "at most", issue.maximum)}`;
    case "invalid_type":
      return issue.message.endsWith("received undefined")
        ? "is missing"
        : `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case "invalid_union":
      return "has none of the forms that it may have";
    default:
      return issue.message;
  }
}

const isCounted = (origin: string): boolean => origin === "string" || origin === "array";

function sizeOf(origin: string, how: string, count: number | bigint): string {
  const number = count.toLocaleString("en");
  if (origin === "string")
    return `have ${how} ${number} ${count === 1 ? "character" : "characters"}`;
  if (origin === "array") return `have ${how} ${number} ${count === 1 ? "entry" : "entries"}`;
  return `be ${how} ${number}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};
