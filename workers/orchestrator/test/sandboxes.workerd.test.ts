// Sandboxes by REST: what the group is told, what goes inside as the caller, and what may come out of there.
import {
  SANDBOX_BODY_MAX_BYTES,
  type ExecResult,
  type Page,
  type Principal,
  type Problem,
  type SandboxView,
} from "@acos/protocol";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";

import {
  answerAsUsual,
  askedInside,
  CHECKPOINTS,
  HUNK,
  inside,
  SNAPSHOT,
  toldOfSandboxes,
} from "./fake-sandboxes.ts";
import { Person } from "./person.ts";

let person: Person;
let group: string;
let sandbox: string;
let path: string;

beforeAll(async () => {
  // A name that no header can carry as it is.
  person = await Person.signUp("Zoë 李");
  group = (await person.welcome()).id;
  ({ sandbox } = (await person.api<SandboxView>("POST", `/groups/${group}/sandboxes`)).body);
  path = `/groups/${group}/sandboxes/${sandbox}`;
});
beforeEach(answerAsUsual);

const NDJSON = "application/x-ndjson";
const b64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const lines = (...frames: object[]) => frames.map((frame) => `${JSON.stringify(frame)}\n`).join("");
const START = { t: "start", seq: 1, process: "p1" };
const EXIT = { t: "exit", seq: 9, code: 0, signal: null, timedOut: false };

/** The sandbox answers with these bytes. */
function answers(body: BodyInit | null, headers: Record<string, string> = {}, status = 200): void {
  inside.answer = () => new Response(body, { status, headers });
}

const exec = <T = ExecResult>(body: object, headers?: Record<string, string>) =>
  person.ask<T>("POST", `/api/v1${path}/exec`, body, headers);

describe("which there are, and their lives", () => {
  it("[SB1] are made, listed, stopped, kept, brought back and deleted by the group", async () => {
    const made = await person.api<SandboxView>("POST", `/groups/${group}/sandboxes`, {
      name: "spare",
    });
    expect([made.status, made.body.name, made.body.state]).toEqual([201, "spare", "cold"]);
    const own = `/groups/${group}/sandboxes/${made.body.sandbox}`;
    const list = () => person.api<Page<SandboxView>>("GET", `/groups/${group}/sandboxes`);
    expect((await list()).body.items.map((one) => one.sandbox)).toEqual([
      sandbox,
      made.body.sandbox,
    ]);
    expect((await person.api<SandboxView>("GET", own)).body).toEqual(made.body);
    expect((await person.api("POST", `${own}/stop`, { snapshot: false })).body).toMatchObject({
      stopped: "asked",
    });
    expect((await person.api("POST", `${own}/snapshot`)).body).toEqual(SNAPSHOT);
    await person.api("POST", `${own}/restore`, SNAPSHOT.snapshot && {});
    await person.api("POST", `${own}/restore`, { snapshot: SNAPSHOT.snapshot });
    const { checkpoint } = CHECKPOINTS[1]!;
    await person.api("POST", `${own}/checkpoints/${checkpoint}/restore`);
    expect(toldOfSandboxes).toEqual([
      { snapshot: false },
      {},
      { snapshot: SNAPSHOT.snapshot },
      { checkpoint },
    ]);
    expect((await person.api("DELETE", own)).status).toBe(204);
    expect((await list()).body.items).toHaveLength(1);
    expect((await person.api("GET", own)).status).toBe(404);
  });

  it("[SB1] checkpoints and changes are the group's, in pages, and hunks are taken back by it", async () => {
    const page = await person.api<Page<object>>("GET", `${path}/checkpoints?limit=2`);
    expect(page.body).toEqual({ items: CHECKPOINTS.slice(0, 2), nextCursor: "2" });
    const made = await person.api("POST", `${path}/checkpoints`);
    expect([made.status, made.body]).toEqual([200, CHECKPOINTS[0]]);
    const [from, to] = CHECKPOINTS.map(({ checkpoint }) => checkpoint);
    const changes = await person.api<Page<object>>("GET", `${path}/changes?from=${from}&to=${to}`);
    expect(changes.body.items).toEqual([HUNK]);
    expect(toldOfSandboxes).toEqual([{ from, to }]);
    const undone = await person.api("POST", `${path}/undo`, { hunks: [HUNK.hunk] });
    expect(undone.body).toEqual({ undone: [HUNK.hunk], refused: [] });
    const wrong = await person.api<Problem>("GET", `${path}/changes?from=chk_1`);
    expect([wrong.status, wrong.body.code]).toEqual([400, "invalid_request"]);
  });

  it("[SB1] an id that is none is answered like one that is not there", async () => {
    for (const id of ["sbx_1", "work", `sbx_${"0".repeat(26)}`])
      for (const below of ["", "/processes", "/files/a", "/ports"]) {
        const asked = `/groups/${group}/sandboxes/${id}${below}`;
        expect([asked, (await person.api("GET", asked)).status]).toEqual([asked, 404]);
      }
  });
});

describe("what runs inside", () => {
  it("[SB2] is asked as the caller, at the agent's own paths, with nothing else of the request", async () => {
    await person.api("GET", `${path}/processes`);
    await person.api("GET", `${path}/ports`);
    await person.api("GET", `${path}/terminals`);
    await person.api("POST", `${path}/processes/p1/input`, { b64: b64("yes\n") });
    await person.api("DELETE", `${path}/processes/p1`);
    const prefix = `/sandboxes/${sandbox}`;
    expect(askedInside.map(({ method, target }) => `${method} ${target}`)).toEqual([
      `GET ${prefix}/procs`,
      `GET ${prefix}/ports`,
      `GET ${prefix}/terminals`,
      `POST ${prefix}/procs/p1/input`,
      `DELETE ${prefix}/procs/p1`,
    ]);
    const { headers, body } = askedInside[3]!;
    const principal = JSON.parse(headers.get("acos-principal")!) as Principal;
    expect([principal.name, principal.user]).toEqual([person.name, (await person.me()).user.id]);
    expect(JSON.parse(body)).toEqual({ b64: b64("yes\n"), close: false });
    expect(headers.get("cookie")).toBeNull();
    expect(headers.get("authorization")).toBeNull();
  });

  it("[SB2] a refusal reaches the caller, and one without words gets some", async () => {
    const refusal = { code: "sandbox_replaced", message: "It was replaced." };
    answers(JSON.stringify(refusal), {}, 409);
    const told = await person.api<Problem>("GET", `${path}/ports`);
    expect([told.status, told.body.code]).toEqual([409, "sandbox_replaced"]);
    answers("<h1>Bad gateway</h1>", { "content-type": "text/html" }, 502);
    const wordless = await person.api<Problem>("GET", `${path}/ports`);
    expect([wordless.status, wordless.body.code]).toEqual([502, "sandbox_failed"]);
    expect(wordless.body.message).toMatch(/answered 502 without saying why/);
  });

  it("[SB8] a list or view that is not of the form is a failure, not an answer", async () => {
    for (const body of ["nonsense", "{}", '{"items":[{"port":70000}]}', '{"items":{}}']) {
      answers(body, { "content-type": "application/json" });
      const { status, body: told } = await person.api<Problem>("GET", `${path}/ports`);
      expect([body, status, told.code]).toEqual([body, 502, "sandbox_failed"]);
    }
    const view = { terminal: "t1", cols: 80, rows: 24, viewers: 0 };
    answers(JSON.stringify(view));
    expect((await person.api("POST", `${path}/terminals`, { rows: 24 })).body).toEqual(view);
    expect(JSON.parse(askedInside.at(-1)!.body)).toEqual({ cols: 80, rows: 24 });
  });
});

describe("a command", () => {
  it("[SB3] is answered whole at its exit, its text put together again from however it was cut", async () => {
    const euro = new TextEncoder().encode("€");
    const half = (part: Uint8Array) => btoa(String.fromCharCode(...part));
    answers(
      lines(
        START,
        { t: "out", seq: 2, b64: half(euro.slice(0, 1)) },
        { t: "beat" },
        { t: "err", seq: 3, b64: b64("warned") },
        { t: "out", seq: 4, b64: half(euro.slice(1)) },
        { t: "gap", seq: 5, bytes: 70 },
        { ...EXIT, code: 3 },
      ),
    );
    const { status, body } = await exec({ command: "make" });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      process: "p1",
      code: 3,
      signal: null,
      timedOut: false,
      stdout: "€",
      stderr: "warned",
      droppedBytes: 70,
    });
    expect(JSON.parse(askedInside[0]!.body)).toMatchObject({ command: "make", timeoutMs: 120_000 });
  });

  it.each([
    ["breaks off", lines(START, { t: "out", seq: 2, b64: b64("half") })],
    ["says nothing", ""],
    ["ends in the middle of a line", `${lines(START)}${JSON.stringify(EXIT)}`],
    ["is no frames", lines(START, { t: "exit", seq: 2, code: 0 })],
    ["is no JSON", `${lines(START)}oops\n${lines(EXIT)}`],
    ["is no base64", lines(START, { t: "out", seq: 2, b64: "%%%" }, EXIT)],
  ])("[SB3] whose stream %s has failed and is never told as done", async (_how, stream) => {
    answers(stream);
    const { status, body } = await exec<Problem>({ command: "make" });
    expect([status, body.code]).toEqual([502, "sandbox_failed"]);
  });

  it("[SB3] in the background is answered as soon as it runs", async () => {
    inside.answer = () => new Response(endless(lines(START)));
    const { body } = await exec({ command: "serve", background: true });
    expect(body).toMatchObject({ process: "p1", code: null, timedOut: false, stdout: "" });
  });

  it("[SB4] comes as it is made where that is asked for, and so does a process's output", async () => {
    inside.answer = () =>
      new Response(endless(lines(START)), { headers: { "content-type": NDJSON } });
    const response = await person.fetch("POST", `/api/v1${path}/exec`, {
      headers: { accept: NDJSON, "content-type": "application/json" },
      body: JSON.stringify({ command: "make" }),
    });
    expect(response.headers.get("content-type")).toBe(NDJSON);
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    expect(JSON.parse(new TextDecoder().decode(value))).toEqual(START);
    await reader.cancel();
    answers(lines(EXIT), { "content-type": NDJSON });
    const output = await person.fetch("GET", `/api/v1${path}/processes/p1/output?from=8`);
    expect(JSON.parse(await output.text())).toEqual(EXIT);
    expect(askedInside.at(-1)!.target).toBe(`/sandboxes/${sandbox}/procs/p1/output?from=8`);
  });

  it("[SB9] under one key is run once and answered twice alike; another command under it is refused", async () => {
    answers(lines(START, { t: "out", seq: 2, b64: b64("once") }, EXIT));
    const key = { "idempotency-key": crypto.randomUUID() };
    const [one, again] = [
      await exec({ command: "make" }, key),
      await exec({ command: "make" }, key),
    ];
    expect(again.body).toEqual(one.body);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(askedInside).toHaveLength(1);
    expect((await exec({ command: "make clean" }, key)).status).toBe(409);
  });
});

/** A stream that begins and does not end. */
function endless(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
  });
}

describe("a file", () => {
  const files = () => `/api/v1${path}/files`;

  it("[SB5] is named by all the rest of the path, and read with its mark and range", async () => {
    answers("lo", { etag: '"abc"', "acos-entry": "file", "content-range": "bytes 3-4/5" }, 206);
    const address = `${files()}/src/a%20b/%E2%82%AC.ts`;
    const response = await person.fetch("GET", address, { headers: { range: "bytes=3-" } });
    expect([response.status, await response.text()]).toEqual([206, "lo"]);
    expect(response.headers.get("etag")).toBe('"abc"');
    expect(response.headers.get("acos-entry")).toBe("file");
    expect(response.headers.get("content-range")).toBe("bytes 3-4/5");
    const [{ target, headers }] = askedInside as [(typeof askedInside)[0]];
    const asked = new URL(target, "https://group.internal").searchParams.get("path");
    expect([asked, headers.get("range")]).toEqual(["src/a b/€.ts", "bytes=3-"]);
    await person.fetch("GET", `${files()}//etc/hosts`);
    await person.fetch("GET", `${files()}/`);
    expect(askedInside.slice(1).map((each) => each.target.split("path=")[1])).toEqual([
      "%2Fetc%2Fhosts",
      ".",
    ]);
  });

  it("[SB5] is written whole under its conditions, and deleted", async () => {
    answers('{"etag":"\\"new\\""}');
    const bytes = Uint8Array.from({ length: 3_000 }, (_, place) => 32 + (place % 90));
    const written = await person.fetch("PUT", `${files()}/bin/run?mode=755`, {
      headers: { "if-match": '"old"', "content-type": "text/html" },
      body: bytes,
    });
    expect([written.status, await written.json()]).toEqual([200, { etag: '"new"' }]);
    const { target, headers, body } = askedInside[0]!;
    expect(target).toBe(`/sandboxes/${sandbox}/files?path=bin%2Frun&mode=755`);
    expect([headers.get("if-match"), body]).toEqual(['"old"', new TextDecoder().decode(bytes)]);
    expect((await person.fetch("PUT", `${files()}/empty`)).status).toBe(200);
    answers(null, {}, 204);
    expect((await person.fetch("DELETE", `${files()}/bin/run`)).status).toBe(204);
    const mode = await person.fetch("PUT", `${files()}/x?mode=999`);
    expect(mode.status).toBe(400);
  });

  it("[SB6] is never shown as a page of ours: of what the sandbox says, only what is named passes", async () => {
    const page = "<script>alert(document.cookie)</script>";
    answers(page, {
      "content-type": "text/html",
      "set-cookie": "acos_access=x",
      "access-control-allow-origin": "*",
      location: "https://evil.example",
      "content-security-policy": "default-src *",
      "x-own": "1",
    });
    const response = await person.fetch("GET", `${files()}/index.html`);
    expect(await response.text()).toBe(page);
    const said = Object.fromEntries(response.headers);
    expect(said).toMatchObject({
      "content-type": "application/octet-stream",
      "content-disposition": "attachment",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
    });
    for (const name of ["set-cookie", "access-control-allow-origin", "location", "x-own"])
      expect(said).not.toHaveProperty(name);
  });

  it("[SB7] that is larger than a request may bring is refused, whether or not its length says so", async () => {
    answers('{"etag":"\\"new\\""}');
    const length = SANDBOX_BODY_MAX_BYTES + 1;
    const told = await person.fetch("PUT", `${files()}/big`, { body: new Uint8Array(length) });
    expect([told.status, (await told.json<Problem>()).code]).toEqual([413, "too_large"]);
    const piece = new Uint8Array(1024 * 1024);
    let left = 20;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if ((left -= 1) < 0) controller.close();
        else controller.enqueue(piece);
      },
    });
    const untold = await person.fetch("PUT", `${files()}/big`, { body });
    expect([untold.status, (await untold.json<Problem>()).code]).toEqual([413, "too_large"]);
  });
});
