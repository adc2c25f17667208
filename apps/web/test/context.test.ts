// What is shown of a briefing, and a summary that is written anew.
import type { Briefing, LedgerBlock, MessageId, SummarySections } from "@acos/protocol";
import { expect, it } from "vitest";

import { compareBlocks, sectionsOf, textOfBlock } from "../src/context/briefing-blocks.ts";
import { draftOf, sectionsOfDraft } from "../src/context/summary-draft.ts";

const [FIRST, SECOND, THIRD] = ["msg_1", "msg_2", "msg_3"] as unknown as readonly MessageId[];

const BRIEFING = {
  charter: "You are in a group.",
  pinned: [{ message: FIRST, text: "[#1] pinned" }],
  summary: "## Goals",
  window: [{ message: SECOND, text: "[#2] said" }],
  closing: "Open: nothing.",
  trigger: { message: SECOND, author: "Lin", text: "said" },
  steps: [
    {
      turn: 1,
      text: "I look.",
      calls: [
        {
          call: "tcl_1",
          tool: "desk",
          arguments: { path: "/in" },
          result: { isError: false, text: "empty" },
        },
      ],
    },
  ],
} as unknown as Briefing;

function block(kind: LedgerBlock["kind"], change: Partial<LedgerBlock> = {}): LedgerBlock {
  return { kind, fate: "kept", tokens: 10, hash: kind, ...change };
}

it.each([
  [block("charter"), "You are in a group."],
  [block("pinned", { of: FIRST! }), "[#1] pinned"],
  [block("summary"), "## Goals"],
  [block("message", { of: SECOND! }), "[#2] said"],
  [block("message", { of: SECOND!, fate: "clipped" }), "[#2] said"],
  [block("message", { of: FIRST! }), undefined],
  [block("message", { of: SECOND!, fate: "left-out" }), undefined],
  [block("closing"), "Open: nothing."],
  [block("trigger", { of: SECOND! }), "said"],
  [block("step", { of: "2" }), undefined],
])("[W22] the text of %j is %j", (of, text) => {
  expect(textOfBlock(BRIEFING, of)).toBe(text);
});

it("[W22] a step is told with what its calls came to", () => {
  const text = textOfBlock(BRIEFING, block("step", { of: "1" }));
  expect(text).toBe('I look.\n\ndesk {\n  "path": "/in"\n}\nanswered:\nempty');
});

it("[W22] sections stand in the order of telling and count what is told", () => {
  const blocks = [
    block("trigger"),
    block("message", { of: FIRST!, fate: "left-out", tokens: 90 }),
    block("message", { of: SECOND! }),
    block("charter", { tokens: 30 }),
  ];
  expect(sectionsOf({ blocks }).map(({ kind, tokens }) => [kind, tokens])).toEqual([
    ["charter", 30],
    ["message", 10],
    ["trigger", 10],
  ]);
});

it("[W23] blocks are new, the same or gone by their hashes", () => {
  const before = [block("charter"), block("message", { of: FIRST!, hash: "a" }), block("closing")];
  const now = [
    block("charter"),
    block("message", { of: FIRST!, fate: "left-out", hash: undefined as never }),
    block("message", { of: SECOND!, hash: "b" }),
    block("closing"),
  ];
  const { added, same, gone } = compareBlocks(now, before);
  expect([...added]).toEqual([2]);
  expect(same).toBe(2);
  expect(gone).toEqual([before[1]]);
});

it("[W23] what is told twice was told twice before, or is new once", () => {
  const one = block("message", { hash: "a" });
  expect(compareBlocks([one, { ...one }], [one])).toMatchObject({ same: 1, gone: [] });
  expect([...compareBlocks([one, { ...one }], [one]).added]).toEqual([1]);
});

const SECTIONS: SummarySections = [
  { section: "Goals", bullets: [{ text: "Ship on Friday", rests: [FIRST!, SECOND!] }] },
  { section: "Decisions", bullets: [] },
  { section: "Current state", bullets: [{ text: "Two\nlines", rests: [THIRD!] }] },
  { section: "Artifacts", bullets: [] },
  { section: "Open questions", bullets: [{ text: "Who tests?", rests: [SECOND!] }] },
];

it("[W24] a draft is a line a bullet, and unchanged it is the same summary", () => {
  const draft = draftOf(SECTIONS);
  expect(draft).toMatchObject({ Goals: "Ship on Friday", "Current state": "Two lines" });
  const again = sectionsOfDraft(draft, SECTIONS);
  expect(again.map(({ section }) => section)).toEqual(SECTIONS.map(({ section }) => section));
  expect(again[0]).toEqual(SECTIONS[0]);
  expect(again[2]?.bullets).toEqual([{ text: "Two lines", rests: [THIRD] }]);
});

it("[W24] a changed line rests on nothing, a moved one keeps its sources", () => {
  const draft = {
    ...draftOf(SECTIONS),
    Goals: "- Ship on Monday\n\n  * Test it  ",
    Decisions: "Who tests?",
    "Open questions": "",
  };
  const [goals, decisions, , , questions] = sectionsOfDraft(draft, SECTIONS);
  expect(goals?.bullets).toEqual([
    { text: "Ship on Monday", rests: [] },
    { text: "Test it", rests: [] },
  ]);
  expect(decisions?.bullets).toEqual([{ text: "Who tests?", rests: [SECOND] }]);
  expect(questions?.bullets).toEqual([]);
});
