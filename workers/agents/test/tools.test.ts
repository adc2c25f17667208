// Tools: arithmetic, time, and the HTTP tool that cannot leave its base URL nor tell its secrets.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { HttpTool, ToolArguments, ToolResult } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { calculate, CalculationError } from "../src/tools/calculate.ts";
import { currentTime } from "../src/tools/current-time.ts";
import { isBelow, targetOf } from "../src/tools/http-target.ts";
import { agentVersion, NOW, openStar, type Star } from "./star.ts";

describe("calculate", () => {
  it.each([
    ["1+2*3", "7"],
    ["(1+2)*3", "9"],
    ["-2^2", "-4"],
    ["2^3^2", "512"],
    ["2**-1", "0.5"],
    ["10 % 4 + .5", "2.5"],
    ["0.1+0.2", "0.3"],
    ["sqrt(16) + max(1, 2, 3) - min(4, 5)", "3"],
    ["round(2.345, 2)", "2.35"],
    ["round(-2.5)", "-2"],
    ["abs(-3) × 2 ÷ 3 − 1", "1"],
    ["2 * PI", "6.28318530717959"],
    ["1e3 + 1", "1001"],
    ["9007199254740991", "9007199254740991"],
  ])("[C1] %s is %s", (expression, value) => {
    expect(calculate(expression)).toBe(value);
  });

  it.each([
    "",
    "1 +",
    "1 2",
    "(1",
    "1)",
    "1/0",
    "5 % 0",
    "sqrt(-1)",
    "2^99999",
    "alert(1)",
    "constructor",
    "toString()",
    "pi()",
    "abs()",
    "abs(1,2)",
    "pow(1)",
    "1;2",
    "x=1",
    "`id`",
    "process.exit()",
    "[1]",
    "'a'",
    `${"(".repeat(200)}1${")".repeat(200)}`,
    "1+".repeat(600),
  ])("[C2] %s has no value, and says why", (expression) => {
    expect(() => calculate(expression)).toThrow(CalculationError);
  });
});

describe("current_time", () => {
  it("[C3] tells date, time, weekday and offset of a zone", () => {
    expect(currentTime(NOW, "Europe/Berlin")).toBe(
      "2026-11-22T13:00:00+01:00 (Sunday, Europe/Berlin). In UTC: 2026-11-22T12:00:00Z.",
    );
    expect(currentTime(NOW, "UTC")).toContain("2026-11-22T12:00:00+00:00 (Sunday, UTC)");
    expect(currentTime(NOW, "Asia/Kolkata")).toContain("17:30:00+05:30");
  });
});

describe("the target of an HTTP call", () => {
  const at = (path: string, baseUrl = "https://api.example/v1/") =>
    targetOf({ baseUrl, fixedQuery: { key: "fixed" }, path, query: { a: "1", key: "model" } }).href;

  it("[H1] is the path below the base URL, its own query first, the configured one over the model's", () => {
    expect(at("/items/7")).toBe("https://api.example/v1/items/7?a=1&key=fixed");
    expect(at("items?b=2&key=x")).toBe("https://api.example/v1/items?b=2&key=fixed&a=1");
    expect(at("")).toBe("https://api.example/v1/?a=1&key=fixed");
    expect(at("/group%2Fproject")).toBe("https://api.example/v1/group%2Fproject?a=1&key=fixed");
    expect(at("/x", "https://api.example")).toBe("https://api.example/x?a=1&key=fixed");
    expect(at("/x", "https://api.example/v1?token=t")).toBe(
      "https://api.example/v1/x?token=t&a=1&key=fixed",
    );
  });

  it.each([
    "../admin",
    "/../admin",
    "a/../../admin",
    "a/..",
    "..",
    "%2e%2e/admin",
    "a/%2E%2e/../admin",
    "%252e%252e/admin",
    "a%2f..%2f..%2fadmin",
    "a/..;/admin",
    "..\\admin",
    "a\\..\\admin",
    "%5c..%5cadmin",
    "//evil.example/x",
    "https://evil.example/x",
    "http:evil.example",
    "/\\evil.example",
    "a/./b",
    "x#y",
    "a\nb",
    "a%0d%0ab",
    "%",
    "%zz",
    "%c0%ae%c0%ae/x",
    "%25252525252e",
  ])("[H1] cannot be %j", (path) => {
    expect(() => at(path)).toThrow(/path|address|segments|encod/i);
  });

  it("[H2] counts as below its base only on the same origin and at a segment's end", () => {
    const base = new URL("https://api.example/v1");
    const below = (url: string) => isBelow(base, new URL(url));
    expect(below("https://api.example/v1")).toBe(true);
    expect(below("https://api.example/v1/a")).toBe(true);
    expect(below("https://api.example/v10/a")).toBe(false);
    expect(below("http://api.example/v1/a")).toBe(false);
    expect(below("https://api.example:8443/v1/a")).toBe(false);
  });
});

describe("POST /tool-calls", () => {
  let service: Server;
  let star: Star;
  let seen: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[];
  let origin: string;

  beforeAll(async () => {
    seen = [];
    service = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (piece: string) => (body += piece));
      request.on("end", () => {
        seen.push({
          method: request.method ?? "",
          url: request.url ?? "",
          headers: request.headers,
          body,
        });
        answer(request, response);
      });
    });
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(service.address() as AddressInfo).port}`;
    origin = `http://${host}`;
    star = await openStar({ env: { EGRESS_ALLOW: host } });
  });
  afterAll(() => {
    service.closeAllConnections();
    service.close();
  });

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "";
    if (path.includes("/json"))
      response.setHeader("content-type", "application/json").end('{"ok":true}');
    else if (path.includes("/echo"))
      response.end(`you sent ${request.headers.authorization} and ${path}`);
    else if (path.includes("/long")) response.end("x".repeat(5000));
    else if (path.includes("/image")) response.setHeader("content-type", "image/png").end("PNG");
    else if (path.includes("/away"))
      response.writeHead(302, { location: "http://169.254.169.254/" }).end();
    else if (path.includes("/moved")) response.writeHead(302, { location: "/v1/json" }).end();
    else if (path.includes("/admin-link")) response.writeHead(302, { location: "/admin" }).end();
    else if (path.includes("/admin"))
      response.end(`admin sees ${request.headers.authorization ?? "nobody"}`);
    else if (path.includes("/slow")) response.write("never");
    else response.writeHead(404).end("nothing here");
  }

  const shop = (over: Partial<HttpTool> = {}): HttpTool => ({
    type: "http",
    name: "shop",
    description: "",
    baseUrl: `${origin}/v1`,
    methods: ["GET", "POST"],
    headers: { authorization: "Bearer top-secret-value" },
    query: { tenant: "hidden-tenant" },
    ...over,
  });

  async function call(
    args: ToolArguments,
    over: Partial<HttpTool> = {},
    tool = "shop",
  ): Promise<ToolResult> {
    version += 1;
    const tools = [
      shop(over),
      { type: "builtin", name: "calculate" } as const,
      { type: "builtin", name: "current_time" } as const,
    ];
    const pin = await star.records.agent(agentVersion({ version, tools }));
    const body = await star.toolCall(pin, { tool, arguments: args });
    lastCall = body.call;
    const response = await star.send("/tool-calls", body);
    expect(response.status).toBe(200);
    return (await response.json()) as ToolResult;
  }
  let version = 500;
  let lastCall = "";

  it("[H3] calls a built-in tool", async () => {
    expect(await call({ expression: "6*7" }, {}, "calculate")).toEqual({
      isError: false,
      text: "42",
    });
    expect((await call({ timeZone: "Mars/Base" }, {}, "current_time")).text).toMatch(/not known/);
    expect(await call({ expression: "1/0" }, {}, "calculate")).toMatchObject({ isError: true });
  });

  it("[H3] answers with an error result for a tool the agent lacks", async () => {
    expect(await call({}, {}, "rm_rf")).toEqual({
      isError: true,
      text: 'There is no tool "rm_rf". This agent has: shop, calculate, current_time.',
    });
  });

  it("[H4] makes a request with the configured headers and query over the model's", async () => {
    const result = await call({
      method: "POST",
      path: "/json",
      headers: { Authorization: "Bearer mine", "x-extra": "1" },
      query: { tenant: "mine", q: "a b" },
      body: { n: 1 },
    });
    expect(result).toEqual({
      isError: false,
      text: 'HTTP 200 OK\ncontent-type: application/json\n\n{"ok":true}',
    });
    const sent = seen.at(-1);
    expect(sent).toMatchObject({
      method: "POST",
      url: "/v1/json?tenant=hidden-tenant&q=a+b",
      body: '{"n":1}',
    });
    expect(sent?.headers).toMatchObject({
      authorization: "Bearer top-secret-value",
      "x-extra": "1",
      "content-type": "application/json",
      "idempotency-key": lastCall,
    });
  });

  it("[H5] takes the configured secrets out of what a service echoes", async () => {
    const { text } = await call({ method: "GET", path: "/echo" });
    expect(text).toContain("you sent");
    expect(text).not.toContain("top-secret-value");
    expect(text).not.toContain("hidden-tenant");
  });

  it.each([
    [{ method: "DELETE", path: "/json" }, /allows GET, POST, not DELETE/],
    [{ method: "GET", path: "/../admin" }, /cannot go up/],
    [{ method: "GET", path: "http://169.254.169.254/" }, /below the tool's base URL/],
    [{ method: "GET", path: "/json", headers: { Host: "evil" } }, /header Host cannot be set/],
    [
      { method: "GET", path: "/json", headers: { "x-a": "b\r\nx-c: d" } },
      /value of the header x-a/,
    ],
    [{ method: "GET", path: "/json", body: "x" }, /GET request has no body/],
    [{ path: "/json" }, /Missing: method/],
    [{ method: "GET", path: "/json", verb: "x" }, /no argument "verb"/],
  ])("[H6] refuses %j without a request", async (args, words) => {
    const before = seen.length;
    const result = await call(args);
    expect(result).toMatchObject({ isError: true, text: expect.stringMatching(words) as string });
    expect(seen.length).toBe(before);
  });

  it("[H7] tells a failing status as an error, and what the service said", async () => {
    expect(await call({ method: "GET", path: "/missing" })).toEqual({
      isError: true,
      text: "HTTP 404 Not Found\n\nnothing here",
    });
  });

  it("[H7] cuts a long answer with a note, and describes what is no text", async () => {
    const long = await call({ method: "GET", path: "/long" }, { maxResponseBytes: 1024 });
    expect(long.text).toMatch(/x{1024}\n\n\[cut here: the answer is larger than 1024 bytes\]/);
    expect((await call({ method: "GET", path: "/image" })).text).toMatch(
      /image\/png.*not text, not shown/,
    );
  });

  it("[H7] gives up after the tool's timeout", async () => {
    const result = await call({ method: "GET", path: "/slow" }, { timeoutMs: 100 });
    expect(result).toEqual({
      isError: true,
      text: "The request failed: No complete answer within 100 ms.",
    });
  });

  it("[H8] follows a redirect below the base URL, and elsewhere only to open addresses and without credentials", async () => {
    expect((await call({ method: "GET", path: "/moved" })).text).toContain('{"ok":true}');
    expect((await call({ method: "GET", path: "/admin-link" })).text).toContain(
      "admin sees nobody",
    );
    const away = await call({ method: "GET", path: "/away" });
    expect(away).toMatchObject({
      isError: true,
      text: expect.stringMatching(
        /^The request failed: .*169\.254\.169\.254 is a metadata address/,
      ) as string,
    });
  });

  it("[H9] does not reach local addresses that the operator did not list", async () => {
    const before = seen.length;
    const result = await call(
      { method: "GET", path: "/json" },
      { baseUrl: origin.replace("127.0.0.1", "localhost") },
    );
    expect(result).toMatchObject({
      isError: true,
      text: expect.stringMatching(/not sent/) as string,
    });
    expect(seen.length).toBe(before);
  });
});
