// What of an agent's configuration leaves the installation in a bundle.
import { describe, expect, it } from "vitest";

import type { HttpTool } from "@acos/protocol";

import { withoutCredentials } from "../src/bundle/shareable-config.ts";

const desk: HttpTool = {
  type: "http",
  name: "desk",
  description: "The desk.",
  baseUrl: "https://desk.example.org/v1",
  methods: ["GET"],
};
const shared = (tool: Partial<HttpTool>) => {
  const { tools } = withoutCredentials({
    handle: "ada",
    name: "Ada",
    instructions: "",
    model: "rehearsal/rehearsal-1",
    tools: [
      { type: "builtin", name: "calculate" },
      { ...desk, ...tool },
    ],
  });
  return tools[1] as HttpTool;
};

describe("a configuration that is shared", () => {
  it.each([
    "Authorization",
    "Proxy-Authorization",
    "Cookie",
    "X-Api-Key",
    "x-apikey",
    "X-Auth-Token",
    "X-Shop-Access-Token",
    "Private-Token",
    "x-functions-key",
    "X-Hub-Signature",
    "X-Client-Secret",
  ])("[CO6] has no literal %s", (name) => {
    expect(shared({ headers: { [name]: "hunter2" } }).headers).toEqual({ [name]: "" });
  });

  it.each(["api_key", "apikey", "key", "access_token", "sig", "appid", "password"])(
    "[CO6] has no literal %s in a query or a base URL",
    (name) => {
      expect(shared({ query: { [name]: "hunter2" } }).query).toEqual({ [name]: "" });
      const baseUrl = `https://desk.example.org/v1?${name}=hunter2&page=1`;
      expect(shared({ baseUrl }).baseUrl).toBe(`https://desk.example.org/v1?${name}=&page=1`);
    },
  );

  it("[CO6] has no literal that looks random, whatever its name is", () => {
    const headers = { "x-desk": "sk-live-9f86d081884c7d65", "x-team": "blue" };
    expect(shared({ headers }).headers).toEqual({ "x-desk": "", "x-team": "blue" });
  });

  it("[CO6] keeps placeholders of secrets, and no literal beside one", () => {
    const kept = {
      authorization: "Bearer {{secret:desk}}",
      "x-api-key": "{{secret:desk}}",
      "x-pair": "{{secret:one}}{{secret:two}}",
    };
    expect(shared({ headers: kept }).headers).toEqual(kept);
    const beside = { authorization: "Basic hunter2{{secret:desk}}" };
    expect(shared({ headers: beside }).headers).toEqual({ authorization: "" });
  });

  it("[CO6] keeps what says nothing of anybody, word for word", () => {
    const tool = {
      baseUrl: "https://desk.example.org/v1?page=1&q=a%20b",
      headers: { accept: "application/vnd.desk.v3+json", "x-version": "2022-11-28" },
      query: { keyword: "fish", sort: "newest" },
    };
    expect(shared(tool)).toEqual({ ...desk, ...tool });
  });
});
