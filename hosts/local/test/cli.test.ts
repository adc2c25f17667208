// The talking verbs, run in this process against a small server that answers as the product does.
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text as readAll } from "node:stream/consumers";

import { makeId, type GroupEvent, type MemberId, type MessageId, type RunId } from "@acos/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { commandsFor } from "../src/cli/chat.ts";
import { readCredentials, storeCredentials } from "../src/cli/credentials.ts";
import { groups } from "../src/cli/groups.ts";
import { login } from "../src/cli/login.ts";
import { post } from "../src/cli/post.ts";
import type { Terminal } from "../src/cli/terminal.ts";
import { Transcript } from "../src/cli/transcript.ts";

const id = <K extends Parameters<typeof makeId>[0]>(kind: K, number: number) =>
  makeId(kind, number, new Uint8Array(10).fill(number));
const ORG = id("org", 1);
const GROUPS = ["Welcome", "Twice", "twice"].map((name, index) => ({
  id: id("group", index + 1),
  org: ORG,
  name,
  createdAt: "2026-01-01T00:00:00Z",
}));

interface Asked {
  readonly route: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

let folder: string;
let asked: Asked[];
let url: string;
let close: () => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "acos-cli-"));
  asked = [];
  const server = createServer(async (request, response) => {
    const text = await readAll(request);
    const route = `${request.method} ${request.url}`;
    asked.push({
      route,
      headers: request.headers,
      body: text === "" ? undefined : JSON.parse(text),
    });
    const { status, body, cookie } = answerTo(route, request.headers);
    response.writeHead(status, {
      "content-type": "application/json",
      ...(cookie ? { "set-cookie": cookie } : {}),
    });
    response.end(JSON.stringify(body));
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

function answerTo(
  route: string,
  headers: IncomingMessage["headers"],
): { status: number; body: unknown; cookie?: string } {
  if (route === "POST /api/auth/sign-in/email")
    return { status: 200, body: {}, cookie: "session=s1; Path=/; HttpOnly" };
  const known = headers.cookie === "session=s1" || headers.authorization === "Bearer acos_key";
  if (!known)
    return { status: 401, body: { code: "unauthenticated", message: "This key is not known." } };
  if (route === "POST /api/v1/api-keys")
    return { status: 200, body: { id: "key_1", key: "acos_key" } };
  if (route === "GET /api/v1/me")
    return {
      status: 200,
      body: {
        user: { id: "u", name: "Ada", email: "ada@example.com" },
        orgs: [{ id: ORG, name: "Home", role: "owner" }],
      },
    };
  if (route === `GET /api/v1/orgs/${ORG}/groups`)
    return { status: 200, body: { items: GROUPS.slice(0, 1), nextCursor: "more" } };
  if (route === `GET /api/v1/orgs/${ORG}/groups?cursor=more`)
    return { status: 200, body: { items: GROUPS.slice(1), nextCursor: null } };
  if (route.endsWith("/commands")) return { status: 200, body: { seq: 7 } };
  return { status: 404, body: { code: "not_found", message: "nothing here" } };
}

function terminal(environment: Record<string, string> = {}): {
  world: Terminal;
  shown: () => string;
} {
  const output = new PassThrough();
  const chunks: string[] = [];
  output.setEncoding("utf8").on("data", (text: string) => chunks.push(text));
  const world = {
    environment: { ACOS_CREDENTIALS: join(folder, "deep/credentials.json"), ...environment },
    input: new PassThrough(),
    output,
    errors: output,
    interrupted: new Promise<void>(() => undefined),
  };
  return { world, shown: () => chunks.join("") };
}

const signedIn = (environment: Record<string, string> = {}) =>
  terminal({ ACOS_URL: url, ACOS_API_KEY: "acos_key", ...environment });

describe("login", () => {
  it("[C1] makes a key by password, tries it, and keeps only that", async () => {
    const { world, shown } = terminal({ ACOS_PASSWORD: "correct horse" });
    await login(["--url", url, "--email", "ada@example.com"], world);
    const path = world.environment["ACOS_CREDENTIALS"] ?? "";
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ url, key: "acos_key" });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(shown()).toContain("Ada");
    expect(asked.map(({ route }) => route)).toEqual([
      "POST /api/auth/sign-in/email",
      "POST /api/v1/api-keys",
      "GET /api/v1/me",
    ]);
    expect(asked[1]?.headers.origin).toBe(url);
  });

  it("[C1] does not keep a key that the server refuses", async () => {
    const { world } = terminal();
    await expect(login(["--url", url, "--key", "wrong"], world)).rejects.toThrow(
      "This key is not known.",
    );
    expect(() => statSync(world.environment["ACOS_CREDENTIALS"] ?? "")).toThrow("ENOENT");
  });

  it("[C2] is asked for when there are no credentials, and the environment wins over the file", async () => {
    const { world } = terminal();
    await expect(groups([], world)).rejects.toThrow('Run "acos login" first');
    storeCredentials(world.environment["ACOS_CREDENTIALS"] ?? "", {
      url: "http://other.example",
      key: "other",
    });
    expect(readCredentials(world.environment).key).toBe("other");
    expect(
      readCredentials({ ...world.environment, ACOS_URL: `${url}/`, ACOS_API_KEY: "mine" }),
    ).toEqual({ url, key: "mine" });
  });
});

describe("groups and post", () => {
  it("[C3] lists every page of every organization", async () => {
    const { world, shown } = signedIn();
    await groups([], world);
    expect(
      shown()
        .trim()
        .split("\n")
        .map((line) => line.split("  ")[1]),
    ).toEqual(["Welcome", "Twice", "twice"]);
  });

  it("[C3] finds a group by its name, and refuses a name that none or several have", async () => {
    await post(["welcome", "hi"], signedIn().world);
    expect(asked.at(-1)?.route).toBe(`POST /api/v1/groups/${GROUPS[0]?.id}/commands`);
    await expect(post(["nowhere", "hi"], signedIn().world)).rejects.toThrow(
      "Yours are: Welcome, Twice, twice.",
    );
    await expect(post(["twice", "hi"], signedIn().world)).rejects.toThrow(
      `${GROUPS[1]?.id}, ${GROUPS[2]?.id}`,
    );
  });

  it("[C4] gives the message once and writes its seq", async () => {
    const { world, shown } = signedIn();
    await post([GROUPS[0]?.id ?? "", "hello there"], world);
    expect(shown()).toBe("7\n");
    expect(asked).toHaveLength(1);
    expect(asked[0]?.body).toEqual({
      id: expect.stringMatching(/^[\w-]{36}$/),
      command: { kind: "message-post", parts: [{ type: "text", text: "hello there" }] },
    });
  });
});

describe("transcript", () => {
  const ada = id("member", 1) as MemberId;
  const grace = id("member", 2) as MemberId;
  const names = new Transcript([]);
  const joined = (member: MemberId, name: string) =>
    ({ kind: "member-joined", member: { member, name } }) as unknown as GroupEvent;
  const posted = (message: MessageId, by: MemberId, text: string) =>
    ({
      kind: "message-posted",
      message,
      by,
      parts: [{ type: "text", text }],
      mentions: [],
    }) as GroupEvent;
  const delta = (message: MessageId, by: MemberId, offset: number, text: string) => ({
    type: "delta" as const,
    run: id("run", 1) as RunId,
    by,
    message,
    part: 0,
    kind: "text" as const,
    offset,
    text,
  });
  const take = (transcript: Transcript, event: GroupEvent) =>
    transcript.take({ seq: 1, at: 0, event });

  it("[C5] writes what streams once, and the rest when it is posted", () => {
    const transcript = new Transcript([]);
    take(transcript, joined(grace, "Grace"));
    const one = id("message", 1);
    const out = [
      transcript.grow(delta(one, grace, 0, "Hel")),
      transcript.grow(delta(one, grace, 3, "lo")),
      transcript.grow(delta(one, grace, 0, "Hello")),
      take(transcript, posted(one, grace, "Hello!")),
    ];
    expect(out.join("")).toBe("Grace: Hello!\n");
  });

  it("[C5] lets a second message that grows meanwhile wait for its turn", () => {
    const transcript = new Transcript([]);
    take(transcript, joined(grace, "Grace"));
    take(transcript, joined(ada, "Ada"));
    const [one, two] = [id("message", 1), id("message", 2)];
    const out = [
      transcript.grow(delta(one, grace, 0, "One")),
      transcript.grow(delta(two, ada, 0, "Tw")),
      take(transcript, posted(one, grace, "One")),
      take(transcript, posted(two, ada, "Two")),
    ];
    expect(out.join("")).toBe("Grace: One\nAda: Two\n");
  });

  it("[C5] tells how a run ended that did not end well", () => {
    expect(
      take(names, {
        kind: "run-ended",
        run: id("run", 1),
        outcome: "failed",
        reason: "no key",
      } as GroupEvent),
    ).toBe("· run failed: no key\n");
    expect(
      take(names, { kind: "run-ended", run: id("run", 1), outcome: "done" } as GroupEvent),
    ).toBe("");
  });

  it("[C6] lets nothing through that a terminal would obey", () => {
    const evil = "a\u001b[2J\u0007b\r\u009b31mc\nd";
    expect(take(names, posted(id("message", 3), ada, evil))).toMatch(/: a\[2Jb31mc\nd\n$/);
  });
});

describe("chat", () => {
  const view = (calls: object[], runs: object[]) =>
    ({
      view: {
        calls: new Map(calls.map((call, index) => [index, call])),
        runs: new Map(runs.map((run, index) => [index, run])),
      },
    }) as unknown as Parameters<typeof commandsFor>[1];

  it("[C7] decides the oldest waiting call, stops what runs, and says all else", () => {
    const waiting = view(
      [
        { state: "done", approval: "apr_0" },
        { state: "waiting", approval: "apr_1" },
        { state: "waiting", approval: "apr_2" },
      ],
      [
        { run: "run_1", state: "running" },
        { run: "run_2", state: "done" },
      ],
    );
    expect(commandsFor("/approve", waiting)).toEqual([
      { kind: "approval-decide", approval: "apr_1", decision: "approve" },
    ]);
    expect(commandsFor("/deny", waiting)).toEqual([
      { kind: "approval-decide", approval: "apr_1", decision: "deny" },
    ]);
    expect(commandsFor("/stop", waiting)).toEqual([{ kind: "run-cancel", run: "run_1" }]);
    expect(commandsFor("/approve", view([], []))).toEqual([]);
    expect(commandsFor("hello", view([], []))).toEqual([
      { kind: "message-post", parts: [{ type: "text", text: "hello" }] },
    ]);
  });
});
