// What is told of a value that is not as expected.
import { expect, it } from "vitest";
import * as z from "zod";

import { commandSchema } from "./group-command.ts";
import { parse } from "./parse.ts";
import type { ProblemError } from "./errors.ts";

function problemOf(schema: z.ZodType, value: unknown): string {
  try {
    parse(schema, value, "It");
    return "";
  } catch (error) {
    return (error as ProblemError).problem.message;
  }
}

const SCHEMA = z.strictObject({
  name: z.string().min(1).max(3),
  list: z.array(z.int().min(2).max(1_000)).max(1),
  flag: z.boolean(),
  either: z.union([
    z.enum(["a", "b"]),
    z.strictObject({ deep: z.strictObject({ n: z.number() }) }),
  ]),
});
const GOOD = { name: "a", list: [2], flag: true, either: "a" };

it.each([
  [{ name: "" }, "name: must not be empty."],
  [{ name: "long" }, "name: must have at most 3 characters."],
  [{ name: 1 }, "name: must be a text."],
  [{ name: undefined }, "name: is missing."],
  [{ list: [1] }, "list.0: must be at least 2."],
  [{ list: [1_001] }, "list.0: must be at most 1,000."],
  [{ list: [2, 2] }, "list: must have at most 1 entry."],
  [{ flag: "yes" }, "flag: must be true or false."],
  [{ either: { deep: { n: "x" } } }, "either.deep.n: must be a number."],
  [{ either: 5 }, "either: has none of the forms that it may have."],
  [{ other: 1 }, 'Unrecognized key: "other".'],
])("%j is told as %s", (change, words) => {
  expect(problemOf(SCHEMA, { ...GOOD, ...change })).toContain(words);
});

it("a policy's field is named, though a policy may be a word as well", () => {
  const policy = { sandboxes: { approve: "nope" } };
  const told = problemOf(commandSchema, { kind: "settings-change", policy });
  expect(told).toContain("policy.sandboxes.approve: Invalid option");
});
