// The way out: which binding a request goes through, and that nothing forbidden is asked of any.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { HttpTool, ToolArguments, ToolResult, TurnPart } from "@acos/protocol";
import { beforeEach, describe, expect, it } from "vitest";

import { agentVersion, briefing, openStar, ORG, partsOf, type Star } from "./star.ts";

const VECTORS = join(import.meta.dirname, "../../../../shared/vectors/ssrf.json");

let asked: string[];
let star: Star;
let answer: (url: string) => Promise<Response>;

const ask = (name: string) => (url: string) => {
  asked.push(`${name} ${url}`);
  return answer(url);
};
const network = (name: string) => ({ fetch: ask(name) });
const NETWORKS = {
  PUBLIC_NETWORK: network("public"),
  LOCAL_NETWORK: network("local"),
  LISTED_NETWORK: network("listed"),
};
const OPEN = { ALLOW_LOCAL_EGRESS: "true", EGRESS_ALLOW: "box.local:9" };

beforeEach(async () => {
  asked = [];
  answer = () =>
    Promise.resolve(new Response("yes", { headers: { "content-type": "text/plain" } }));
  star = await openStar({ env: { ...OPEN, ...NETWORKS }, fetcher: ask("outside") });
});

let version = 0;

async function call(baseUrl: string, args: ToolArguments, on = star): Promise<ToolResult> {
  version += 1;
  const tool: HttpTool = {
    type: "http",
    name: "far",
    description: "",
    baseUrl,
    methods: ["GET"],
    headers: { "x-key": "secret" },
  };
  const pin = await on.records.agent(agentVersion({ version, tools: [tool] }));
  const wanted = await on.toolCall(pin, { tool: "far", arguments: args });
  const response = await on.send("/tool-calls", wanted);
  // A version that cannot be read is no call at all.
  return response.ok
    ? ((await response.json()) as ToolResult)
    : { isError: true, text: await response.text() };
}

async function turn(baseUrl: string, on = star): Promise<TurnPart[]> {
  version += 1;
  const about = { org: ORG, name: "mine", version, kind: "openai-compatible" as const, baseUrl };
  const provider = await on.records.provider(about);
  const pin = await on.records.agent(agentVersion({ version, model: "mine/m" }));
  return partsOf(await on.send("/turns", { briefing: briefing({ ...pin, provider }, "hi") }));
}

const GET = { method: "GET", path: "/x" };

describe("the way out", () => {
  it("[N1] of a tool call is public, or listed where the operator named the host", async () => {
    expect(await call("https://api.example.com", GET)).toMatchObject({ isError: false });
    expect(await call("http://box.local:9", GET)).toMatchObject({ isError: false });
    expect(await call("http://127.0.0.1:9", GET)).toMatchObject({ isError: true });
    expect(asked).toEqual(["public https://api.example.com/x", "listed http://box.local:9/x"]);
  });

  it("[N1] of a turn is public, local or listed", async () => {
    const bases = [
      "https://m.example.com/v1",
      "http://127.0.0.1:11434/v1",
      "http://box.local:9/v1",
    ];
    for (const base of bases) await turn(base);
    expect(asked).toEqual([
      "public https://m.example.com/v1/chat/completions",
      "local http://127.0.0.1:11434/v1/chat/completions",
      "listed http://box.local:9/v1/chat/completions",
    ]);
  });

  it("[N2] is the one network there is where none are bound", async () => {
    const alone = await openStar({ env: OPEN, fetcher: ask("outside") });
    await call("https://api.example.com", GET, alone);
    await call("http://box.local:9", GET, alone);
    expect(asked.map((one) => one.split(" ")[0])).toEqual(["outside", "outside"]);
  });

  it.each(Object.keys(NETWORKS))(
    "[N2] is an error without %s beside the others",
    async (missing) => {
      const env = { ...NETWORKS, [missing]: undefined };
      const broken = await openStar({ env, fetcher: ask("outside") });
      const result = await call("https://api.example.com", GET, broken);
      expect(result.text).toContain('"code":"internal"');
      expect(JSON.stringify(broken.logged)).toContain("Bind PUBLIC_NETWORK");
      expect(asked).toEqual([]);
    },
  );

  it("[N4] that ends at nothing is told without the runtime's own words", async () => {
    answer = () => Promise.reject(new Error("internal error; reference = 6rp84md3ah8dhs90"));
    const result = await call("https://rebound.example.com", GET);
    expect(result).toEqual({
      isError: true,
      text: "The request failed: rebound.example.com could not be reached, or its name leads to an address that is closed.",
    });
    const last = (await turn("https://rebound.example.com")).at(-1);
    expect(last).toMatchObject({ type: "failure", problem: { code: "provider_failed" } });
    expect(JSON.stringify(last)).toContain("rebound.example.com could not be reached");
    expect(JSON.stringify([last, star.logged])).not.toMatch(/internal error|reference/);
  });
});

describe("the attack list", () => {
  if (!existsSync(VECTORS)) {
    it("VECTORS LEFT OUT: ssrf.json", () => {
      if (process.env["CI"] === "true") throw new Error("CI must have ../shared/vectors/ssrf.json");
      console.warn("*** ssrf.json: vectors left out, nothing was tested with them ***");
    });
    return;
  }
  const { cases } = JSON.parse(readFileSync(VECTORS, "utf8")) as {
    readonly cases: readonly { readonly url?: string }[];
  };
  const urls = cases.flatMap(({ url }) => (url === undefined ? [] : [url]));

  it("[N3] makes no connection as a tool's base URL", async () => {
    expect(urls.length).toBeGreaterThan(300);
    const open = await openStar({ env: NETWORKS, fetcher: ask("outside") });
    for (const url of urls) expect(await call(url, GET, open)).toMatchObject({ isError: true });
    expect(asked).toEqual([]);
  });

  it("[N3] makes no connection as a provider's base URL", async () => {
    const closed = await openStar({ env: NETWORKS, fetcher: ask("outside") });
    for (const url of urls) expect((await turn(url, closed)).at(-1)?.type).toBe("failure");
    expect(asked).toEqual([]);
  });

  it("[N3] makes no connection as the target of a tool's or a provider's redirect", async () => {
    for (const url of urls) {
      const location = url.replaceAll(/[^\x20-\x7e]/g, encodeURIComponent);
      const moved = new Response(null, { status: 302, headers: { location } });
      answer = (to) =>
        Promise.resolve(to.includes("//a.example.com/") ? moved.clone() : new Response("in"));
      asked = [];
      await call("https://a.example.com", GET);
      await turn("https://a.example.com");
      const sent = asked.filter((one) => !one.startsWith("public https://a.example.com/"));
      expect([url, sent]).toEqual([url, []]);
    }
  });

  it("[N3] has no way to ask an open host for another one", async () => {
    for (const headers of [
      { Host: "inner" },
      { host: "169.254.169.254" },
      { ":authority": "inner" },
    ])
      expect(await call("https://8.8.8.8", { ...GET, headers })).toMatchObject({ isError: true });
    const connect = { method: "CONNECT", path: "/127.0.0.1:22" };
    expect(await call("https://8.8.8.8", connect)).toMatchObject({ isError: true });
    expect(asked).toEqual([]);
  });
});
