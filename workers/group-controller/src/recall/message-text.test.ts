// Tests of what a segment's filter holds.
import { expect, it } from "vitest";

import { LongLog } from "../../test/long-log.ts";
import { filterOf } from "./message-text.ts";

it("[F2] a segment's filter has the terms and pairs of its messages as they are at its end", async () => {
  const log = new LongLog();
  log.edit(log.say("The albatross."), "The pelican of the staging database.");
  log.withdraw(log.say("A kestrel."));
  const filter = await filterOf(log.events);
  const has = ["pelican", "stag", "databas", "pelican stag", "stag databas"];
  expect(has.filter((term) => !filter.has(term))).toEqual([]);
  expect(["albatros", "kestrel", "pelican of"].filter((term) => filter.has(term))).toEqual([]);
});

it("[F2] a made-up message cannot fill it", async () => {
  const log = new LongLog();
  log.say(Array.from({ length: 90_000 }, (_, index) => `w${index}`).join(" "));
  expect((await filterOf(log.events)).toBytes().length).toBeLessThan(70_000);
});
