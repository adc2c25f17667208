// The rehearsal model's summaries: in the group's form, of lines that were said, and no longer with every version.
import { SUMMARY_SECTIONS, type WindowMessage } from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { answerCall } from "../src/models/rehearsal-answer.ts";
import { estimateTokens } from "@acos/protocol";
import { composeSummary } from "../src/summary-prompt.ts";
import { labelled, summaryRequest } from "./star.ts";

const CITED = /^- (.+) \[(#\d+(?:, #\d+)*)\]$/;

function summarise(messages: readonly WindowMessage[], previous = "", maxTokens = 3_200): string {
  const { body } = summaryRequest({} as never, {
    messages: [...messages],
    previous,
    maxTokens,
  });
  return answerCall(composeSummary(body)).text;
}

/** Bullets by section. */
function sectionsOf(summary: string): Record<string, string[]> {
  const sections: Record<string, string[]> = {};
  let open: string[] = [];
  for (const line of summary.split("\n"))
    if (line.startsWith("## ")) sections[line.slice(3)] = open = [];
    else open.push(line);
  return sections;
}

const TALK = [
  labelled(11, "@ada our goal is a launch in May\nthe venue is the old mill"),
  labelled(12, "Decision: we serve no meat"),
  labelled(13, "@ada remember: the key of vault 17 is K-8842-B"),
  labelled(14, "The plan lives at https://plans.example/m/77 and in docs/plan.md"),
  labelled(15, "run `npm start -- --port 8787`"),
  labelled(16, "we decided to ask @grace for the tents"),
  labelled(17, "who brings the tents?"),
  labelled(18, "@ada what is the weather in May?"),
  labelled(19, "I found nothing about that in what was said here.", "Ada (@ada, agent)"),
  labelled(20, "nice, see you all tomorrow then"),
];

describe("a rehearsed summary", () => {
  it("[M8] has the five headings in order, and each line in the section that its form tells", () => {
    expect(sectionsOf(summarise(TALK))).toEqual({
      Goals: ["- our goal is a launch in May [#11]"],
      Decisions: [
        "- Decision: we serve no meat [#12]",
        "- we decided to ask @grace for the tents [#16]",
      ],
      "Current state": [
        "- the venue is the old mill [#11]",
        "- remember: the key of vault 17 is K-8842-B [#13]",
        "- nice, see you all tomorrow then [#20]",
      ],
      Artifacts: [
        "- The plan lives at https://plans.example/m/77 and in docs/plan.md [#14]",
        "- run `npm start -- --port 8787` [#15]",
      ],
      // The one to Ada is answered.
      "Open questions": ["- who brings the tents? [#17]"],
    });
    expect(summarise(TALK)).toBe(summarise(TALK));
  });

  it("[M8] cites every bullet with numbers it was given, says only what was said, and is shorter than that", () => {
    const messages = Array.from({ length: 400 }, (_, at) =>
      labelled(at + 1, chatter(at), at % 3 === 0 ? "Ada (@ada, agent)" : undefined),
    );
    const source = messages.map(({ text }) => text).join("\n");
    const previous = "## Goals\n- Goal: win 12345 points [#0]\n## Decisions\n- keep `it` [#0, #3]";
    const summary = summarise(messages, previous);
    expect(Object.keys(sectionsOf(summary))).toEqual([...SUMMARY_SECTIONS]);
    const bullets = Object.values(sectionsOf(summary)).flat();
    expect(bullets.length).toBeGreaterThan(10);
    for (const bullet of bullets) {
      const [, text = "", cites = ""] = CITED.exec(bullet) ?? [];
      expect(`${source}\n${previous}`).toContain(text);
      for (const cite of cites.split(", ")) expect(Number(cite.slice(1))).toBeLessThanOrEqual(400);
    }
    expect(bullets).toEqual(
      expect.arrayContaining(["- Goal: win 12345 points [#0]", "- keep `it` [#0, #3]"]),
    );
    expect(estimateTokens(summary)).toBeLessThan(estimateTokens(previous + source));
  });

  it("[M8] stays shorter than two short messages, and is never empty", () => {
    const messages = [labelled(1, "remember: it"), labelled(2, "decision: no")];
    const lines = Array.from({ length: 30 }, (_, at) => `note: ${at}`).join("\n");
    for (const given of [messages, [labelled(1, lines)]]) {
      const source = given.map(({ text }) => text).join("\n");
      expect(estimateTokens(summarise(given))).toBeLessThan(estimateTokens(source));
    }
    expect(summarise(messages)).toContain("- decision: no [#2]");
    expect(summarise([labelled(3, "what a long day this was")])).toContain("[#3]");
  });

  it("[M9] keeps what was planted through a hundred versions, and does not grow with them", () => {
    let previous = summarise([
      labelled(1, "remember: the code of project Heron is 7741-KX"),
      labelled(2, "Goal: ship on Friday"),
      labelled(3, "Decision: we use PostgreSQL 17"),
      labelled(4, "Fact: the archive stands at https://archive.example/heron"),
      labelled(5, "hello everybody, how is it going"),
    ]);
    const sizes: number[] = [];
    for (let version = 1; version <= 100; version += 1) {
      const messages = Array.from({ length: 60 }, (_, at) =>
        labelled(version * 100 + at, chatter(version * 100 + at)),
      );
      previous = summarise(messages, previous, 600);
      sizes.push(estimateTokens(previous));
    }
    for (const planted of [
      "- remember: the code of project Heron is 7741-KX [#1]",
      "- Goal: ship on Friday [#2]",
      "- Decision: we use PostgreSQL 17 [#3]",
      "- Fact: the archive stands at https://archive.example/heron [#4]",
    ])
      expect(previous).toContain(planted);
    expect(previous).not.toContain("hello everybody");
    expect(previous).toContain("#10059");
    expect(Math.max(...sizes)).toBeLessThanOrEqual(600);
  });

  it("[M9] keeps the newest marked lines where there are more than a section holds, and a member's own line always", () => {
    const many = Array.from({ length: 80 }, (_, at) =>
      labelled(at + 1, `remember: item ${at + 1}`),
    );
    const summary = summarise(many, "## Current state\n- Olive wrote this line herself.");
    const state = sectionsOf(summary)["Current state"] ?? [];
    expect(state).toHaveLength(40);
    expect(state[0]).toBe("- Olive wrote this line herself.");
    expect(state.at(-1)).toBe("- remember: item 80 [#80]");
    expect(state[1]).toBe("- remember: item 42 [#42]");
  });

  it("[M9] says once what was said often, cited with the newest messages", () => {
    const again = [1, 2, 3, 4, 5, 6, 7].map((seq) => labelled(seq, "remember: the key is blue"));
    expect(summarise(again)).toContain("- remember: the key is blue [#3, #4, #5, #6, #7]");
  });

  it("[M9] keeps a number at the end of a line apart from the citation", () => {
    const summary = summarise([
      labelled(1, "remember: the ticket is #42"),
      labelled(2, "remember: see [12]."),
      labelled(3, "remember: the answer is 42 [#1]"),
    ]);
    expect(sectionsOf(summary)["Current state"]).toEqual([
      "- remember: the ticket is #42 — [#1]",
      "- remember: see [12]. — [#2]",
      "- remember: the answer is 42 [#3]",
    ]);
  });

  it("[M9] cuts a long line between words, never inside code, and takes no quote of an agent's", () => {
    const long = `remember: ${"word ".repeat(55)}\`some code ${"that goes on ".repeat(20)}\``;
    const quote = "The closest thing said here:\n> remember: nothing of this";
    const summary = summarise([labelled(1, long), labelled(2, quote, "Ada (@ada, agent)")]);
    expect(summary).toMatch(/- remember: (word )+\[#1\]/);
    expect(summary).not.toContain("nothing of this");
  });
});

/** Talk of all kinds that marks nothing. */
function chatter(at: number): string {
  const kinds = [
    `just chatting about number ${at}, nothing that matters much to anybody`,
    `the state of thing ${at} is fine and nobody minds`,
    `look at https://example.com/page/${at} when there is time`,
    `does anybody know what happened to ticket ${at}?`,
    `I wrote it into docs/notes-${at}.md yesterday evening`,
  ];
  return kinds[at % kinds.length] ?? "";
}
