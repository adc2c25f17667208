// The rehearsal model: what it understands, that it quotes and never invents, and how it speaks.
import type { RunStep, ToolArguments, ToolConfig } from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { wait } from "../src/clock.ts";
import { composeCall } from "../src/prompt.ts";
import { answerCall } from "../src/models/rehearsal-answer.ts";
import { createRehearsal } from "../src/models/rehearsal.ts";
import { agentVersion, briefing, CALL, FakeClock, NOW } from "./star.ts";

const PIN = { ...agentVersion(), sha256: "0".repeat(64), provider: null, revision: 1 };
const TOOLS: readonly ToolConfig[] = [
  { type: "builtin", name: "calculate" },
  { type: "builtin", name: "current_time" },
  {
    type: "http",
    name: "shop",
    description: "",
    baseUrl: "https://shop.example/",
    methods: ["GET", "POST"],
  },
];

interface Scene {
  readonly said?: readonly string[];
  readonly results?: readonly { tool: string; text: string; isError?: boolean }[];
  readonly tools?: readonly ToolConfig[];
}

function ask(text: string, { said = [], results = [], tools = TOOLS }: Scene = {}) {
  const steps: RunStep[] = results.map((result, index) => ({
    turn: index + 1,
    text: "",
    calls: [
      {
        call: CALL,
        tool: result.tool,
        arguments: {},
        result: { isError: result.isError ?? false, text: result.text },
      },
    ],
  }));
  const brief = briefing(PIN, text);
  const window = [
    ...said.map((line) => ({ message: brief.trigger.message, text: line })),
    ...brief.window,
  ];
  return composeCall({ ...brief, window, steps }, agentVersion({ tools: [...tools] }));
}

const answer = (text: string, scene?: Scene) => answerCall(ask(text, scene));
const called = (text: string, scene?: Scene): [string, ToolArguments] | undefined => {
  const { call } = answer(text, scene);
  return call && [call.tool, JSON.parse(call.input) as ToolArguments];
};

describe("commands", () => {
  it.each<[string, string, ToolArguments]>([
    ["call calculate with expression=2*(3+4)", "calculate", { expression: "2*(3+4)" }],
    ["@ada please call calculate with expression=2 * 3.", "calculate", { expression: "2 * 3" }],
    ['use the tool calculate with expression="1 + 1"', "calculate", { expression: "1 + 1" }],
    ["call `current_time`", "current_time", {}],
    [
      "call current_time with timeZone=Europe/Berlin",
      "current_time",
      { timeZone: "Europe/Berlin" },
    ],
    ["call shop with method=GET path=/items/7", "shop", { method: "GET", path: "/items/7" }],
    [
      'call shop with method=POST, path=/items, body={"n": 1}',
      "shop",
      { method: "POST", path: "/items", body: { n: 1 } },
    ],
    [
      'call shop {"method": "POST", "path": "/x", "body": {"next": "; and then ask"}}',
      "shop",
      { method: "POST", path: "/x", body: { next: "; and then ask" } },
    ],
    ["what time is it in Asia/Tokyo?", "current_time", { timeZone: "Asia/Tokyo" }],
    ["What is 2 + 2?", "calculate", { expression: "2 + 2" }],
    ["calculate sqrt(16) / 3", "calculate", { expression: "sqrt(16) / 3" }],
  ])("[M1] %s", (text, tool, args) => {
    expect(called(text)).toEqual([tool, args]);
  });

  it("[M2] asks for what is missing, and says what it has when it lacks a tool", () => {
    expect(answer("call shop with method=GET").text).toBe("`shop` needs path (string).");
    expect(answer("call fly").text).toBe(
      "This agent has no tool `fly`. It has `calculate`, `current_time`, `shop`.",
    );
    expect(answer("run `ls`", { tools: [] }).text).toBe(
      "This agent has no tool that runs commands. It has none.",
    );
    expect(answer("call shop {nonsense}").text).toMatch(/could not read the JSON/);
  });

  it("[M3] makes several calls one after another, then reports all", () => {
    const text = "call calculate with expression=1+1 then call current_time";
    expect(answer(text)).toEqual({
      text: "1 of 2.",
      call: { tool: "calculate", input: '{"expression":"1+1"}' },
    });
    const one = [{ tool: "calculate", text: "2" }];
    expect(answer(text, { results: one })).toEqual({
      text: "2 of 2.",
      call: { tool: "current_time", input: "{}" },
    });
    const both = [...one, { tool: "current_time", text: "noon" }];
    expect(answer(text, { results: both })).toEqual({
      text: "`calculate` answered: 2\n\n`current_time` answered: noon",
    });
  });

  it("[M3] stops at a call that failed", () => {
    const text = "call shop with method=GET path=/a then call current_time then ask @grace to look";
    const results = [{ tool: "shop", text: "HTTP 500", isError: true }];
    expect(answer(text, { results })).toEqual({
      text: "`shop` failed: HTTP 500\n\nI stopped there; 1 more not done.",
    });
  });

  it("[M4] passes on to other agents", () => {
    expect(answer("ask @grace to check the sum").text).toBe("@grace check the sum");
    expect(
      answer("call calculate with expression=1 then ask @grace to check", {
        results: [{ tool: "calculate", text: "1" }],
      }).text,
    ).toBe("`calculate` answered: 1\n\n@grace check");
  });
});

describe("speech", () => {
  const said = [
    "[Olive, 9:00] The deployment key is kept in the blue safe.",
    "[Grace, 9:01] Lunch is at noon. @ada please bring bread.",
    "[Olive, 9:02] The deployment runs every Friday from the blue machine.",
  ];

  it("[M5] answers a question by quoting the closest line, never itself, and wakes nobody with it", () => {
    expect(answer("where is the deployment key?", { said }).text).toBe(
      "The closest thing said here:\n> [Olive, 9:00] The deployment key is kept in the blue safe.",
    );
    expect(answer("who brings bread?", { said }).text).toBe(
      "The closest thing said here:\n> [Grace, 9:01] Lunch is at noon. ada please bring bread.",
    );
    expect(answer("what about zebras?", { said }).text).toMatch(/I found nothing about that/);
  });

  it("[M5] summarises in whole lines that were said", () => {
    const { text } = answer("summarise", { said });
    const quotes = text
      .split("\n")
      .slice(1)
      .map((line) => line.replace(/^- /, ""));
    expect(quotes.length).toBe(3);
    for (const quote of quotes)
      expect(said.map((line) => line.replace("@ada", "ada"))).toContain(quote);
    expect(answer("summarise").text).toBe("There is nothing to summarise yet.");
  });

  it("[M6] says what it is when greeted, asked for help or at a loss", () => {
    for (const text of ["hello", "help", "nice weather", "what can you do?"])
      expect(answer(text).text).toMatch(
        /rehearsal model: built in, driven by rules, not an AI model/,
      );
    expect(answer("help").text).toContain("`call calculate with expression=2*(3+4)`");
    expect(answer("help").text).not.toMatch(/@\w/);
  });
});

describe("the stream", () => {
  it("[M7] speaks word by word at its pace, and stops when it is aborted", async () => {
    const clock = new FakeClock(NOW);
    const model = createRehearsal({
      wordDelayMs: 15,
      wait: (ms, signal) => wait(clock, ms, signal),
    });
    const abort = new AbortController();
    const { stream } = await model.doStream({ ...ask("hello"), abortSignal: abort.signal });
    const reader = stream.getReader();
    expect((await reader.read()).value).toEqual({ type: "text-start", id: "text-0" });
    expect((await reader.read()).value).toMatchObject({ delta: "Hello" });
    const second = reader.read();
    await expect.poll(() => clock.waiting).toBe(1);
    clock.pass(15);
    expect((await second).value).toMatchObject({ delta: " Olive." });
    abort.abort();
    await expect(reader.read().then(() => reader.read())).rejects.toThrow();
  });

  it("[M7] reports tokens like every other model", async () => {
    const model = createRehearsal({ wordDelayMs: 0, wait: () => Promise.resolve() });
    const { stream } = await model.doStream(ask("hello"));
    let last: unknown;
    for await (const part of stream) last = part;
    expect(last).toMatchObject({ type: "finish", finishReason: { unified: "stop" } });
  });
});
