// `acos audit` against a small server that tells the chain it is given, whole or tampered with, as the product would.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";

import { makeId, type AuditBody } from "@acos/protocol";
import { AUDIT_BEGIN, auditHash, canonicalJson } from "@acos/trust";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { audit } from "../src/cli/audit.ts";

const ORG = makeId("org", 1, new Uint8Array(10).fill(1));
const OTHER = makeId("org", 2, new Uint8Array(10).fill(2));

interface Row {
  readonly seq: number;
  readonly at: number;
  readonly body: AuditBody;
  readonly hash: string;
}

async function chainOf(length: number, from: readonly Row[] = [], actor = "usr_a"): Promise<Row[]> {
  const rows = [...from];
  while (rows.length < length) {
    const seq = rows.length + 1;
    const body = { kind: "sign-in", actor };
    const content = { chain: ORG, seq, at: seq * 1000, body: canonicalJson(body) };
    const hash = await auditHash(rows.at(-1)?.hash ?? AUDIT_BEGIN.hash, content);
    rows.push({ seq, at: content.at, body, hash });
  }
  return rows;
}

let folder: string;
let url: string;
let close: () => void;
let rows: Row[];
let head: { seq: number; hash: string; sealed: boolean };
/** Runs once, when the head is asked for: somebody writes at that moment. */
let meanwhile: () => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "acos-audit-"));
  serve(await chainOf(1200));
  const server = createServer((request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(answerTo(new URL(request.url ?? "", "http://server"))));
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  close = () => (server.closeAllConnections(), server.close());
});
afterEach(() => {
  close();
  rmSync(folder, { recursive: true, force: true });
});

function serve(chain: Row[]): void {
  const { seq, hash } = chain.at(-1) ?? AUDIT_BEGIN;
  rows = chain;
  head = { seq, hash, sealed: true };
  meanwhile = () => undefined;
}

function answerTo({ pathname, searchParams }: URL): unknown {
  if (pathname.endsWith("/me"))
    return {
      user: { id: "usr_a", name: "Ada", email: "ada@example.com" },
      orgs: [
        { id: ORG, name: "Home", role: "owner" },
        { id: OTHER, name: "Elsewhere", role: "member" },
      ],
    };
  if (pathname.endsWith("/head")) {
    const told = head;
    meanwhile();
    return told;
  }
  const after = Number(searchParams.get("cursor") ?? 0);
  const items = rows
    .filter(({ seq }) => seq > after)
    .slice(0, 500)
    .map(({ body, at, ...row }) => ({
      ...row,
      ...body,
      at: new Date(at).toISOString(),
      previous: "",
    }));
  return { items, nextCursor: items.length === 500 ? String(items.at(-1)?.seq) : null };
}

async function run(...args: string[]): Promise<string> {
  const output = new PassThrough();
  const shown: string[] = [];
  output.setEncoding("utf8").on("data", (text: string) => shown.push(text));
  await audit(args, {
    environment: {
      ACOS_CREDENTIALS: join(folder, "deep/credentials.json"),
      ACOS_URL: url,
      ACOS_API_KEY: "acos_key",
    },
    input: new PassThrough(),
    output,
    errors: output,
    interrupted: new Promise<void>(() => undefined),
  });
  return shown.join("");
}

describe("audit", () => {
  it("[C8] shows every entry of the orgs one manages, oldest first, a line each", async () => {
    const lines = (await run()).trim().split("\n");
    expect(lines).toHaveLength(1200);
    expect(lines[0]).toBe("1970-01-01 00:00:01Z  Home #1  sign-in  usr_a");
    const json = (await run("home", "--json")).trim().split("\n");
    expect(JSON.parse(json[1199] ?? "")).toMatchObject({ seq: 1200, kind: "sign-in" });
    await expect(run("Elsewhere")).rejects.toThrow("You manage: Home.");
    await expect(run("Home", "more")).rejects.toThrow('"more" is too much');
  });

  it("[C8] shows what somebody wrote into it as one plain line", async () => {
    const body = { kind: "x", actor: "a\u001b[2J", details: { body: "one\ntwo" } };
    rows = rows.slice(0, 1).map((row) => ({ ...row, body }));
    expect(await run()).toBe("1970-01-01 00:00:01Z  Home #1  x  a[2J  body=one two\n");
  });
});

describe("audit verify", () => {
  it("[C9] says how many entries there are where the chain is whole", async () => {
    expect(await run("verify")).toBe(`Home: 1200 entries, unbroken, head ${head.hash}\n`);
    serve([]);
    rmSync(join(folder, "deep"), { recursive: true });
    expect(await run("verify", ORG)).toContain("Home: 0 entries, unbroken");
  });

  const swap = (one: number, other: number) => {
    const [first, second] = [rows[one - 1]!, rows[other - 1]!];
    return rows
      .with(one - 1, { ...second, seq: first.seq })
      .with(other - 1, { ...first, seq: second.seq });
  };
  const tampered: [string, () => void, string][] = [
    ["altered", () => (rows[699] = { ...rows[699]!, at: 5 }), "entry 700 is not what was written"],
    ["missing", () => rows.splice(699, 1), "entry 700 is missing"],
    ["swapped", () => (rows = swap(700, 701)), "entry 700 is not in its place"],
    ["cut off", () => rows.splice(1100), "entry 1101 and what came after it are missing"],
    ["gone at the begin", () => rows.splice(0, 3), "entry 1 is missing"],
    ["all gone", () => rows.splice(0), "entry 1 and what came after it are missing"],
    [
      "not sealed",
      () => (head.sealed = false),
      "the seal on its end, entry 1200, is not the server's",
    ],
    ["under another head", () => (head.hash = "e".repeat(64)), "entry 1200 is another than"],
    ["longer than its head", () => (head = { ...head, ...rows[1197]! }), "entry 1199 is not what"],
  ];
  it.each(tampered)("[C9] finds a chain that is %s", async (_name, tamper, words) => {
    tamper();
    await expect(run("verify")).rejects.toThrow(
      `The audit chain of Home (${ORG}) is broken: ${words}`,
    );
  });

  it("[C9] takes the word of a seal-broken entry, which no later seal covers", async () => {
    const whole = await chainOf(3);
    const body = { kind: "seal-broken", actor: "unknown" };
    const content = { chain: ORG, seq: 4, at: 4000, body: canonicalJson(body) };
    const hash = await auditHash(whole[2]!.hash, content);
    serve(await chainOf(6, [...whole, { seq: 4, at: 4000, body, hash }]));
    await expect(run("verify")).rejects.toThrow("entry 4 says that what stands before it");
  });

  it("[C9] is not misled by somebody who writes meanwhile", async () => {
    const longer = await chainOf(1203, rows);
    meanwhile = () => serve(longer);
    expect(await run("verify")).toContain("1203 entries, unbroken");
  });

  it("[C10] finds that a chain was rewritten or cut after it was verified, though all of it fits", async () => {
    await run("verify");
    const path = join(folder, "deep/audit.json");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    serve(await chainOf(1200, rows.slice(0, 600), "usr_b"));
    await expect(run("verify")).rejects.toThrow("entry 1200 is another than was known before");
    serve(await chainOf(1100));
    await expect(run("verify")).rejects.toThrow("entry 1101 and what came after it are missing");
    serve(await chainOf(1201));
    expect(await run("verify")).toContain("1201 entries, unbroken");
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
      [`${url} ${ORG}`]: { seq: 1201, hash: head.hash },
    });
    writeFileSync(path, "spoiled");
    await expect(run("verify")).rejects.toThrow("Remove it to begin anew");
  });
});
