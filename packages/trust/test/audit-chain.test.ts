// The audit chain as pure arithmetic: whatever is done to a written chain, it is found, where it was done.
import { describe, expect, it } from "vitest";

import {
  AUDIT_BEGIN,
  auditHash,
  canonicalJson,
  endFault,
  followAudit,
  sha256Hex,
  type AuditEntry,
  type AuditFault,
  type AuditMark,
} from "../src/index.ts";
import { NOW_MS } from "./builders.ts";

async function chainOf(length: number, chain = "org_a"): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  let previous = AUDIT_BEGIN.hash;
  for (let seq = 1; seq <= length; seq += 1) {
    const body = canonicalJson({ kind: "sign-in", actor: `usr_${seq % 7}` });
    const content = { chain, seq, at: NOW_MS + seq * 1000, body };
    previous = await auditHash(previous, content);
    entries.push({ ...content, hash: previous });
  }
  return entries;
}

const markOf = ({ seq, hash }: AuditEntry): AuditMark => ({ seq, hash });

/** The first fault of a chain that should end at `head`. */
async function faultOf(
  entries: readonly AuditEntry[],
  head: AuditMark,
): Promise<AuditFault | undefined> {
  const { mark, fault } = await followAudit(AUDIT_BEGIN, entries);
  return fault ?? endFault(mark, head);
}

const CHAIN = await chainOf(200);
const HEAD = markOf(CHAIN[199]!);

/** A chain that is short enough for trying everything at every place. */
const SHORT = await chainOf(8);
const SHORT_HEAD = markOf(SHORT[7]!);

describe("a written chain", () => {
  it("[H1] hashes a fixed layout, to the byte", async () => {
    const content = { chain: "org_a", seq: 1, at: 5, body: '{"actor":"a","kind":"k"}' };
    const text = String.raw`["acos-audit-entry-v1","${"0".repeat(64)}","org_a",1,5,"{\"actor\":\"a\",\"kind\":\"k\"}"]`;
    expect(await auditHash(AUDIT_BEGIN.hash, content)).toBe(await sha256Hex(text));
  });

  it("[H2] can be followed whole, in pages and from a mark in its middle", async () => {
    expect(await faultOf(CHAIN, HEAD)).toBeUndefined();
    let mark = AUDIT_BEGIN;
    for (let from = 0; from < CHAIN.length; from += 30)
      ({ mark } = await followAudit(mark, CHAIN.slice(from, from + 30)));
    expect(mark).toEqual(HEAD);
    const tail = await followAudit(markOf(CHAIN[99]!), CHAIN.slice(100));
    expect(tail).toEqual({ mark: HEAD });
    expect(await faultOf([], AUDIT_BEGIN)).toBeUndefined();
  });
});

const ALTERATIONS: readonly [string, (entry: AuditEntry) => AuditEntry][] = [
  ["another chain", (entry) => ({ ...entry, chain: "org_b" })],
  ["another time", (entry) => ({ ...entry, at: entry.at + 1 })],
  ["another body", (entry) => ({ ...entry, body: entry.body.replace("usr", "usx") })],
  ["one more space", (entry) => ({ ...entry, body: `${entry.body} ` })],
  ["another hash", (entry) => ({ ...entry, hash: "f".repeat(64) })],
];

describe("one entry", () => {
  it.each(ALTERATIONS)(
    "[H3] [H5] altered to have %s is found, at every place",
    async (_, alter) => {
      for (const [place, entry] of SHORT.entries())
        expect(await faultOf(SHORT.with(place, alter(entry)), SHORT_HEAD)).toEqual({
          seq: place + 1,
          wrong: "altered",
        });
    },
  );

  it("[H3] altered and hashed anew is found at the next one, or at the head", async () => {
    for (const [place, entry] of SHORT.entries()) {
      const forged = { ...entry, body: '{"actor":"nobody","kind":"sign-in"}' };
      const previous = SHORT[place - 1]?.hash ?? AUDIT_BEGIN.hash;
      const chain = SHORT.with(place, { ...forged, hash: await auditHash(previous, forged) });
      const seq = Math.min(place + 2, SHORT.length);
      expect(await faultOf(chain, SHORT_HEAD)).toEqual({ seq, wrong: "altered" });
    }
  });

  it("[H3] [H5] that is missing is found, whether or not the rest is moved up", async () => {
    for (const place of SHORT.keys()) {
      const rest = SHORT.toSpliced(place, 1);
      const wrong = place === SHORT.length - 1 ? "cut-off" : "missing";
      expect(await faultOf(rest, SHORT_HEAD)).toEqual({ seq: place + 1, wrong });
      const movedUp = rest.map((entry, index) => ({ ...entry, seq: index + 1 }));
      expect((await faultOf(movedUp, SHORT_HEAD))?.seq).toBe(place + 1);
    }
  });

  it("[H3] [H5] that changed its place with another is found, with and without its seq", async () => {
    for (const [one, first] of SHORT.entries())
      for (const [other, second] of SHORT.entries()) {
        if (one >= other) continue;
        const reordered = { seq: one + 1, wrong: "reordered" };
        const rows = SHORT.with(one, second).with(other, first);
        expect(await faultOf(rows, SHORT_HEAD)).toEqual(reordered);
        const places = SHORT.with(one, { ...second, seq: first.seq }).with(other, {
          ...first,
          seq: second.seq,
        });
        // The right entry counts under the seq it had, wherever it stands.
        expect(await faultOf(places, SHORT_HEAD)).toEqual(reordered);
      }
  });

  it("[H3] that was added is found, at every place", async () => {
    for (const [place, entry] of SHORT.entries()) {
      const added = SHORT.toSpliced(place, 0, { ...entry, body: "{}" });
      expect((await faultOf(added, SHORT_HEAD))?.seq).toBe(place + 1);
      const twice = SHORT.toSpliced(place, 0, entry);
      expect((await faultOf(twice, SHORT_HEAD))?.seq).toBe(place + 2);
    }
  });
});

describe("the ends", () => {
  it("[H4] [H5] entries cut off at either end are found", async () => {
    for (let left = 0; left < SHORT.length; left += 1) {
      const cut = { seq: left + 1, wrong: "cut-off" };
      expect(await faultOf(SHORT.slice(0, left), SHORT_HEAD)).toEqual(cut);
      if (left > 0)
        expect(await faultOf(SHORT.slice(left), SHORT_HEAD)).toEqual({ seq: 1, wrong: "missing" });
    }
  });

  it("[H4] a head that ends earlier, or otherwise, is found", async () => {
    expect(await faultOf(SHORT, markOf(SHORT[5]!))).toEqual({ seq: 7, wrong: "altered" });
    const other = { ...SHORT_HEAD, hash: "e".repeat(64) };
    expect(await faultOf(SHORT, other)).toEqual({ seq: 8, wrong: "altered" });
  });
});

/** A fixed generator, so that a failure can be run again (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** One change of a random sort at a random place; never none. */
function mutate(random: (below: number) => number): AuditEntry[] {
  const place = random(CHAIN.length);
  const entry = CHAIN[place]!;
  const other = (place + 1 + random(CHAIN.length - 1)) % CHAIN.length;
  const moved = CHAIN.toSpliced(place, 1);
  const mutations: (() => AuditEntry[])[] = [
    () => CHAIN.with(place, { ...entry, body: spoiled(entry.body, random) }),
    () => CHAIN.with(place, { ...entry, hash: spoiled(entry.hash, random) }),
    () => CHAIN.with(place, { ...entry, at: entry.at + 1 + random(1_000_000) }),
    () => CHAIN.with(place, { ...entry, seq: CHAIN[other]!.seq }),
    () => CHAIN.with(place, CHAIN[other]!).with(other, entry),
    () => moved,
    () => moved.toSpliced(other, 0, other === place ? { ...entry, at: 0 } : entry),
    () => CHAIN.toSpliced(place, 0, CHAIN[other]!),
    () => CHAIN.slice(0, place),
    () => CHAIN.slice(place + 1),
    () => CHAIN.toSpliced(place, 1 + random(5)),
  ];
  return mutations[random(mutations.length)]!();
}

function spoiled(text: string, random: (below: number) => number): string {
  const place = random(text.length);
  return `${text.slice(0, place)}${text[place] === "0" ? "1" : "0"}${text.slice(place + 1)}`;
}

/** The first fault, followed from the last entry that is as it was: what lies before it is followed by other tests. */
async function faultAfterPrefix(changed: readonly AuditEntry[]): Promise<AuditFault | undefined> {
  let same = 0;
  while (same < changed.length && changed[same] === CHAIN[same]) same += 1;
  const from = same === 0 ? AUDIT_BEGIN : markOf(CHAIN[same - 1]!);
  const { mark, fault } = await followAudit(from, changed.slice(same, same + 5));
  // The first that differs has to be tripped over; where there is none, the chain ends too early.
  return same < changed.length ? fault : endFault(mark, HEAD);
}

describe("random changes of a chain of 200", () => {
  it("[H3] [H4] 10,000 of them are found where they begin", async () => {
    const random = randomNumbers(20_270_115);
    for (let count = 0; count < 10_000; count += 1)
      if (!(await faultAfterPrefix(mutate(random)))) throw new Error(`change ${count} was missed`);
  });

  it("[H3] [H4] 200 of them are found by whoever follows the whole chain", async () => {
    const random = randomNumbers(7);
    for (let count = 0; count < 200; count += 1)
      if (!(await faultOf(mutate(random), HEAD))) throw new Error(`change ${count} was missed`);
  });
});
