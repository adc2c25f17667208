// Tests of runs and approvals: turns, calls, crashes, pauses, decisions.
import { describe, expect, it } from "vitest";

import { TURN_ATTEMPTS_MAX, type Command, type Problem } from "@acos/protocol";

import { card, Scenario } from "../test/scenario.ts";
import type { Accepted, GroupCommand } from "./index.ts";

const LOST: Problem = { code: "unavailable", message: "the link broke" };

const asking = (text = "@ada go"): Scenario => {
  const scenario = Scenario.of(["ada", "grace"]);
  scenario.post("lena", text);
  return scenario;
};
const kinds = ({ events }: Accepted): string[] => events.map(({ event }) => event.kind);
const recover = (scenario: Scenario): Accepted =>
  scenario.ok({ kind: "recover", runs: [...scenario.state.runs.keys()] });
const fail = (scenario: Scenario, lost: boolean, text = ""): Accepted => {
  const { run, open } = scenario.run("ada");
  const parts = text ? [{ type: "text" as const, text }] : [];
  const { turn, attempt } = open!;
  return scenario.ok({ kind: "turn-fail", run, turn, attempt, parts, problem: LOST, lost });
};
const decision = (
  scenario: Scenario,
  command: Partial<Command>,
  digest: string | null = null,
): GroupCommand =>
  ({
    ...scenario.command("lena", {
      kind: "approval-decide",
      approval: scenario.approval().approval,
      decision: "approve",
      ...command,
    } as Command),
    digest,
  }) as GroupCommand;
const outcome = (scenario: Scenario): string | undefined =>
  scenario.log.flatMap(({ event }) => (event.kind === "run-ended" ? [event.outcome] : [])).at(-1);

describe("runs", () => {
  it("[R2] a turn's outcome counts once, and only from the attempt that is awaited", () => {
    const scenario = asking();
    const { run, open } = scenario.run("ada");
    recover(scenario);
    const { turn } = open!;
    const old = {
      kind: "turn-fail",
      run,
      turn,
      attempt: 1,
      parts: [],
      problem: LOST,
      lost: false,
    } as const;
    expect(scenario.decide(old)).toMatchObject({ ok: false, problem: { code: "run_ended" } });
    expect(scenario.decide({ ...old, attempt: 2 })).toMatchObject({ ok: true });
    scenario.answer("ada", "done");
    expect(scenario.decide({ ...old, attempt: 2 })).toMatchObject({ ok: false });
    expect(scenario.said("ada")).toEqual(["done"]);
  });

  it("[R3] calls are journalled, handed out, answered; then the next turn begins", () => {
    const scenario = asking();
    const made = scenario.answer("ada", "", [{}, {}]);
    expect(kinds(made)).toEqual([
      "turn-ended",
      "tool-call-made",
      "tool-call-dispatched",
      "tool-call-made",
      "tool-call-dispatched",
    ]);
    expect(kinds(scenario.result("ada", 0))).toEqual(["tool-result-received"]);
    expect(kinds(scenario.result("ada", 1))).toEqual(["tool-result-received", "turn-started"]);
    expect(() => scenario.result("ada", 0)).toThrow();
    expect(kinds(scenario.answer("ada", "42"))).toEqual([
      "message-posted",
      "turn-ended",
      "run-ended",
    ]);
  });

  it("[R3] a call that cannot be made gets its error at once and is never handed out", () => {
    const scenario = asking();
    const made = scenario.answer("ada", "", [{ invalid: "there is no such tool" }]);
    expect(kinds(made)).toEqual([
      "turn-ended",
      "tool-call-made",
      "tool-result-received",
      "turn-started",
    ]);
    expect(scenario.run("ada").steps[0]!.calls[0]!.result).toEqual({
      isError: true,
      text: "there is no such tool",
    });
  });

  it("[R4] after a crash the turn is asked for again under the same message id, three times at most", () => {
    const scenario = asking();
    const { message } = scenario.run("ada").open!;
    for (let attempt = 2; attempt <= TURN_ATTEMPTS_MAX; attempt += 1) {
      expect(kinds(recover(scenario))).toEqual(["turn-started"]);
      expect(scenario.run("ada").open).toMatchObject({ attempt, message });
    }
    recover(scenario);
    expect(outcome(scenario)).toBe("interrupted");
  });

  it("[R5] a call without an effect is made again after a crash", () => {
    const scenario = asking();
    scenario.answer("ada", "", [{ effect: false }]);
    scenario.takeEffects();
    expect(kinds(recover(scenario))).toEqual(["tool-call-dispatched"]);
    expect(scenario.takeEffects()).toMatchObject([{ kind: "call-tool" }]);
  });

  it("[R5] an effect that was under way is never repeated: the run ends interrupted", () => {
    const scenario = asking();
    scenario.answer("ada", "", [{ effect: true }]);
    scenario.ok(decision(scenario, {}));
    scenario.takeEffects();
    recover(scenario);
    expect(outcome(scenario)).toBe("interrupted");
    expect(scenario.takeEffects()).toEqual([]);
  });

  it("[R5] an effect that still waits for its approval outlives a crash", () => {
    const scenario = asking();
    scenario.answer("ada", "", [{ effect: true }]);
    expect(recover(scenario).events).toEqual([]);
    expect(scenario.run("ada").state).toBe("waiting");
  });

  it("[R6] what had come before the stream broke off stays, marked, and wakes nobody", () => {
    const scenario = asking();
    const failed = fail(scenario, false, "I would ask @grace to");
    expect(failed.events[0]!.event).toMatchObject({ kind: "message-posted", incomplete: true });
    expect(kinds(failed)).toEqual(["message-posted", "run-ended"]);
    expect(scenario.state.runs.size).toBe(0);
  });

  it("[R7] after 25 turns a run pauses, and a resume grants as many again", () => {
    const scenario = asking();
    const round = (): Accepted => {
      scenario.answer("ada", "", [{}]);
      return scenario.result("ada");
    };
    for (let turn = 1; turn < 25; turn += 1) expect(kinds(round()).at(-1)).toBe("turn-started");
    expect(kinds(round()).at(-1)).toBe("run-paused");
    expect(scenario.run("ada").state).toBe("paused");
    const { run } = scenario.run("ada");
    const resumed = scenario.ok(scenario.command("lena", { kind: "run-resume", run }));
    expect(kinds(resumed)).toEqual(["run-resumed", "turn-started"]);
    expect(scenario.decide(scenario.command("lena", { kind: "run-resume", run }))).toMatchObject({
      ok: false,
    });
  });

  it("[R8] cancelling ends a run at once, keeps what was said, and the next one starts", () => {
    const scenario = asking();
    scenario.post("lena", "@ada next");
    scenario.takeEffects();
    const { run } = scenario.run("ada");
    const cancel = scenario.command("lena", { kind: "run-cancel", run });
    const parts = [{ type: "text", text: "so far" }] as const;
    const cancelled = scenario.ok({ ...cancel, parts } as GroupCommand);
    expect(kinds(cancelled)).toEqual([
      "message-posted",
      "run-ended",
      "run-started",
      "turn-started",
    ]);
    expect(scenario.takeEffects().map((effect) => effect.kind)).toEqual(["abort", "brief"]);
    expect(scenario.decide(cancel)).toMatchObject({ ok: false, problem: { code: "run_ended" } });
  });

  it("[R8] cancelling closes the run's approvals", () => {
    const scenario = asking();
    scenario.answer("ada", "", [{ effect: true }]);
    const decide = decision(scenario, {});
    scenario.ok(scenario.command("lena", { kind: "run-cancel", run: scenario.run("ada").run }));
    expect(scenario.state.approvals.size).toBe(0);
    expect(scenario.decide(decide)).toMatchObject({ problem: { code: "approval_closed" } });
  });

  it("[R9] a broken link costs an attempt, and later ones wait longer", () => {
    const scenario = asking();
    scenario.takeEffects();
    expect(kinds(fail(scenario, true))).toEqual(["turn-started"]);
    expect(kinds(fail(scenario, true))).toEqual(["turn-started"]);
    expect(scenario.takeEffects()).toMatchObject([{ afterMs: 1_000 }, { afterMs: 2_000 }]);
    expect(kinds(fail(scenario, true))).toEqual(["run-ended"]);
    expect(outcome(scenario)).toBe("failed");
  });

  it("[R9] a lost call without an effect is made again, a lost effect ends the run", () => {
    const scenario = asking();
    scenario.answer("ada", "", [{ effect: false }]);
    const { run, open } = scenario.run("ada");
    const lost = { kind: "tool-lost", run, call: open!.calls[0]!.call } as const;
    expect(kinds(scenario.ok(lost))).toEqual(["tool-call-dispatched"]);
    scenario.result("ada");
    scenario.answer("ada", "", [{ effect: true }]);
    scenario.ok(decision(scenario, {}));
    const { call } = scenario.run("ada").open!.calls[0]!;
    scenario.ok({ kind: "tool-lost", run, call });
    expect(outcome(scenario)).toBe("interrupted");
  });

  it("[R10] a run keeps the version it started with, the next one has the new one", () => {
    const scenario = asking();
    scenario.post("lena", "@ada next");
    scenario.ok({ kind: "agent-adopt", card: card("ada", { version: 2, revision: 2 }) });
    scenario.answer("ada", "", [{}]);
    scenario.result("ada");
    expect(scenario.run("ada").pin).toMatchObject({ version: 1 });
    scenario.answer("ada", "done");
    expect(scenario.run("ada").pin).toMatchObject({ version: 2 });
    const started = scenario.log.findLast(({ event }) => event.kind === "run-started")!;
    expect(started.event).toMatchObject({ version: 2 });
  });
});

describe("approvals", () => {
  it("[A1] a call with an effect waits, the other one of the turn does not", () => {
    const scenario = asking();
    scenario.takeEffects();
    const made = scenario.answer("ada", "", [{ effect: true }, { effect: false }]);
    expect(kinds(made)).toEqual([
      "turn-ended",
      "tool-call-made",
      "approval-asked",
      "tool-call-made",
      "tool-call-dispatched",
      "run-paused",
    ]);
    expect(scenario.takeEffects()).toHaveLength(1);
    expect(kinds(scenario.result("ada", 1))).toEqual(["tool-result-received"]);
    expect(scenario.run("ada").state).toBe("waiting");
  });

  it("[A2] what is dispatched has the digest of what was approved, edited arguments included", () => {
    const scenario = asking();
    scenario.answer("ada", "", [{ effect: true, digest: "asked" }]);
    const approved = scenario.ok(decision(scenario, { arguments: { path: "/b" } }, "edited"));
    const [decided, dispatched] = approved.events.map(({ event }) => event);
    expect(decided).toMatchObject({
      kind: "approval-decided",
      digest: "edited",
      arguments: { path: "/b" },
    });
    expect(dispatched).toMatchObject({ kind: "tool-call-dispatched", digest: "edited" });
    expect(scenario.run("ada").open!.calls[0]).toMatchObject({ arguments: { path: "/b" } });
  });

  it("[A3] an approval is used once", () => {
    const scenario = asking();
    scenario.answer("ada", "", [{ effect: true }]);
    const decide = decision(scenario, {});
    scenario.ok(decide);
    expect(scenario.decide(decide)).toMatchObject({
      ok: false,
      problem: { code: "approval_closed" },
    });
    expect(scenario.run("ada").open!.calls[0]!.dispatches).toBe(1);
  });

  it("[A4] a denial is a result for the model, and nothing is dispatched", () => {
    const scenario = asking();
    scenario.answer("ada", "", [{ effect: true }]);
    scenario.takeEffects();
    const denied = scenario.ok(decision(scenario, { decision: "deny" }));
    expect(kinds(denied)).toEqual(["approval-decided", "tool-result-received", "turn-started"]);
    expect(scenario.takeEffects().map((effect) => effect.kind)).toEqual(["brief"]);
    expect(scenario.run("ada").steps[0]!.calls[0]!.result.isError).toBe(true);
  });

  it("[A4] a denial with edited arguments is refused", () => {
    const scenario = asking();
    scenario.answer("ada", "", [{ effect: true }]);
    const denial = decision(scenario, { decision: "deny", arguments: {} }, "edited");
    expect(scenario.decide(denial)).toMatchObject({ problem: { code: "invalid_request" } });
  });

  it("[A5] with two calls waiting, the run goes on only when both are settled", () => {
    const scenario = asking();
    scenario.answer("ada", "", [{ effect: true }, { effect: true }]);
    scenario.ok(decision(scenario, {}));
    expect(scenario.run("ada").state).toBe("waiting");
    expect(kinds(scenario.result("ada", 0))).toEqual(["tool-result-received"]);
    const second = scenario.ok(decision(scenario, { decision: "deny" }));
    expect(kinds(second).at(-1)).toBe("turn-started");
    expect(scenario.run("ada").state).toBe("running");
  });
});
