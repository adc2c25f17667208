// Seeded lives of a group's sandboxes: everything that may be told of one, true of the start that runs or not.
import type { SandboxId } from "@acos/protocol";

import type { GroupCommand, SandboxNote } from "../src/index.ts";
import { testId, type Scenario } from "./scenario.ts";
import type { Pick } from "./pick.ts";

const EPOCHS = ["aaaaaaaa", "bbbbbbbb", "cccccccc"];

/** A member makes a sandbox, or something befalls one that there is or was. */
export function sandboxStep(scenario: Scenario, pick: Pick): GroupCommand | null {
  const lena = scenario.member("lena").member;
  if (pick([true, false, false, false, false]))
    return {
      kind: "sandbox-create",
      by: lena,
      sandbox: testId("sandbox", pick([1, 2, scenario.state.head])),
      name: pick(["tests", "tests", undefined]),
    };
  const sandbox = pick([...scenario.state.sandboxes.keys(), testId("sandbox", 9)]);
  return { kind: "sandbox-note", note: noteOf(scenario, pick, sandbox) };
}

function noteOf(scenario: Scenario, pick: Pick, sandbox: SandboxId): SandboxNote["note"] {
  const by = scenario.member("lena").member;
  const epoch = pick([...EPOCHS, scenario.state.sandboxes.get(sandbox)?.epoch ?? EPOCHS[0]!]);
  const snapshot = { snapshot: pick(["1", "2", "3", "4", "5"]).repeat(64), files: 1, bytes: 1 };
  const checkpoint = testId("checkpoint", scenario.state.head);
  const workspace = pick(["new", "kept", "snapshot"] as const);
  return pick<SandboxNote["note"]>([
    { kind: "sandbox-started", sandbox, epoch, workspace, startMs: 1 },
    { kind: "sandbox-started", sandbox, epoch, workspace, startMs: 1 },
    { kind: "sandbox-stopped", sandbox, epoch, reason: pick(["idle", "lost", "asked"]) },
    { kind: "sandbox-failed", sandbox, problem: { code: "sandbox_failed", message: "no disk" } },
    { kind: "sandbox-snapshotted", sandbox, snapshot },
    { kind: "sandbox-snapshotted", sandbox, snapshot },
    { kind: "sandbox-restored", sandbox, to: { snapshot }, by },
    { kind: "sandbox-described", sandbox, text: pick(["", "Run the tests.", "long ".repeat(900)]) },
    { kind: "checkpoint-made", sandbox, checkpoint, by },
    { kind: "changes-undone", sandbox, hunks: 1, paths: ["a.txt"], by },
    { kind: "preview-offered", sandbox, port: 5173, run: testId("run", 1) },
    pick([true, false, false])
      ? { kind: "sandbox-destroyed", sandbox, by }
      : { kind: "checkpoint-made", sandbox, checkpoint, run: testId("run", 1), turn: 1 },
  ]);
}

/** Which sandboxes a fork takes along. */
export function copiedOf({ state }: Scenario, number: number) {
  return Array.from(state.sandboxes.values(), ({ sandbox, snapshots }, index) => ({
    from: sandbox,
    sandbox: testId("sandbox", number + 100 + index),
    has: snapshots.length > 0,
  })).flatMap(({ has, ...ids }) => (has ? ids : []));
}
