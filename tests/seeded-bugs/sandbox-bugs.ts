// Holes in what a group does with its sandboxes, each with the one test that has to fail for it.
import type { SeededBug } from "./seeded-bug.ts";

const FILES = {
  journal: "packages/group/src/sandboxes/journal-sandbox.ts",
  driver: "workers/group-controller/src/sandboxes/sandbox-driver.ts",
  starts: "workers/group-controller/src/sandboxes/sandbox-starts.ts",
  dataPlane: "workers/group-controller/src/sandboxes/data-plane.ts",
  previews: "workers/group-controller/src/sandboxes/previews.ts",
} as const;

const TESTS = {
  rules: "packages/group/src/sandboxes/sandboxes.test.ts",
  calls: "workers/group-controller/test/sandbox-calls.workerd.test.ts",
  life: "workers/group-controller/test/sandbox-life.workerd.test.ts",
  data: "workers/group-controller/test/sandbox-data.workerd.test.ts",
} as const;

type Change = readonly [file: keyof typeof FILES, find: string, put: string];

const bug = (
  name: string,
  [file, find, put]: Change,
  by: readonly [keyof typeof TESTS, string],
): SeededBug => ({
  name,
  patches: [{ file: FILES[file], find, put }],
  test: TESTS[by[0]],
  caughtBy: by[1],
});

export const SANDBOX_BUGS: readonly SeededBug[] = [
  bug(
    "looking makes a sandbox",
    ["journal", "if (!effect) return { error: NONE_YET };", ""],
    ["rules", "[X3] looking never makes one: without one it is answered with an error at once"],
  ),
  bug(
    "every approved call makes a sandbox",
    [
      "journal",
      "if (isSandboxTool(call.tool) && sandboxes.size === 0)",
      "if (isSandboxTool(call.tool))",
    ],
    ["rules", "[X2] several calls that need one make one, by whichever is agreed to first"],
  ),
  bug(
    "a call says itself that it changes nothing",
    ["journal", "isSandboxTool(tool) ? effect || mayChange(tool) : effect", "effect"],
    [
      "rules",
      "[X4] a tool that may change something has an effect, whatever the call says of itself",
    ],
  ),
  bug(
    "that a call was sent is not noted",
    ["driver", "this.#noteSent(job);", ""],
    ["calls", "[B4] goes on without its group's object: the next one asks for its result"],
  ),
  bug(
    "an empty workspace passes for the group's after a crash",
    ["starts", 'if (state === "absent") this.#owe(sandbox, snapshot);', ""],
    ["life", "[W5] is restored whole before its first use, also where restoring it was cut short"],
  ),
  bug(
    "a terminal's token opens it again and again",
    ["dataPlane", "if (!tokens.useToken(claims, now())) return refuse(TOKEN_USED);", ""],
    ["data", "[D5] open once a token, for members, in a sandbox that runs"],
  ),
  bug(
    "a preview goes on after its session",
    ["previews", "if (ends.isEnded(claims)) return ENDED;", ""],
    ["data", "[D7] are not for who has left, nor for another group, nor after their session"],
  ),
];
