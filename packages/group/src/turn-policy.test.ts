// Tests of who answers: mentions, replies, everyone, queues, and agents that talk to agents.
import { describe, expect, it } from "vitest";

import { RUN_QUEUE_MAX, type Routing } from "@acos/protocol";

import { randomOf } from "../test/simulation.ts";
import { Scenario, testId } from "../test/scenario.ts";
import type { Accepted } from "./index.ts";

const routing = ({ events }: Accepted): readonly Routing[] =>
  events.flatMap(({ event }) => (event.kind === "message-posted" ? (event.routing ?? []) : []));
const receipt = (scenario: Scenario, accepted: Accepted): string[] =>
  routing(accepted).map((row) => {
    const member = scenario.state.members.get(row.member)!;
    return `${member.handle}:${row.woken ? row.rule : row.reason}`;
  });

describe("who answers", () => {
  it("[P1] a mention wakes, a message without one does not", () => {
    const scenario = Scenario.of(["ada", "grace"]);
    expect(receipt(scenario, scenario.post("lena", "hello"))).toEqual([]);
    expect(scenario.state.runs.size).toBe(0);
    expect(receipt(scenario, scenario.post("lena", "hello @grace"))).toEqual(["grace:mention"]);
    expect(scenario.run("grace").state).toBe("running");
  });

  it("[P1] a reply to an agent wakes it", () => {
    const scenario = Scenario.of(["ada", "grace"]);
    const replyTo = testId("message", 5);
    const reply = scenario.command(
      "lena",
      { kind: "message-post", parts: [{ type: "text", text: "really?" }], replyTo },
      {
        message: replyTo,
        by: scenario.member("ada").member,
        seq: 5,
        at: 1_800_000_000_000,
        redacted: false,
        parts: [],
      },
    );
    expect(receipt(scenario, scenario.ok(reply))).toEqual(["ada:reply"]);
  });

  it("[P1] with everyone, a person's message wakes all, unless it mentions an agent", () => {
    const scenario = Scenario.of(["ada", "grace"], { wake: "everyone" });
    expect(receipt(scenario, scenario.post("lena", "hello"))).toEqual([
      "ada:everyone",
      "grace:everyone",
    ]);
    scenario.answer("ada", "hi");
    scenario.answer("grace", "hi");
    expect(receipt(scenario, scenario.post("lena", "@ada only you"))).toEqual(["ada:mention"]);
  });

  it("[P2] a viewer is on the receipt with the reason", () => {
    const scenario = Scenario.of(["ada"]);
    const ada = scenario.member("ada");
    if (ada.type !== "agent") throw new Error("ada is an agent");
    scenario.put({
      type: "agent",
      card: { pin: ada.pin, name: "Ada", handle: "ada", about: "" },
      follow: "latest",
      role: "viewer",
    });
    expect(receipt(scenario, scenario.post("lena", "@ada hello"))).toEqual(["ada:viewer"]);
  });

  it("[P3] runs of one agent come one after another, in order; others go on beside", () => {
    const scenario = Scenario.of(["ada", "grace"]);
    scenario.post("lena", "@ada one");
    scenario.post("lena", "@ada two @grace");
    const states = [...scenario.state.runs.values()].map((run) => run.state);
    expect(states).toEqual(["running", "queued", "running"]);
    expect(scenario.run("ada").trigger.text).toBe("@ada one");
    scenario.answer("ada", "1");
    expect(scenario.run("ada").trigger.text).toBe("@ada two @grace");
  });

  it("[P3] at most twenty runs of one agent wait", () => {
    const scenario = Scenario.of(["ada"]);
    for (let count = 0; count <= RUN_QUEUE_MAX; count += 1) scenario.post("lena", "@ada more");
    expect(receipt(scenario, scenario.post("lena", "@ada more"))).toEqual(["ada:queue-full"]);
    expect(scenario.state.runs.size).toBe(RUN_QUEUE_MAX + 1);
  });

  it.each([
    ["agents-off", { wake: "off" as const }],
    ["chain-depth", { chainDepth: 0 }],
    ["rounds", { rounds: 0 }],
    ["pair-limit", { pairMentions: 0 }],
  ])("[P4] %s keeps an agent asleep", (reason, limits) => {
    const defaults = Scenario.of(["ada"]).state.group!.policy.agents;
    const scenario = Scenario.of(["ada", "grace"], { agents: { ...defaults, ...limits } });
    scenario.post("lena", "@ada start");
    expect(receipt(scenario, scenario.answer("ada", "@grace over to you"))).toEqual([
      `grace:${reason}`,
    ]);
  });

  it("[P4] an agent wakes another within the limits, and a second time only after the cooldown", () => {
    const scenario = Scenario.of(["ada", "grace"]);
    scenario.post("lena", "@ada start");
    expect(receipt(scenario, scenario.answer("ada", "@grace one"))).toEqual(["grace:mention"]);
    expect(scenario.run("grace").depth).toBe(1);
    scenario.answer("grace", "done");
    scenario.post("lena", "@ada again");
    expect(receipt(scenario, scenario.answer("ada", "@grace two"))).toEqual(["grace:cooldown"]);
    scenario.at += 15_000;
    scenario.post("lena", "@ada again");
    expect(receipt(scenario, scenario.answer("ada", "@grace three"))).toEqual(["grace:mention"]);
  });

  it("[P5] two agents that always mention each other come to rest, in 100 seeded talks", () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = randomOf(seed);
      const scenario = Scenario.of(["ada", "grace"]);
      scenario.post("lena", "@ada @grace discuss");
      let turns = 0;
      for (; scenario.state.runs.size > 0 && turns < 100; turns += 1) {
        scenario.at += Math.floor(random() * 60_000);
        const run = [...scenario.state.runs.values()].find((each) => each.open)!;
        const { handle } = scenario.state.members.get(run.member)!;
        scenario.answer(handle, "@ada @grace and what about this?");
      }
      expect(turns, `seed ${seed}`).toBeLessThan(12);
    }
  });
});
