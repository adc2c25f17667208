// Tests of messages: mentions, editing, withdrawing, reacting.
import { describe, expect, it } from "vitest";

import type { Command, MessageId } from "@acos/protocol";

import { Scenario, testId } from "../test/scenario.ts";
import { findMentions, type MessageFacts } from "./index.ts";

const text = (value: string) => [{ type: "text" as const, text: value }];
const facts = (
  scenario: Scenario,
  by: string,
  change: Partial<MessageFacts> = {},
): MessageFacts => ({
  message: testId("message", 1),
  by: scenario.member(by).member,
  seq: 5,
  at: 1_800_000_000_000,
  redacted: false,
  parts: text("before"),
  ...change,
});

describe("messages", () => {
  it("[M1] a message has the mentions it resolves to and the handles nobody has", () => {
    const scenario = Scenario.of(["ada", "grace"]);
    const { events } = scenario.post("lena", "@ada and @nobody, also @ada again");
    const posted = events[0]!.event;
    expect(posted).toMatchObject({
      kind: "message-posted",
      mentions: [{ handle: "ada", member: scenario.member("ada").member }],
      unresolved: ["nobody"],
    });
  });

  it.each([
    ["@ada hello", ["ada"]],
    ["hello @ADA.", ["ada"]],
    ["(@ada) and @grace!", ["ada", "grace"]],
    ["mail ada@grace.example", []],
    ["`@ada` in code", []],
    ["```\n@ada\n``` after @grace", ["grace"]],
    ["```unclosed @ada", []],
    ["path/@ada x@ada", []],
    ["@ada-", []],
    ["@ada, @ada", ["ada"]],
  ])("[M2] in %j the mentions are %j", (words, handles) => {
    const scenario = Scenario.of(["ada", "grace"]);
    const { mentions } = findMentions(text(words), scenario.state.members.values());
    expect(mentions.map((mention) => mention.handle)).toEqual(handles);
  });

  it("[M3] only its author edits, its author or an admin withdraws, and withdrawn is for good", () => {
    const scenario = Scenario.of(["ada"]);
    scenario.addUser("noor", 2);
    scenario.addUser("kim", 3);
    const message: MessageId = testId("message", 1);
    const edit: Command = { kind: "message-edit", message, parts: text("after") };
    const redact: Command = { kind: "message-redact", message };
    const outcome = (handle: string, command: Command, known: MessageFacts): string => {
      const decision = scenario.decide(scenario.command(handle, command, known));
      return decision.ok
        ? decision.events.map(({ event }) => event.kind).join()
        : decision.problem.code;
    };
    const noors = facts(scenario, "noor");
    expect(outcome("noor", edit, noors)).toBe("message-edited");
    expect(outcome("lena", edit, noors)).toBe("forbidden");
    expect(outcome("kim", redact, noors)).toBe("forbidden");
    expect(outcome("lena", redact, noors)).toBe("message-redacted");
    expect(outcome("noor", redact, noors)).toBe("message-redacted");
    const gone = facts(scenario, "noor", { redacted: true });
    expect(outcome("noor", edit, gone)).toBe("gone");
    expect(outcome("noor", redact, gone)).toBe("");
  });

  it("[M4] speaking of a message that is not there is refused", () => {
    const scenario = Scenario.of(["ada"]);
    const message: MessageId = testId("message", 404);
    const commands: Command[] = [
      { kind: "message-post", parts: text("re"), replyTo: message },
      { kind: "message-edit", message, parts: text("x") },
      { kind: "message-redact", message },
      { kind: "reaction-set", message, reaction: "+1", on: true },
    ];
    for (const command of commands)
      expect(scenario.decide(scenario.command("lena", command))).toMatchObject({
        ok: false,
        problem: { code: "not_found" },
      });
  });
});
