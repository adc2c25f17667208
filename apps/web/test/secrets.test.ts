// Secrets in a tool's headers and query, and the words of refusals at their fields.
import { RequestProblem } from "@acos/client";
import type { HttpTool } from "@acos/protocol";
import { expect, it } from "vitest";

import {
  draftOfTool,
  fitsHost,
  isInClear,
  isTwice,
  secretIn,
  toolOf,
  withSecret,
} from "../src/agents/http-tool-draft.ts";
import { fieldProblems } from "../src/queries.ts";
import { hostsIn } from "../src/settings/secret-hosts.ts";

it.each([
  ["Authorization", "Bearer abcdefgh"],
  ["X-Api-Key", "abcdefgh"],
  ["Cookie", "session=abcdefgh"],
  ["x-whatever", "bearer abcdefgh"],
  ["api_key", "abcdefgh"],
  ["access_token", "abcdefgh"],
])("[W11] %s: %s is a credential in clear", (name, value) => {
  expect(isInClear({ name, value })).toBe(true);
});

it.each([
  ["Authorization", "Bearer {{secret:tickets}}"],
  ["Authorization", ""],
  ["X-Api-Key", "{{secret:tickets}}"],
  ["accept", "application/json"],
  ["keyword", "monkey"],
])("[W11] %s: %s is none", (name, value) => {
  expect(isInClear({ name, value })).toBe(false);
});

it.each([
  ["Authorization", "Bearer abcdefgh", "Bearer {{secret:new}}"],
  ["authorization", "", "Bearer {{secret:new}}"],
  ["authorization", "Basic {{secret:old}}", "Basic {{secret:new}}"],
  ["X-Api-Key", "abcdefgh", "{{secret:new}}"],
  ["Cookie", "session={{secret:old}}; theme=dark", "session={{secret:new}}; theme=dark"],
])("[W12] %s: %s becomes %s", (name, value, filled) => {
  expect(withSecret({ name, value }, "new")).toBe(filled);
  expect(secretIn(filled)).toBe("new");
});

const TOOL: HttpTool = {
  type: "http",
  name: "tickets",
  description: "Tickets.",
  baseUrl: "https://tickets.example.com/api",
  methods: ["GET"],
  headers: { authorization: "Bearer {{secret:tickets}}", accept: "text/plain" },
  query: { team: "7" },
  timeoutMs: 5_000,
  maxResponseBytes: 2_048,
};

it("[W13] an edit of something else keeps what a tool has", () => {
  expect(toolOf({ ...draftOfTool(TOOL), name: "other" })).toEqual({ ...TOOL, name: "other" });
});

it("[W13] rows are sent as they are, empty ones not at all", () => {
  const draft = draftOfTool(TOOL);
  const headers = [
    { name: "x-a", value: "1" },
    { name: "", value: "" },
    { name: "x-b", value: "" },
  ];
  const { headers: sent, query } = toolOf({ ...draft, headers, query: [] });
  expect(sent).toEqual({ "x-a": "1", "x-b": "" });
  expect(query).toBeUndefined();
});

it("[W14] a name that comes twice is found at its second row", () => {
  const pairs = ["Accept", "accept", ""].map((name) => ({ name, value: "x" }));
  expect(pairs.map((_pair, index) => isTwice(pairs, index, true))).toEqual([false, true, false]);
  expect(isTwice(pairs, 1, false)).toBe(false);
});

it("[W15] a secret fits the host it is kept for, with or without the port", () => {
  const { baseUrl } = TOOL;
  expect(fitsHost(["tickets.example.com"], baseUrl)).toBe(true);
  expect(fitsHost(["127.0.0.1"], "http://127.0.0.1:81/x")).toBe(true);
  expect(fitsHost(["127.0.0.1:82"], "http://127.0.0.1:81/x")).toBe(false);
  expect(fitsHost(["127.0.0.1:81"], "http://127.0.0.1:81/x")).toBe(true);
  expect(fitsHost(["example.com"], baseUrl)).toBe(false);
  expect(fitsHost(["example.com"], "https:/")).toBe(true);
});

it("[W16] what is wrong with a field is found by its name, the first thing said of it", () => {
  const details = [
    { field: "hosts.0", problem: "must be a host" },
    { field: "hosts.1", problem: "must be a host, too" },
    { field: "value", problem: "too short" },
    "something else",
  ];
  const refusal = new RequestProblem({ code: "invalid_request", message: "No.", details }, 400);
  expect(fieldProblems(refusal)).toEqual({ hosts: "must be a host", value: "too short" });
  expect(fieldProblems(new Error("no answer"))).toEqual({});
});

it("[W17] hosts stand one a line or with commas between", () => {
  expect(hostsIn(" api.example.com,\n\n b.example.com:8443 api.example.com ")).toEqual([
    "api.example.com",
    "b.example.com:8443",
  ]);
});
