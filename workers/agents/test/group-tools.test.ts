// The tools that the group answers itself: what models are told of them, and that nothing here answers for the group.
import { BUILTIN_TOOLS, GROUP_TOOLS, type ToolArguments, type ToolConfig } from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { judgeCall, toolDefinitions } from "../src/tools/agent-tools.ts";
import { agentVersion, openStar } from "./star.ts";

const TOOLS: readonly ToolConfig[] = BUILTIN_TOOLS.map((name) => ({ type: "builtin", name }));

describe("recall and read_message", () => {
  it("[C4] are told to models with their arguments", () => {
    const [recall, read] = ["recall", "read_message"].map((name) =>
      toolDefinitions(TOOLS).find((tool) => tool.name === name),
    );
    expect(recall?.schema).toMatchObject({
      properties: {
        query: { type: "string" },
        limit: { type: "integer", minimum: 1, maximum: 20 },
      },
      required: ["query"],
      additionalProperties: false,
    });
    expect(read?.schema).toMatchObject({
      properties: { message: { type: "string" }, from: { type: "integer", minimum: 0 } },
      required: ["message"],
      additionalProperties: false,
    });
  });

  it.each<[string, ToolArguments, string | undefined]>([
    ["recall", { query: "launch code" }, undefined],
    ["recall", { query: "launch code", limit: 20 }, undefined],
    ["recall", { query: "launch code", limit: null }, undefined],
    ["recall", {}, "Missing: query."],
    ["recall", { query: 7 }, '"query" must be of type string.'],
    ["recall", { query: "x", limit: 2.5 }, '"limit" must be of type integer.'],
    ["recall", { query: "x", limit: "3" }, '"limit" must be of type integer.'],
    ["recall", { query: "x", limit: 0 }, '"limit" must be at least 1 and at most 20.'],
    ["recall", { query: "x", limit: 21 }, '"limit" must be at least 1 and at most 20.'],
    ["read_message", { message: "#12" }, undefined],
    ["read_message", { message: "#12", from: 4_000 }, undefined],
    ["read_message", { message: "#12", from: -1 }, '"from" must be at least 0.'],
  ])(
    "[C4] %s %j has no effect, and says what is wrong with its arguments",
    (name, args, invalid) => {
      const judged = { effect: false, ...(invalid !== undefined && { invalid }) };
      expect(judgeCall(TOOLS, name, args)).toEqual(judged);
    },
  );

  it("[C4] keep their names: an HTTP tool that has one cannot be called", () => {
    const http = { type: "http", description: "", baseUrl: "https://x.example" } as const;
    const shop: ToolConfig = { ...http, name: "recall", methods: ["GET", "POST"] };
    const call = { method: "GET", path: "/" };
    expect(judgeCall([shop], "recall", call).invalid).toMatch(/needs another one/);
    expect(judgeCall([{ ...shop, name: "remember" }], "remember", call).invalid).toBeUndefined();
  });

  it("[C5] are answered by the group alone: here a call of one is an error that says so", async () => {
    const star = await openStar();
    const pin = await star.records.agent(agentVersion({ tools: [...TOOLS] }));
    const given: Record<(typeof GROUP_TOOLS)[number], ToolArguments> = {
      recall: { query: "x" },
      read_message: { message: "#1" },
    };
    for (const tool of GROUP_TOOLS) {
      const body = await star.toolCall(pin, { tool, arguments: given[tool] });
      const response = await star.send("/tool-calls", body);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        isError: true,
        text: `The group answers ${tool} itself, from its own log. Nothing was done here.`,
      });
    }
  });
});
