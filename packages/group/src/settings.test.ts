// A change of settings: what it does not name stays, however deep; and it is checked as the whole is.
import { commandSchema, policyChangeSchema, policySchema, type PolicyChange } from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { Scenario } from "../test/scenario.ts";
import { changedPolicy } from "./settings.ts";

const BEFORE = policySchema.parse({
  wake: "everyone",
  agents: { rounds: 7 },
  briefingTokens: 16_000,
  sandboxes: {
    approve: "each",
    egress: { hosts: ["a.example", "b.example"], registries: true },
    limits: { memoryMiB: 512 },
  },
});

describe("a change of the policy", () => {
  it.each<[string, unknown, PolicyChange]>([
    ["who answers, by name", "mentions", { wake: "mentions" }],
    ["a number", { briefingTokens: 8_000 }, { briefingTokens: 8_000 }],
    [
      "a list, which is written whole",
      { sandboxes: { egress: { hosts: ["c.example"] } } },
      { sandboxes: { egress: { hosts: ["c.example"] } } },
    ],
    [
      "one of many limits",
      { sandboxes: { limits: { pids: 64 } } },
      { sandboxes: { limits: { pids: 64 } } },
    ],
    ["nothing", {}, {}],
  ])("[G12] that names %s leaves everything else as it was", (_what, sent, change) => {
    const parsed = policyChangeSchema.parse(sent);
    expect(parsed).toEqual(change);
    const after = changedPolicy(BEFORE, parsed);
    expect(policySchema.parse(after)).toEqual(after);
    expect(after.sandboxes.approve).toBe("each");
    expect(after.agents).toEqual(BEFORE.agents);
    expect(after.sandboxes.limits.memoryMiB).toBe(512);
    expect(after.sandboxes.egress.registries).toBe(true);
    expect(after).toMatchObject(change);
    if (!("wake" in change)) expect(after.wake).toBe("everyone");
  });

  it.each([
    { wake: "never" },
    { nothing: 1 },
    { agents: { rounds: 21 } },
    { sandboxes: { egress: { hosts: "a.example" } } },
    { sandboxes: { limits: { memory: 1 } } },
  ])("[G12] is refused where a part is not as the whole has it: %j", (policy) => {
    expect(commandSchema.safeParse({ kind: "settings-change", policy }).success).toBe(false);
  });

  it("[G12] is told to the log as the whole policy that follows", () => {
    const scenario = Scenario.of(["ada"], { wake: "everyone", sandboxes: BEFORE.sandboxes });
    scenario.ok(
      scenario.command("lena", {
        kind: "settings-change",
        policy: { sandboxes: { egress: { hosts: ["a.example"] } } },
      }),
    );
    const { policy } = scenario.state.group!;
    expect(policy).toMatchObject({ wake: "everyone", sandboxes: { approve: "each" } });
    expect(policy.sandboxes.egress).toMatchObject({ hosts: ["a.example"], registries: true });
    expect(policySchema.parse(policy)).toEqual(policy);
  });
});
