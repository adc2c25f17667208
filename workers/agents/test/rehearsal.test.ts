// The rehearsal model: what it understands, that it quotes and never invents, and how it speaks.
import {
  SANDBOX_TOOLS,
  type Briefing,
  type RunStep,
  type ToolArguments,
  type ToolConfig,
} from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { wait } from "../src/clock.ts";
import { composeCall } from "../src/prompt.ts";
import { answerCall } from "../src/models/rehearsal-answer.ts";
import { createRehearsal } from "../src/models/rehearsal.ts";
import { agentVersion, briefing, CALL, FakeClock, labelled, NOW } from "./star.ts";

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
const SEARCHING: readonly ToolConfig[] = [
  { type: "builtin", name: "recall" },
  { type: "builtin", name: "read_message" },
];
const IN_SANDBOXES: readonly ToolConfig[] = SANDBOX_TOOLS.map((name) => ({
  type: "builtin",
  name,
}));

interface Scene {
  readonly said?: readonly string[];
  readonly results?: readonly { tool: string; text: string; isError?: boolean }[];
  readonly tools?: readonly ToolConfig[];
  readonly blocks?: Partial<Pick<Briefing, "pinned" | "summary" | "window">>;
}

function ask(text: string, { said = [], results = [], tools = TOOLS, blocks }: Scene = {}) {
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
  return composeCall({ ...brief, window, steps, ...blocks }, agentVersion({ tools: [...tools] }));
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
    ['call recall with query="launch code" limit=5', "recall", { query: "launch code", limit: 5 }],
    ['call read_message with message="#12"', "read_message", { message: "#12" }],
    [
      "@ada call read_message with message=#12 from=4000",
      "read_message",
      { message: "#12", from: 4_000 },
    ],
  ])("[M1] %s", (text, tool, args) => {
    expect(called(text, { tools: [...TOOLS, ...SEARCHING] })).toEqual([tool, args]);
  });

  it.each<[string, string, ToolArguments]>([
    ["call run_command with command=npm test", "run_command", { command: "npm test" }],
    [
      "call run_command with command='echo one; then echo two' timeoutSeconds=5 background=true",
      "run_command",
      { command: "echo one; then echo two", timeoutSeconds: 5, background: true },
    ],
    [
      String.raw`call run_command with command="printf \"a b\" > \\x\nls" cwd=src`,
      "run_command",
      { command: 'printf "a b" > \\x\nls', cwd: "src" },
    ],
    [
      "@ada call write_file with path=src/a.ts content=```ts\nconst a = 1;\n\nthen(b); // call x\n```",
      "write_file",
      { path: "src/a.ts", content: "const a = 1;\n\nthen(b); // call x\n" },
    ],
    [
      "call edit_file with path=a old=```\none=1\n``` new=\n```\none = 2\n```",
      "edit_file",
      { path: "a", old: "one=1\n", new: "one = 2\n" },
    ],
    ["run `make all`", "run_command", { command: "make all" }],
    ["run this:\n```sh\nnpm ci\nnpm test\n```", "run_command", { command: "npm ci\nnpm test" }],
    ["call preview with port=5173", "preview", { port: 5_173 }],
  ])("[M1] in a sandbox: %j", (text, tool, args) => {
    expect(called(text, { tools: IN_SANDBOXES })).toEqual([tool, args]);
  });

  it("[M1] a block is one value among several calls", () => {
    const text = "call write_file with path=a content=```\nx\n```\nthen run `cat a`";
    expect(called(text, { tools: IN_SANDBOXES })).toEqual([
      "write_file",
      { path: "a", content: "x\n" },
    ]);
    const results = [{ tool: "write_file", text: "Written." }];
    expect(called(text, { tools: IN_SANDBOXES, results })).toEqual([
      "run_command",
      { command: "cat a" },
    ]);
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

  it("[M5] reads the group's labels: it quotes what stands below them, with the message's number", () => {
    const window = [
      labelled(7, "@ada where is the deployment key?"),
      labelled(8, "In short:\nThe deployment key is kept in the blue safe."),
      labelled(9, "> The mill is far away. [#3]", "Grace (@grace, agent)"),
    ];
    const quoted = (text: string) => answer(text, { blocks: { window } }).text.split("\n")[1];
    expect(quoted("where is the deployment key?")).toBe(
      "> The deployment key is kept in the blue safe. [#8]",
    );
    expect(quoted("what did grace say of the mill?")).toBe("> The mill is far away. [#3]");
    expect(answer("what is in UTC?", { blocks: { window } }).text).toMatch(/found nothing/);
  });

  it("[M5] quotes the summary and what is pinned too", () => {
    const blocks = {
      pinned: [labelled(3, "The wifi password is heron-41.")],
      summary:
        "## Goals\n- Ship on Friday [#12, #15]\n## Open questions\n- who pays for the mill? [#16]",
    };
    const quoted = (text: string) => answer(text, { blocks }).text.split("\n")[1];
    expect(quoted("what is the wifi password?")).toBe("> The wifi password is heron-41. [#3]");
    expect(quoted("what are the goals?")).toBe("> Ship on Friday [#12, #15]");
    expect(answer("who pays for the mill?", { blocks }).text).toMatch(/found nothing/);
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

describe("a question that nothing it was told answers", () => {
  const question = "@ada what is the launch code of project Heron?";
  const found = [
    "3 messages fit:",
    "#200 2026-11-26 Olive (@olive): @ada what is the launch code of project Heron?",
    "#40 2026-09-02 Grace (@grace): the launch code of project Falcon is 1111-AA",
    "#12 2026-09-01 Olive (@olive): remember: the launch code of project Heron is 7741-KX, @ada",
  ].join("\n");

  it("[M10] is searched for by its telling words, and answered by the best hit with its number", () => {
    const scene = { tools: SEARCHING };
    expect(called(question, scene)).toEqual(["recall", { query: "launch code project Heron" }]);
    const results = [{ tool: "recall", text: found }];
    expect(answer(question, { ...scene, results })).toEqual({
      text: "Found further back:\n> #12 2026-09-01 Olive (olive): remember: the launch code of project Heron is 7741-KX, ada",
    });
  });

  it("[M10] is never answered by its own words", () => {
    const asked = "find the launch code of Heron";
    const hits = `#200 2026-11-26 Olive (@olive): @ada ${asked}\n#12 2026-09-01 Olive (@olive): Heron has the code 7741`;
    const results = [{ tool: "recall", text: hits }];
    expect(answer(`@ada ${asked}`, { tools: SEARCHING, results }).text).toContain("> #12 ");
  });

  it("[M10] is searched for although a line shares many of its words, but not when one has them all", () => {
    const search = (line: string) =>
      called(question, { tools: SEARCHING, blocks: { window: [labelled(7, line)] } });
    expect(search("the launch code of project Falcon is 1111-AA")?.[0]).toBe("recall");
    expect(search("who knows the launch code of project Heron?")?.[0]).toBe("recall");
    expect(search("the launch code of project Heron is 7741-KX")).toBeUndefined();
  });

  it("[M10] is answered from what is told where the search finds nothing or the agent cannot search", () => {
    const blocks = { window: [labelled(7, "project Heron goes well")] };
    const results = [{ tool: "recall", text: "No message fits." }];
    const closest = "The closest thing said here:\n> project Heron goes well [#7]";
    expect(answer(question, { tools: SEARCHING, results, blocks }).text).toBe(closest);
    expect(answer(question, { tools: [], blocks })).toEqual({ text: closest });
    const failed = [{ tool: "recall", text: "not now", isError: true }];
    expect(answer(question, { tools: SEARCHING, results: failed }).text).toBe(
      "`recall` failed: not now",
    );
  });

  it("[M10] is one of several acts, each with its own result", () => {
    const text = "call calculate with expression=1+1\nwho keeps vault 17?\nask @grace to check";
    const tools = [...TOOLS, ...SEARCHING];
    const one = [{ tool: "calculate", text: "2" }];
    expect(called(text, { tools, results: one })).toEqual(["recall", { query: "keeps vault 17" }]);
    const both = [
      ...one,
      { tool: "recall", text: "#4 2026-01-01 Olive (@olive): Ben keeps vault 17" },
    ];
    expect(answer(text, { tools, results: both }).text).toBe(
      "`calculate` answered: 2\n\nFound further back:\n> #4 2026-01-01 Olive (olive): Ben keeps vault 17\n\n@grace check",
    );
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
