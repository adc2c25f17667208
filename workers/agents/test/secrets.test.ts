// Secrets at the egress: opened for one call and one host, taken out of what comes back, read anew when they may have changed.
import { type GroupId, type HttpTool, type SealedRecord, type ToolResult } from "@acos/protocol";
import {
  generateMasterKey,
  makeDataKey,
  parseMasterKeys,
  rewrapDataKey,
  sealSecret,
} from "@acos/trust";
import { beforeEach, describe, expect, it } from "vitest";

import { agentVersion, GROUP, openStar, ORG, OTHER_GROUP, type Star } from "./star.ts";
import { withoutValues } from "../src/secrets/hidden-values.ts";

const VALUE = 'desk-"token"-/+=&0123456789';
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

const HOST = "api.example.com";

/** What reached the service; it answers with all that it was sent. */
let hits: { readonly url: string; readonly authorization: string | null }[] = [];
beforeEach(() => {
  hits = [];
});

function service(url: string, init: RequestInit): Promise<Response> {
  const authorization = new Headers(init.headers).get("authorization");
  hits.push({ url, authorization });
  return Promise.resolve(Response.json({ url, authorization }));
}

interface Kept {
  readonly name?: string;
  readonly value?: string;
  readonly hosts?: readonly string[] | null;
  readonly group?: GroupId;
}

/** A sealed record as the Orchestrator hands it out. */
async function sealedRecord(masterKey: string, { name = "desk", value = VALUE, hosts }: Kept) {
  const org = ORG;
  const { dataKey, wrapped } = await makeDataKey(
    await parseMasterKeys(masterKey),
    { org, version: 1 },
    random,
  );
  const sealed = await sealSecret(dataKey, { name, version: 1, plaintext: value }, random);
  const to = hosts === undefined ? [HOST] : hosts && [...hosts];
  const record: SealedRecord = { org, name, version: 1, hosts: to, sealed, dataKey: wrapped };
  return record;
}

function keep(star: Star, record: SealedRecord, group: GroupId = GROUP): void {
  const path = `/groups/${group}/secrets/${ORG}/${record.name}`;
  star.records.bodies.set(path, JSON.stringify(record));
}

const openWith = (masterKey: string) =>
  openStar({ env: { MASTER_KEY: masterKey }, fetcher: service });

const desk = (over: Partial<HttpTool> = {}): HttpTool => ({
  type: "http",
  name: "desk",
  description: "The desk.",
  baseUrl: `https://${HOST}/desk`,
  methods: ["GET"],
  headers: { authorization: "Bearer {{secret:desk}}" },
  ...over,
});

async function call(star: Star, tool: HttpTool): Promise<ToolResult> {
  const pin = await star.records.agent(agentVersion({ tools: [tool] }));
  const wanted = { tool: "desk", arguments: { method: "GET", path: "/x" } };
  const response = await star.send("/tool-calls", await star.toolCall(pin, wanted));
  return (await response.json()) as ToolResult;
}

describe("a tool's secret", () => {
  it("[SE1] is put into headers and query for the call, and is taken out of what comes back", async () => {
    const master = generateMasterKey();
    const star = await openWith(master);
    keep(star, await sealedRecord(master, {}));
    const result = await call(star, desk({ query: { key: "{{secret:desk}}" } }));
    expect(hits.at(-1)?.authorization).toBe(`Bearer ${VALUE}`);
    expect(new URL(hits.at(-1)!.url).searchParams.get("key")).toBe(VALUE);
    expect(result.isError).toBe(false);
    expect(result.text).toContain("[configured value]");
    expect(result.text).not.toContain("token");
  });

  it("[SE2] goes to its own hosts only", async () => {
    const master = generateMasterKey();
    const star = await openWith(master);
    keep(star, await sealedRecord(master, { hosts: ["other.example.com"] }));
    const result = await call(star, desk());
    expect(result).toMatchObject({ isError: true });
    expect(result.text).toContain("may not be sent to");
    expect(hits).toEqual([]);
  });

  it("[SE3] of another group, or none at all, sends nothing and says so", async () => {
    const master = generateMasterKey();
    const star = await openWith(master);
    keep(star, await sealedRecord(master, {}), OTHER_GROUP);
    const result = await call(star, desk());
    expect(result.text).toContain('The secret "desk" of the tool desk is not there');
    expect(hits).toEqual([]);
  });

  it("[SE4] is read again after fifteen seconds, so that a deleted one is not used for longer", async () => {
    const master = generateMasterKey();
    const star = await openWith(master);
    keep(star, await sealedRecord(master, {}));
    expect((await call(star, desk())).isError).toBe(false);
    star.records.bodies.delete(`/groups/${GROUP}/secrets/${ORG}/desk`);
    expect((await call(star, desk())).isError).toBe(false);
    star.clock.pass(15_000);
    expect((await call(star, desk())).text).toContain("is not there");
  });

  it("[SE5] that was changed, or sealed by another master key, is not sent and not quoted", async () => {
    const master = generateMasterKey();
    const star = await openWith(master);
    const foreign = await sealedRecord(generateMasterKey(), {});
    keep(star, foreign);
    expect((await call(star, desk())).text).toContain("cannot be opened");
    const own = await sealedRecord(master, { name: "other" });
    keep(star, { ...own, name: "desk" });
    expect((await call(star, desk())).text).toContain("cannot be opened");
  });
});

describe("a store that does not answer", () => {
  it.each([
    ["at all", () => Promise.reject(new TypeError("no route"))],
    ["well", () => Promise.resolve(new Response("busy", { status: 503 }))],
  ])("[SE8] %s is said, and is no bad secret", async (_how, fetch) => {
    const master = generateMasterKey();
    const star = await openWith(master);
    keep(star, await sealedRecord(master, {}));
    const { fetch: usual } = star.records;
    star.records.fetch = (url) => (url.includes("/secrets/") ? fetch() : usual(url));
    const result = await call(star, desk());
    expect(result).toEqual({ isError: true, text: expect.stringContaining("just now") });
    expect(hits).toEqual([]);
    star.records.fetch = usual;
    expect((await call(star, desk())).isError).toBe(false);
  });
});

describe("a new master key", () => {
  it("[SE6] is asked for when a record names it, and what is open goes on being used", async () => {
    const [first, second] = [generateMasterKey(), generateMasterKey()];
    let master = first;
    let asked = 0;
    const launcher = {
      fetch: async () => {
        asked += 1;
        return Response.json({ master });
      },
    };
    const star = await openStar({ env: { KEYS: launcher }, fetcher: service });
    const record = await sealedRecord(first, {});
    keep(star, record);
    expect((await call(star, desk())).isError).toBe(false);
    master = `${second}\n${first}`;
    const { sealed, dataKey } = record;
    const stored = { org: ORG, version: sealed.dataKey, wrapped: dataKey };
    const rewrapped = await rewrapDataKey(await parseMasterKeys(master), stored, random);
    keep(star, { ...record, dataKey: rewrapped });
    master = second;
    expect((await call(star, desk())).isError).toBe(false);
    expect(asked).toBe(1);
    star.clock.pass(15_000);
    expect((await call(star, desk())).isError).toBe(false);
    expect(asked).toBe(2);
  });
});

describe("hidden values", () => {
  const spelt: readonly (readonly [string, string])[] = [
    ["plain", VALUE],
    ["JSON", JSON.stringify({ at: VALUE })],
    ["percent", encodeURIComponent(VALUE)],
    ["base64", btoa(VALUE)],
    ["base64 among others", btoa(`user:${VALUE}:end`)],
    ["base64 among others, shifted", btoa(`us:${VALUE}!`)],
    ["base64url", btoa(`~${VALUE}`).replaceAll("+", "-").replaceAll("/", "_")],
    ["hexadecimal", Buffer.from(VALUE).toString("hex")],
    ["upper hexadecimal", Buffer.from(VALUE).toString("hex").toUpperCase()],
    ["HTML", VALUE.replaceAll("&", "&amp;").replaceAll('"', "&quot;")],
    ["backwards", Array.from(VALUE).toReversed().join("")],
  ];

  it.each(spelt)("[SE7] are taken out in %s spelling", (_how, text) => {
    const clean = withoutValues(`<${text}>`, [VALUE], { minChars: 8, note: "#" });
    expect(clean).toContain("#");
    for (const [, spelling] of spelt) expect(clean).not.toContain(spelling);
    expect(clean.length).toBeLessThan(30);
  });

  it("[SE7] are taken out as a query has them, and as whoever escapes more writes them", async () => {
    const value = "p4ss!word~(1)*'x>y z";
    const query = new URL(`https://x?${String(new URLSearchParams({ key: value }))}`).search;
    const strict = "p4ss%21word~%281%29%2A%27x%3Ey%20z";
    for (const text of [query, strict, "p4ss!word~(1)*&#39;x&gt;y z"])
      expect(withoutValues(text, [value], { minChars: 8, note: "#" })).toMatch(/^(?:\?key=)?#$/);
  });

  it("[SE7] leave short values and other words alone", () => {
    const rules = { minChars: 8, note: "#" };
    expect(withoutValues("a token is a token", ["token"], rules)).toBe("a token is a token");
    expect(withoutValues("nothing here", [VALUE], rules)).toBe("nothing here");
  });
});
