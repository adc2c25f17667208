// The word check finds what the glossary tells us to avoid, and nothing that it does not.
import { describe, expect, it } from "vitest";

import { avoidedWords, namingsOf, wordProblems, wordsOf } from "./word-rules.ts";

const GLOSSARY = `
| word        | its one meaning   | id     | not                  |
| ----------- | ----------------- | ------ | -------------------- |
| **Group**   | where members work | \`grp_\` | channel, (room)      |
| **Handle**  | after the @       | –      |                      |

Names that say nothing: utils, helpers.
`;

describe("avoidedWords", () => {
  it("reads the last column, and leaves words in parentheses alone", () => {
    expect([...avoidedWords(GLOSSARY).words.keys()]).toEqual(["channel"]);
  });

  it("throws where no word to avoid was understood", () => {
    expect(() => avoidedWords("| Group | channel |")).toThrow("names no word to avoid");
  });
});

describe("wordsOf", () => {
  it.each([
    ["openChannel", ["open", "channel"]],
    ["CHANNEL_MAX_BYTES", ["channel", "max", "bytes"]],
    ["HTTPTool", ["http", "tool"]],
    ["workers/agents/src/http-tool.ts", ["workers", "agents", "src", "http", "tool", "ts"]],
  ])("splits %s", (name, words) => {
    expect(wordsOf(name)).toEqual(words);
  });
});

describe("wordProblems", () => {
  const avoided = avoidedWords(GLOSSARY);
  const problemsOf = (file: string, source: string) =>
    wordProblems(avoided, namingsOf(file, source));

  it("finds an avoided word in an exported name, in the plural too", () => {
    expect(problemsOf("a.ts", "export function openChannels() {}")).toEqual([
      'a.ts: "openChannels" says "channels"; we say "Group".',
    ]);
  });

  it("finds an avoided word in a path", () => {
    expect(problemsOf("src/channel-list.ts", "")).toHaveLength(1);
  });

  it.each(["src/utils/a.ts", "src/http-helpers.ts", "src/utils.ts"])(
    "finds that %s says nothing",
    (file) => {
      expect(problemsOf(file, "")).toEqual([expect.stringContaining("says nothing")]);
    },
  );

  it("lets a word that says nothing alone stand before one that says something", () => {
    expect(problemsOf("src/utils-list.ts", "")).toEqual([]);
  });

  it("looks at no private name and no text", () => {
    expect(problemsOf("a.ts", "const channel = 'channel'; export const group = channel;")).toEqual(
      [],
    );
  });
});
