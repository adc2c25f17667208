// The tools that work in sandboxes: what models are told of them, how calls are judged, and that none is made here.
import {
  LOOKING_TOOLS,
  SANDBOX_TOOLS,
  type SandboxTool,
  type ToolArguments,
  type ToolConfig,
} from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { judgeCall, toolDefinitions } from "../src/tools/agent-tools.ts";
import { agentVersion, openStar } from "./star.ts";

const TOOLS: readonly ToolConfig[] = SANDBOX_TOOLS.map((name) => ({ type: "builtin", name }));

/** One call of every tool that could be made. */
const CALLS: Readonly<Record<SandboxTool, ToolArguments>> = {
  read_file: { path: "a.ts", from: 10, lines: 20 },
  list_files: {},
  search_files: { pattern: "TODO", glob: "**/*.ts", limit: 20 },
  read_process: { process: "p1", from: 0, waitSeconds: 10 },
  preview: { port: 5_173 },
  run_command: { command: "npm test", cwd: "app", timeoutSeconds: 1_800, background: false },
  write_process: { process: "p1", input: "y\n", close: true },
  stop_process: { process: "p1" },
  write_file: { path: "a.ts", content: "" },
  edit_file: { path: "a.ts", old: "a", new: "b", all: true, etag: '"x"' },
  apply_patch: { patch: "--- a\n+++ b\n" },
  start_server: { command: "npm run dev", port: 5_173, waitSeconds: 60 },
};

describe("tools of sandboxes", () => {
  it("[C6] are told to models, each with the sandbox it may name", () => {
    const definitions = toolDefinitions(TOOLS);
    expect(definitions.map(({ name }) => name)).toEqual([...SANDBOX_TOOLS].toSorted());
    for (const { description, schema } of definitions) {
      expect(description.length).toBeGreaterThan(20);
      expect(schema.properties["sandbox"]?.type).toBe("string");
      expect(schema.required).not.toContain("sandbox");
      for (const name of schema.required) expect(Object.keys(schema.properties)).toContain(name);
    }
  });

  it.each(SANDBOX_TOOLS)(
    "[C6] %s has an effect unless it only looks, whatever it is given",
    (name) => {
      const effect = !LOOKING_TOOLS.some((known) => known === name);
      expect(judgeCall(TOOLS, name, { ...CALLS[name], sandbox: "work" })).toEqual({ effect });
      const wrong = judgeCall(TOOLS, name, { ...CALLS[name], sandbox: 7 });
      expect(wrong).toEqual({ effect, invalid: '"sandbox" must be of type string.' });
    },
  );

  it.each<[SandboxTool, ToolArguments, string]>([
    ["run_command", {}, "Missing: command."],
    [
      "run_command",
      { command: "x", timeoutSeconds: 1_801 },
      '"timeoutSeconds" must be at least 1 and at most 1800.',
    ],
    ["run_command", { command: ["x"] }, '"command" must be of type string.'],
    ["preview", { port: 0 }, '"port" must be at least 1 and at most 65535.'],
    ["edit_file", { path: "a", old: "b" }, "Missing: new."],
    [
      "read_file",
      { path: "a", env: {} },
      'There is no argument "env". Known: path, from, lines, sandbox.',
    ],
  ])("[C6] %s %j says what is wrong with its arguments", (name, args, invalid) => {
    expect(judgeCall(TOOLS, name, args).invalid).toBe(invalid);
  });

  it("[C6] keep their names: an HTTP tool that has one cannot be called", () => {
    const http = { type: "http", description: "", baseUrl: "https://x.example" } as const;
    for (const name of SANDBOX_TOOLS) {
      const taken: ToolConfig = { ...http, name, methods: ["GET", "POST"] };
      const { invalid } = judgeCall([taken], name, { method: "GET", path: "/" });
      expect(invalid).toMatch(/belongs to a tool of sandboxes\. .* needs another one/);
    }
  });

  it("[C7] are called by a Sandbox Host alone: here a call of one is an error that says so, and claims nothing", async () => {
    const star = await openStar();
    const pin = await star.records.agent(agentVersion({ tools: [...TOOLS] }));
    for (const tool of SANDBOX_TOOLS) {
      const body = await star.toolCall(pin, { tool, arguments: CALLS[tool] });
      const response = await star.send("/tool-calls", body);
      expect([tool, response.status]).toEqual([tool, 200]);
      expect(await response.json()).toEqual({
        isError: true,
        text: `A Sandbox Host makes calls of ${tool}, in a sandbox of the group. Nothing was done here.`,
      });
    }
    expect(star.claims.asked).toEqual([]);
  });
});
