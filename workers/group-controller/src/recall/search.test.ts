// Tests of search: facts are found however old, what was withdrawn is not, pages join, and the budget is said.
import { describe, expect, it } from "vitest";

import { BOB, LongLog, numbersFrom, sourceOf } from "../../test/long-log.ts";
import { search, SEARCH_SEGMENTS_MAX } from "./search.ts";

const first = { cursor: 0, limit: 8 };
const small = (log: LongLog) => sourceOf(log.events, 8, 4);

async function textsFor(log: LongLog, q: string, limit = 8): Promise<string[]> {
  const { hits } = await search(small(log), { q, cursor: 0, limit });
  return hits.map(({ snippet }) => snippet);
}

/** Chatter about the same things as the facts: every word of the questions but names is common in it. */
const CHATTER = {
  who: [
    "The team",
    "Somebody",
    "Our customer",
    "The reviewer",
    "Operations",
    "Marketing",
    "The new hire",
  ],
  did: [
    "asked about",
    "looked at",
    "will change",
    "deployed",
    "listened to",
    "budgeted for",
    "renamed",
    "opened",
  ],
  what: [
    "the database",
    "the staging server",
    "the port of the ferry",
    "the invoice",
    "the launch date",
    "the backup job",
    "the on-call rota",
    "the license",
    "the budget for the office",
    "the retry limit",
    "the meeting room",
    "the password",
    "the release branch",
    "the index of the table",
    "the color of the logo",
    "the contract with the supplier",
  ],
  when: [
    "this morning",
    "again",
    "on Monday",
    "before the release",
    "with 12 others",
    "for 2 hours",
    "in production",
  ],
};

function chat(log: LongLog, count: number, next: () => number): void {
  const pick = (words: readonly string[]) => words[Math.floor(next() * words.length)]!;
  for (let index = 0; index < count; index += 1) {
    const sentence = () =>
      `${pick(CHATTER.who)} ${pick(CHATTER.did)} ${pick(CHATTER.what)} ${pick(CHATTER.when)}`;
    log.say(
      `${sentence()}. ${sentence()} (${Math.floor(next() * 1e4)}).`,
      next() < 0.5 ? BOB : undefined,
    );
  }
}

const FACTS: readonly (readonly [fact: string, question: string])[] = [
  [
    "The staging database of Petrel listens on port 6543.",
    "Which port does the staging database listen on?",
  ],
  ["We agreed to launch the Kestrel app on 14 March.", "When is the launch of Kestrel?"],
  ["Invoices above 9,000 euros are approved by Dr. Okonkwo.", "Who has to approve large invoices?"],
  [
    "Backups run every night at 02:40 from host heron-7.",
    "At what time do the nightly backups run?",
  ],
  [
    "The retry limit of the payment gateway is 7 attempts.",
    "How many retries does the payment gateway allow?",
  ],
  [
    "Our supplier Northwind gives a discount of 12 percent.",
    "What discount do we get from the supplier?",
  ],
  [
    "Das Passwort des Gäste-WLANs lautet Sturmvogel88.",
    "Wie lautet das Passwort für das Gäste-WLAN?",
  ],
  ["Set featureFlags.darkMode to true before demos.", "Which flag turns on dark mode?"],
  ["The logo must be teal, hex #0f766e, on white.", "What is the hex color of the logo?"],
  ["Amira is on call for storage until the end of May.", "Who is on-call for storage?"],
  ["预发布数据库的端口是 7788。", "数据库的端口是多少"],
  [
    "The meeting room with the projector is called Albatross.",
    "What is the room with a projector called?",
  ],
];

describe("20,000 messages", () => {
  const log = new LongLog();
  const next = numbersFrom(7);
  for (const [fact] of FACTS) {
    chat(log, 40, next);
    log.say(fact);
  }
  chat(log, 20_000 - log.events.length, next);
  const source = sourceOf(log.events, 2_048, 1_024);

  it("[F5] facts told early are found by questions that share some of their words", async () => {
    const missed: string[] = [];
    for (const [fact, q] of FACTS) {
      const { hits, unread } = await search(source, { q, ...first });
      expect(unread).toBe(0);
      if (!hits.some(({ snippet }) => snippet === fact)) missed.push(q);
    }
    expect(missed).toEqual([]);
  });

  it("[F5] words that are each common everywhere are found side by side", async () => {
    const before = source.reads.events;
    const { hits } = await search(source, { q: FACTS[0]![1], cursor: 0, limit: 1 }, 1);
    expect(hits[0]?.snippet).toBe(FACTS[0]![0]);
    expect(source.reads.events - before).toBe(1);
  });

  it("[F5] rare words spare the segments that do not have them", async () => {
    const before = source.reads.events;
    const { hits } = await search(source, { q: "Albatross projector", ...first });
    expect(hits[0]?.snippet).toContain("Albatross");
    expect(source.reads.events - before).toBe(1);
  });

  it("[F5] pages join without a hole or a double, up to 200 hits", async () => {
    const found: string[] = [];
    let cursor: string | null = "0";
    while (cursor !== null) {
      const page: Awaited<ReturnType<typeof search>> = await search(source, {
        q: "reviewer invoice",
        cursor: Number(cursor),
        limit: 70,
      });
      found.push(...page.hits.map(({ message }) => message));
      cursor = page.nextCursor;
    }
    const whole = await search(source, { q: "reviewer invoice", cursor: 0, limit: 500 });
    expect(found).toEqual(whole.hits.map(({ message }) => message));
    expect([found.length, new Set(found).size]).toEqual([200, 200]);
    const scores = whole.hits.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((one, other) => other - one));
  });

  it("[F6] a search that does not read all it might says so", async () => {
    const { unread } = await search(source, { q: "heron-7 xylophone database", ...first }, 3);
    expect(unread).toBe(0);
    const asked = {
      q: '"reviewer renamed the contract with the supplier for 2 hours" 17',
      ...first,
    };
    const cut = await search(source, asked, 2);
    expect(cut.unread).toBeGreaterThan(0);
    expect((await search(source, asked, SEARCH_SEGMENTS_MAX)).unread).toBe(0);
  });
});

it("[F7] edited messages are found by their new text only, wherever the edit lies", async () => {
  for (const later of [0, 5, 40]) {
    const log = new LongLog();
    const message = log.say("The code is albatross.");
    for (let index = 0; index < later; index += 1) log.say(`Filler ${index}.`);
    log.edit(message, "The code is pelican.");
    for (let index = 0; index < 30; index += 1) log.say(`More filler ${index}.`);
    expect(await textsFor(log, "albatross"), `${later} messages later`).toEqual([]);
    const { hits } = await search(small(log), { q: "pelican", ...first });
    expect(hits, `${later} messages later`).toMatchObject([
      { message, seq: 2, snippet: "The code is pelican." },
    ]);
  }
});

it("[F7] withdrawn messages are never found, wherever the withdrawal lies", async () => {
  for (const later of [0, 5, 40]) {
    const log = new LongLog();
    const message = log.say("The code is albatross.");
    for (let index = 0; index < later; index += 1) log.say(`Filler ${index}.`);
    expect(await textsFor(log, "albatross")).toHaveLength(1);
    log.withdraw(message);
    for (let index = 0; index < 30; index += 1) log.say(`More filler ${index}.`);
    expect(await textsFor(log, "albatross"), `${later} messages later`).toEqual([]);
  }
});

it("[F7] reasoning is not searched", async () => {
  const log = new LongLog();
  log.add({
    kind: "message-posted",
    message: log.say("Before."),
    by: BOB,
    parts: [
      { type: "reasoning", text: "Perhaps albatross?" },
      { type: "text", text: "It is a pelican." },
    ],
    mentions: [],
  });
  expect(await textsFor(log, "albatross")).toEqual([]);
  expect(await textsFor(log, "pelican")).toEqual(["It is a pelican."]);
});

it("[F8] a phrase must occur as it stands", async () => {
  const log = new LongLog();
  log.say("Ship it on Friday.");
  log.say("On Friday they ship it.");
  for (let index = 0; index < 30; index += 1) log.say(`Ship ${index}, Friday.`);
  expect(await textsFor(log, '"ship it on friday"')).toEqual(["Ship it on Friday."]);
});

it("[F8] from: finds what one author said, newest first where nothing else is asked", async () => {
  const log = new LongLog();
  for (let index = 0; index < 30; index += 1)
    log.say(`Note ${index}.`, index % 3 === 0 ? BOB : undefined);
  expect(await textsFor(log, "from:@bob", 3)).toEqual(["Note 27.", "Note 24.", "Note 21."]);
  expect(await textsFor(log, "from:lovelace note", 2)).toEqual(["Note 29.", "Note 28."]);
  expect(await textsFor(log, 'from:"Ada Lovelace" "note 3"')).toEqual([]);
  expect(await textsFor(log, "from:@nobody note")).toEqual([]);
});

it("[F8] of messages that fit alike the newest comes first, and one with all words before one with some", async () => {
  const log = new LongLog();
  log.say("Red kite over blue water.");
  log.say("A red kite.");
  for (let index = 0; index < 20; index += 1) log.say(`Filler ${index}.`);
  log.say("A red kite!");
  expect(await textsFor(log, "red kite blue")).toEqual([
    "Red kite over blue water.",
    "A red kite!",
    "A red kite.",
  ]);
});

it("[F8] a query without a word finds nothing, and an empty log neither", async () => {
  const log = new LongLog();
  expect(await textsFor(log, "port")).toEqual([]);
  log.say("…");
  expect(await textsFor(log, "… ?!")).toEqual([]);
});
