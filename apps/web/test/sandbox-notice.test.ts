// What a quiet row says of a sandbox.
import type { LocalView } from "@acos/client";
import {
  makeId,
  sandboxLimitsSchema,
  type GroupEvent,
  type MemberId,
  type RunId,
} from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { sandboxText } from "../src/group/sandbox-notice.ts";

const LIN = "mbr_lin" as MemberId;
const RUN = "run_1" as RunId;
const sandbox = makeId("sandbox", 1, new Uint8Array(10));
const checkpoint = makeId("checkpoint", 1, new Uint8Array(10));
const limits = sandboxLimitsSchema.parse({});
const epoch = "epoch001";

const createdAt = "2026-01-01T00:00:00.000Z";
const known = { sandbox, name: "work", state: "cold", limits, createdAt } as const;

const VIEW = {
  members: new Map([[LIN, { info: { type: "user", name: "Lin" }, present: true }]]),
  runs: new Map([[RUN, { run: RUN, state: "done", member: LIN }]]),
  sandboxes: new Map([[sandbox, known]]),
} as unknown as LocalView;

const snapshot = { snapshot: "a".repeat(64), files: 1, bytes: 1 };
const problem = { code: "sandbox_failed", message: "No room." } as const;

const SAID: readonly (readonly [GroupEvent, string])[] = [
  [{ kind: "sandbox-created", sandbox, name: "work", limits, by: LIN }, "made, by Lin"],
  [{ kind: "sandbox-created", sandbox, name: "work", limits, run: RUN }, "made, by Lin"],
  [{ kind: "sandbox-started", sandbox, epoch, workspace: "new", startMs: 1 }, "work is running"],
  [{ kind: "sandbox-stopped", sandbox, epoch, reason: "idle" }, "work stopped: nobody used it"],
  [
    { kind: "sandbox-stopped", sandbox, epoch, reason: "limit", words: "Too large." },
    "work stopped. Too large.",
  ],
  [
    { kind: "sandbox-stopped", sandbox, epoch, reason: "asked", by: LIN },
    "Lin stopped sandbox work",
  ],
  [{ kind: "sandbox-failed", sandbox, problem }, "work failed: No room."],
  [{ kind: "sandbox-destroyed", sandbox, by: LIN }, "Lin deleted sandbox work"],
  [{ kind: "sandbox-snapshotted", sandbox, snapshot, by: LIN }, "Lin saved the files"],
  [{ kind: "sandbox-restored", sandbox, to: { checkpoint }, by: LIN }, "brought back"],
  [{ kind: "checkpoint-made", sandbox, checkpoint, by: LIN }, "Checkpoint of sandbox work, by Lin"],
  [
    { kind: "changes-undone", sandbox, hunks: 1, paths: ["a", "b", "c", "d"], by: LIN },
    "Lin took back 1 change in a, b, c and more",
  ],
  [{ kind: "preview-offered", sandbox, port: 5_173, run: RUN }, "work can be seen (port 5173)"],
];

describe("a quiet row", () => {
  it.each(SAID)("[W25] says what happened to a sandbox: %j", (event, words) => {
    expect(sandboxText(VIEW, event)).toContain(words);
  });

  it("[W25] names one that is gone by the end of its id, and says nothing of other things", () => {
    const gone = { ...VIEW, sandboxes: new Map() } as LocalView;
    const event: GroupEvent = { kind: "sandbox-destroyed", sandbox, by: LIN };
    expect(sandboxText(gone, event)).toBe(`Lin deleted sandbox ${sandbox.slice(-6)}`);
    expect(sandboxText(VIEW, { kind: "member-left", member: LIN, by: LIN })).toBe("");
  });
});
