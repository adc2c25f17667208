// Holes in what agents are told, in summaries and in cold storage, each with the one test that has to fail for it.
import type { SeededBug } from "./seeded-bug.ts";

const FILES = {
  coldStore: "workers/group-controller/src/archive/cold-store.ts",
  snapshot: "workers/group-controller/src/archive/snapshot.ts",
  eventLog: "workers/group-controller/src/log/event-log.ts",
  controller: "workers/group-controller/src/group-controller.ts",
  ranking: "workers/group-controller/src/recall/search-ranking.ts",
  bundleVerify: "workers/group-controller/src/copy/bundle-verify.ts",
  summaryCheck: "packages/group/src/compaction/check.ts",
  cutPoint: "packages/group/src/compaction/cut-point.ts",
  label: "packages/group/src/briefing/label.ts",
} as const;

const TESTS = {
  coldStore: "workers/group-controller/src/archive/cold-store.test.ts",
  life: "workers/group-controller/test/life.workerd.test.ts",
  copies: "workers/group-controller/test/copies.workerd.test.ts",
  search: "workers/group-controller/src/recall/search.test.ts",
  bundle: "workers/group-controller/src/copy/bundle.test.ts",
  summaryCheck: "packages/group/src/compaction/check.test.ts",
  compaction: "packages/group/src/compaction/compaction.test.ts",
  lives: "packages/group/src/lives.test.ts",
  label: "packages/group/src/briefing/label.test.ts",
} as const;

type Change = readonly [file: keyof typeof FILES, find: string, put: string];

const bug = (
  name: string,
  changes: readonly Change[],
  by: readonly [keyof typeof TESTS, string],
): SeededBug => ({
  name,
  patches: changes.map(([file, find, put]) => ({ file: FILES[file], find, put })),
  test: TESTS[by[0]],
  caughtBy: by[1],
});

const SUMMARIES: readonly SeededBug[] = [
  bug(
    "a summary rests on messages that there are not",
    [
      [
        "summaryCheck",
        "const invented = atEnd.find((seq) => !known.has(seq));",
        "const invented = atEnd.find(() => false);",
      ],
    ],
    [
      "summaryCheck",
      `[C5] a line like "Ship on Friday [#99]" is refused: it rests on #99, which is none of the messages`,
    ],
  ),
  bug(
    "a summary speaks of what nobody named",
    [["summaryCheck", "if (missing !== null)", "if (missing === '')"]],
    [
      "summaryCheck",
      `[C5] a line like "See https://example.org/other [#15]" is refused: it speaks of “https://example.org/other”`,
    ],
  ),
  bug(
    "a summary may be longer than what it stands for",
    [["summaryCheck", "if (tokens > replaced)", "if (tokens > Infinity)"]],
    [
      "summaryCheck",
      "[C5] one that is longer than what it replaces, or than its share, is refused",
    ],
  ),
  bug(
    "a second summary is begun while one is being made",
    [
      [
        "cutPoint",
        "if (!state.group || state.compaction) return null;",
        "if (!state.group) return null;",
      ],
    ],
    [
      "lives",
      "[C2] no two summaries are made at once, and the window does not ask again before it has grown",
    ],
  ),
  bug(
    "a summary stands for the message that is being answered",
    [["cutPoint", "Math.min(tail, firstTrigger(state))", "tail"]],
    ["compaction", "[C3] the trigger of an unfinished run and all after it stay"],
  ),
  bug(
    "a text begins lines like labels do",
    [["label", `text.replace(LINE_BREAK, "\\n  ")`, "text"]],
    ["label", "[B4] text cannot imitate a label by a line of its own"],
  ),
];

const STORAGE: readonly SeededBug[] = [
  bug(
    "what R2 was given is not read back",
    [
      [
        "coldStore",
        `throw new ProblemError(problem("unavailable", "Cold storage did not keep what it was given."));`,
        "return name;",
      ],
    ],
    ["coldStore", "[H1] is not kept before it was read back and found the same"],
  ),
  bug(
    "what R2 answers is not held against its hash",
    [["coldStore", "!== hashIn(name)", "=== ''"]],
    ["coldStore", "[H11] that was changed or lost afterwards is refused when it is read"],
  ),
  bug(
    "a damaged mark is believed",
    [["coldStore", "=== hash) return text;", "!== '') return text;"]],
    ["coldStore", "[H11] that was changed is refused; one that is missing is none"],
  ),
  bug(
    "a snapshot that is missing is not missed",
    [["snapshot", "named.generation > marked.generation ? named : marked", "named"]],
    [
      "life",
      "[H11] a missing object in a snapshot gives way to the one before, and says what is lost",
    ],
  ),
  bug(
    "anybody's look brings an archived group back",
    [
      [
        "controller",
        "const access = accessGroup(group.path.state, principal);",
        "group.visited(null); const access = accessGroup(group.path.state, principal);",
      ],
    ],
    ["life", "[H7] whoever may not see the group does not bring it back"],
  ),
  bug(
    "the words of withdrawn messages are copied",
    [["eventLog", "withdrawn.size > 0 && isTouched(row)", "withdrawn.size < 0 && isTouched(row)"]],
    ["copies", "[Y8] of a withdrawn message has no words of it, at whatever seq"],
  ),
  bug(
    "lines of a summary that rest on withdrawn messages are copied",
    [
      [
        "eventLog",
        "withoutLinesOf(event.sections, (message) => withdrawn.has(message))",
        "event.sections",
      ],
    ],
    ["copies", "[Y8] nor lines of a summary that rest on it"],
  ),
  bug(
    "a search finds what was withdrawn after it had moved",
    [["ranking", "if (!this.#changed.has(each.message)) this.#take", "this.#take"]],
    ["search", "[F7] withdrawn messages are never found, wherever the withdrawal lies"],
  ),
  bug(
    "the files of a bundle are not held against its manifest",
    [["bundleVerify", "files[index].sha256 !== found.sha256", "found.sha256 === ''"]],
    ["bundle", "[Y3] a part that is missing, swapped, doubled or from another bundle is found"],
  ),
  bug(
    "the manifest of a bundle is not held against its own hash",
    [
      [
        "bundleVerify",
        "if (textOf(hashBytes, MANIFEST_HASH_FILE) !== expected)",
        "if (expected === '')",
      ],
    ],
    ["bundle", "[Y3] 1,000 flips, cuts and lost or swapped blocks are all found"],
  ),
];

export const HISTORY_BUGS: readonly SeededBug[] = [...SUMMARIES, ...STORAGE];
