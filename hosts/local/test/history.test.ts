// The verbs about a group's history, run in this process against a small server that answers as the product does.
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";

import { IMPORT_MAX_BYTES, makeId } from "@acos/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { archive, restore } from "../src/cli/archive.ts";
import { briefing } from "../src/cli/briefing.ts";
import { exportGroup } from "../src/cli/export-group.ts";
import { fork } from "../src/cli/fork.ts";
import { groups } from "../src/cli/groups.ts";
import { importGroup } from "../src/cli/import-group.ts";
import { jobs } from "../src/cli/jobs.ts";
import { search } from "../src/cli/search.ts";
import { summary } from "../src/cli/summary.ts";
import type { Terminal } from "../src/cli/terminal.ts";
import { until } from "./launcher.ts";

const id = <K extends Parameters<typeof makeId>[0]>(kind: K, number: number) =>
  makeId(kind, number, new Uint8Array(10).fill(number));
const GROUP = id("group", 1);
const RUN = id("run", 1);
const HOME = { id: id("org", 1), name: "Home", role: "owner" };
const WORK = { id: id("org", 2), name: "Work", role: "member" };
const AT = Date.parse("2026-11-26T16:30:00Z");
/** What others wrote tries to clear the screen and to begin a line of its own. */
const EVIL = "a\u001b[2J\u009b31m\nb";
const CLEAN = "a[2J31m b";

interface Asked {
  readonly route: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}
type Answer = object | ((response: ServerResponse) => void);

let folder: string;
let asked: Asked[];
let url: string;
let close: () => void;
let answers: Record<string, Answer>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "acos-history-"));
  asked = [];
  answers = { "GET /me": { user: {}, orgs: [HOME] } };
  const server = createServer(async (request, response) => {
    const route = `${request.method} ${request.url?.replace("/api/v1", "")}`;
    asked.push({ route, headers: request.headers, body: await buffer(request) });
    const answer = answers[route];
    if (typeof answer === "function") {
      answer(response);
      return;
    }
    const none = { code: "not_found", message: `nothing at ${EVIL}` };
    response.writeHead(answer ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? none));
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

function terminal(interrupted: Promise<void> = new Promise(() => undefined)) {
  const output = new PassThrough();
  const chunks: string[] = [];
  output.setEncoding("utf8").on("data", (text: string) => chunks.push(text));
  const environment = { ACOS_URL: url, ACOS_API_KEY: "acos_key" };
  const world: Terminal = {
    environment,
    input: new PassThrough(),
    output,
    errors: output,
    interrupted,
  };
  return { world, shown: () => chunks.join("") };
}

type Verb = (args: readonly string[], world: Terminal) => Promise<void>;
async function run(verb: Verb, ...args: string[]): Promise<string> {
  const { world, shown } = terminal();
  await verb(args, world);
  return shown();
}
const sent = (place = -1) => JSON.parse(asked.at(place)?.body.toString() ?? "") as unknown;

describe("search", () => {
  const hit = { message: id("message", 1), seq: 12, at: AT, by: id("member", 1), score: 2.5 };
  const route = `GET /groups/${GROUP}/search?q=big%20fish&limit=50`;

  it("[C11] asks for all words and shows a line a hit, whatever is written in it", async () => {
    answers[route] = {
      items: [{ ...hit, author: EVIL, snippet: `…${EVIL}…` }],
      nextCursor: null,
    };
    expect(await run(search, GROUP, "big", "fish")).toBe(
      `#12  2026-11-26 16:30 UTC  ${CLEAN}: …${CLEAN}…\n`,
    );
    const [line] = (await run(search, GROUP, "big", "fish", "--json")).split("\n");
    expect(JSON.parse(line ?? "")).toMatchObject({ seq: 12, score: 2.5 });
  });

  it("[C11] says when nothing fits, and needs words", async () => {
    answers[route] = { items: [], nextCursor: null };
    expect(await run(search, GROUP, "big", "fish")).toBe("Nothing fits these words.\n");
    await expect(run(search, GROUP)).rejects.toThrow("Usage: acos search GROUP WORDS…");
  });
});

describe("summary", () => {
  const path = `GET /groups/${GROUP}/summaries?limit=1`;

  it("[C12] shows the newest, without sections that say nothing", async () => {
    const sections = [
      { section: "Goals", bullets: [{ text: EVIL, rests: [] }] },
      { section: "Decisions", bullets: [] },
      {
        section: "Artifacts",
        bullets: [
          { text: "one", rests: [] },
          { text: "two", rests: [] },
        ],
      },
    ];
    const made = { summary: id("summary", 1), version: 3, upTo: 120, at: AT, model: "acme/m" };
    answers[path] = { items: [{ ...made, sections }], nextCursor: "2" };
    expect(await run(summary, GROUP)).toBe(
      `Summary 3, of everything up to #120, made 2026-11-26 16:30 UTC by acme/m\n\nGoals\n- ${CLEAN}\n\nArtifacts\n- one\n- two\n`,
    );
  });

  it("[C12] says that there is none, and asks for one with --make", async () => {
    answers[path] = { items: [], nextCursor: null };
    expect(await run(summary, GROUP)).toContain("There is no summary yet");
    answers[`POST /groups/${GROUP}/commands`] = { seq: 44 };
    expect(await run(summary, GROUP, "--make")).toContain("#44");
    expect(sent()).toMatchObject({ command: { kind: "summary-ask" } });
  });
});

describe("archive, restore and fork", () => {
  it("[C13] give their order once, and say what became of the group", async () => {
    answers[`POST /groups/${GROUP}/archive`] = { id: GROUP, name: EVIL, archived: true };
    expect(await run(archive, GROUP)).toBe(
      `${CLEAN} is archived. The next visit brings it back.\n`,
    );
    answers[`POST /groups/${GROUP}/restore`] = { id: GROUP, name: EVIL, head: 9 };
    expect(await run(restore, GROUP)).toBe(`${CLEAN} is here, with its 9 events.\n`);
    expect(asked.map(({ route }) => route.split("/").at(-1))).toEqual(["archive", "restore"]);
  });

  it("[C13] a fork begins where it is told to, and says while its history is still coming", async () => {
    const made = { id: id("group", 2), name: EVIL };
    answers[`POST /groups/${GROUP}/fork`] = { ...made, state: "active" };
    expect(await run(fork, GROUP)).toBe(`${made.id}  ${CLEAN}\n`);
    expect(sent()).toEqual({});
    answers[`POST /groups/${GROUP}/fork`] = { ...made, state: "copying" };
    expect(await run(fork, GROUP, "--at", "12", "--name", "Other")).toContain("still coming");
    expect(sent()).toEqual({ atSeq: 12, name: "Other" });
    for (const at of ["0", "x", "1.5", "-1"])
      await expect(run(fork, GROUP, `--at=${at}`)).rejects.toThrow("is not a seq");
  });

  it("[C13] the list of groups says which are archived", async () => {
    const listed = { id: GROUP, org: HOME.id, name: EVIL, createdAt: "", archived: true };
    answers[`GET /orgs/${HOME.id}/groups`] = { items: [listed], nextCursor: null };
    expect(await run(groups)).toBe(`${GROUP}  ${CLEAN}  (Home)  archived\n`);
  });
});

describe("export", () => {
  const route = `GET /groups/${GROUP}/export`;
  const BYTES = Buffer.alloc(300_000, 7);
  const serve =
    (name: string, bytes = BYTES) =>
    (response: ServerResponse) => {
      response.writeHead(200, {
        "content-type": "application/x-tar",
        "content-disposition": `attachment; filename="${name}"`,
      });
      response.end(bytes);
    };

  it("[C14] saves the bundle under the name it is given, or the server's where that is one", async () => {
    answers[route] = serve("plans.acos-group.tar");
    const file = join(folder, "mine.tar");
    expect(await run(exportGroup, GROUP, file)).toBe(`${file}  300000 bytes\n`);
    expect(readFileSync(file)).toEqual(BYTES);
    expect(asked[0]?.headers.authorization).toBe("Bearer acos_key");
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect(await run(exportGroup, GROUP)).toContain("plans.acos-group.tar");
      answers[route] = serve("../../evil.acos-group.tar");
      expect(await run(exportGroup, GROUP)).toContain("group.acos-group.tar");
    } finally {
      process.chdir(before);
    }
    expect(readdirSync(folder).toSorted()).toEqual([
      "group.acos-group.tar",
      "mine.tar",
      "plans.acos-group.tar",
    ]);
  });

  it("[C14] replaces no file unless it is told to", async () => {
    answers[route] = serve("plans.acos-group.tar");
    const file = join(folder, "mine.tar");
    writeFileSync(file, "mine");
    await expect(run(exportGroup, GROUP, file)).rejects.toThrow("--force");
    expect(asked).toEqual([]);
    expect(readFileSync(file, "utf8")).toBe("mine");
    await run(exportGroup, GROUP, file, "--force");
    expect(readFileSync(file)).toEqual(BYTES);
  });

  it("[C14] that ends early leaves nothing behind, and what was there as it was", async () => {
    answers[route] = (response) => {
      response.writeHead(200, { "content-type": "application/x-tar" });
      response.write(BYTES, () => response.destroy());
    };
    const file = join(folder, "mine.tar");
    await expect(run(exportGroup, GROUP, file)).rejects.toThrow("ended early");
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(file, "mine");
    await expect(run(exportGroup, GROUP, file, "--force")).rejects.toThrow("ended early");
    expect([readdirSync(folder), readFileSync(file, "utf8")]).toEqual([["mine.tar"], "mine"]);
  });

  it("[C14] that the user stops leaves nothing behind", async () => {
    answers[route] = (response) => {
      response.writeHead(200, { "content-type": "application/x-tar" });
      response.write(BYTES);
    };
    const file = join(folder, "mine.tar");
    const begun = until(() => existsSync(`${file}.part`) && statSync(`${file}.part`).size > 0);
    const { world } = terminal(begun);
    await expect(exportGroup([GROUP, file], world)).rejects.toThrow("Stopped; nothing was kept.");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("[C14] that is refused says why, in words that a terminal does not obey", async () => {
    const file = join(folder, "mine.tar");
    const refusal = await run(exportGroup, GROUP, file).catch((error: Error) => error.message);
    expect(refusal).toBe("nothing at a[2J31m\nb");
    expect(existsSync(file)).toBe(false);
  });
});

describe("import", () => {
  const made = { id: id("group", 3), name: "Brought", state: "active" };
  const bundle = () => {
    const file = join(folder, "b.tar");
    writeFileSync(file, Buffer.alloc(200_000, 9));
    return file;
  };

  it("[C15] sends the file as it is, with its length, to the only organization", async () => {
    answers[`POST /orgs/${HOME.id}/groups/import`] = made;
    expect(await run(importGroup, bundle())).toBe(`${made.id}  Brought\n`);
    const { headers, body } = asked.at(-1)!;
    expect(headers).toMatchObject({
      "content-type": "application/x-tar",
      "content-length": "200000",
      authorization: "Bearer acos_key",
      "idempotency-key": expect.stringMatching(/^[\w-]{36}$/) as string,
    });
    expect(body).toEqual(Buffer.alloc(200_000, 9));
  });

  it("[C15] asks which organization where there are several, and takes it by name or id", async () => {
    answers["GET /me"] = { user: {}, orgs: [HOME, WORK] };
    answers[`POST /orgs/${WORK.id}/groups/import`] = made;
    const file = bundle();
    await expect(run(importGroup, file)).rejects.toThrow(
      `Yours are: Home (${HOME.id}), Work (${WORK.id}).`,
    );
    await expect(run(importGroup, file, "--org", "Elsewhere")).rejects.toThrow("Elsewhere");
    for (const named of ["work", WORK.id])
      expect(await run(importGroup, file, "--org", named)).toContain(made.id);
  });

  it("[C15] sends nothing that is no file or too large, and says what the server says", async () => {
    await expect(run(importGroup, join(folder, "none.tar"))).rejects.toThrow("There is no file");
    await expect(run(importGroup, folder)).rejects.toThrow("There is no file");
    const large = join(folder, "large.tar");
    writeFileSync(large, "");
    truncateSync(large, IMPORT_MAX_BYTES + 1);
    await expect(run(importGroup, large)).rejects.toThrow("larger than 100 MiB");
    expect(asked).toEqual([]);
    await expect(run(importGroup, bundle())).rejects.toThrow("nothing at");
  });
});

describe("jobs and briefing", () => {
  it("[C16] jobs shows what is done with the storage, and what went wrong", async () => {
    const job = { job: id("job", 1), startedAt: "2026-11-26T16:30:05Z" };
    answers[`GET /groups/${GROUP}/jobs`] = {
      items: [
        { ...job, kind: "flush", state: "running", step: "segments", done: 5, total: 2048 },
        {
          ...job,
          kind: "archive",
          state: "failed",
          step: "wipe",
          done: 10,
          total: 0,
          problem: { code: "internal", message: EVIL },
        },
      ],
      nextCursor: null,
    };
    expect(await run(jobs, GROUP)).toBe(
      `2026-11-26 16:30 UTC  flush    running  5 of 2048 events  segments\n2026-11-26 16:30 UTC  archive  failed   10 events         ${CLEAN}\n`,
    );
  });

  const blocks = [
    { kind: "charter", fate: "kept", hash: "0".repeat(64), tokens: 310 },
    { kind: "message", of: id("message", 1), fate: "left-out", reason: EVIL, tokens: 9 },
  ];
  const usage = { inputTokens: 900, outputTokens: 40, cacheReadTokens: 700, cacheWriteTokens: 0 };

  it("[C16] briefing shows the ledger of the turn that is named, and what the provider reported", async () => {
    const ledger = { exact: true, tokens: 319, blocks, usage, cost: 0.0123 };
    answers[`GET /groups/${GROUP}/runs/${RUN}/turns/2/briefing`] = { ledger };
    expect(await run(briefing, GROUP, RUN, "2")).toBe(
      [
        "block    of                              fate      tokens  why",
        "charter                                  kept         310",
        `message  ${id("message", 1)}  left-out       9  ${CLEAN}`,
        "",
        "Turn 2: 319 tokens estimated; reported 900 in (700 from the cache, 0 into it), 40 out, $0.0123",
        "",
      ].join("\n"),
    );
    await expect(run(briefing, GROUP, RUN, "0")).rejects.toThrow("counted from 1");
  });

  it("[C16] briefing is about the last turn where none is named, and says when its text is not exact", async () => {
    answers[`GET /groups/${GROUP}/runs/${RUN}`] = { turns: [{ turn: 1 }, { turn: 2 }] };
    const ledger = { exact: false, tokens: 319, blocks };
    answers[`GET /groups/${GROUP}/runs/${RUN}/turns/2/briefing`] = { ledger };
    const shown = await run(briefing, GROUP, RUN);
    expect(shown).toContain("Turn 2: 319 tokens estimated; the provider has reported nothing yet");
    expect(shown).toContain("is not, byte for byte, what was told then");
    answers[`GET /groups/${GROUP}/runs/${RUN}`] = { turns: [] };
    await expect(run(briefing, GROUP, RUN)).rejects.toThrow("no turn yet");
  });
});
