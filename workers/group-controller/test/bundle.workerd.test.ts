// Bundles and search inside workerd: the same code on the platform's own streams, compression and hashes.
import { expect, it } from "vitest";

import { readPart } from "../src/copy/bundle-part.ts";
import { verifyBundle } from "../src/copy/bundle-verify.ts";
import { search } from "../src/recall/search.ts";
import { bundleOf, NOW, smallLog, streamOf } from "./bundle-bytes.ts";
import { sourceOf } from "./long-log.ts";

it("[Y1] [Y3] a bundle that is written on the platform is read on it, and damage is found", async () => {
  const { events } = smallLog();
  const bytes = await bundleOf(events);
  const { parts, head } = await verifyBundle(streamOf(bytes), { now: NOW });
  expect(head).toBe(events.length);
  const [first] = parts;
  const zipped = bytes.slice(first!.offset, first!.offset + first!.bytes);
  expect(await readPart(first!, zipped, NOW)).toEqual(events.slice(0, 8));
  const damaged = bytes.with(first!.offset + 30, bytes[first!.offset + 30]! ^ 4);
  await expect(verifyBundle(streamOf(damaged), { now: NOW })).rejects.toThrow(/not taken/);
  const after = bytes.with(first!.offset + first!.bytes, 1);
  await expect(verifyBundle(streamOf(after), { now: NOW })).rejects.toThrow(/not taken/);
  await expect(verifyBundle(streamOf(bytes.slice(0, -600)), { now: NOW })).rejects.toThrow(
    /not taken/,
  );
});

it("[F5] a search reads segments on the platform as it does elsewhere", async () => {
  const log = smallLog(200);
  log.say("The staging database listens on port 6543.");
  for (let index = 0; index < 40; index += 1) log.say(`Filler ${index}.`);
  const source = sourceOf(log.events, 32, 16);
  const { hits, unread } = await search(source, {
    q: "Which port has the database?",
    cursor: 0,
    limit: 3,
  });
  expect([hits[0]?.snippet, unread]).toEqual(["The staging database listens on port 6543.", 0]);
});
