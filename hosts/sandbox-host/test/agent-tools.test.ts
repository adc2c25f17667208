// The tools of agents in a sandbox: what they do, what they say, and that a call is made once.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { TOOL_RESULT_MAX_CHARS } from "@acos/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { Agent, endAgents, outputIn, pidIn, runs } from "./agent-client.ts";

let agent: Agent;
beforeAll(async () => {
  agent = await Agent.start();
});
afterAll(endAgents);

const at = (path: string) => join(agent.workspace, path);
const put = (path: string, text: string) => {
  mkdirSync(join(at(path), ".."), { recursive: true });
  writeFileSync(at(path), text);
};
const textOf = (path: string) => readFileSync(at(path), "utf8");
const tool: Agent["tool"] = async (name, given) => await agent.tool(name, given);
const processIn = (text: string) => /\b(p[0-9a-f]{8})\b/.exec(text)?.[1] ?? "";

describe("a tool call", () => {
  it("[A12] runs once, whoever asks how often, and can be taken up at every seq", async () => {
    const [route, body] = agent.call("run_command", { command: "echo x >> runs; cat runs" });
    const streams = await Promise.all([1, 2, 3].map(() => agent.frames(route, body)));
    const [whole = []] = streams;
    expect(streams[1]).toEqual(whole);
    expect(streams[2]).toEqual(whole);
    expect(whole.at(0)).toMatchObject({ t: "start", seq: 1 });
    expect(outputIn(whole)).toBe("x\n");
    expect(whole.at(-1)).toMatchObject({ t: "result", result: { isError: false } });
    for (let from = 0; from <= whole.length; from += 1) {
      const rest = await agent.frames(`GET /tool-calls/${body.call}?from=${from}`);
      expect(rest).toEqual(whole.slice(from));
    }
    expect(textOf("runs")).toBe("x\n");
  });

  it("[A12] goes on when its reader leaves", async () => {
    const [route, body] = agent.call("run_command", { command: "sleep 0.4; echo done > left" });
    const answer = await agent.open(route, { body });
    answer.once("data", () => answer.destroy());
    answer.on("error", () => undefined);
    const frames = await agent.frames(`GET /tool-calls/${body.call}?from=1`);
    expect(frames.at(-1)).toMatchObject({ t: "result", result: { isError: false } });
    expect(textOf("left")).toBe("done\n");
  });

  it("[A12] of the same id with other arguments is refused; one that is not known is 404", async () => {
    const [route, body] = agent.call("write_file", { path: "same", content: "1" });
    await agent.frames(route, body);
    const other = { ...body, arguments: { path: "same", content: "2" } };
    const refused = await agent.json(route, { body: other });
    expect(refused).toMatchObject({ status: 409, body: { code: "idempotency_conflict" } });
    expect(textOf("same")).toBe("1");
    const [elsewhere] = agent.call("write_file", {});
    expect((await agent.json(elsewhere, { body })).status).toBe(400);
    expect((await agent.json(elsewhere.replace("POST", "GET"))).status).toBe(404);
    expect((await agent.json(elsewhere.replace("POST", "DELETE"))).status).toBe(404);
  });

  it("[A13] that is cancelled ends what it started, with a result that says so", async () => {
    const command = "setsid sleep 300 & echo $! > cancel.pid; wait";
    const [route, body] = agent.call("run_command", { command });
    const frames = agent.frames(route, body);
    await expect.poll(() => pidIn(at("cancel.pid"))).toBeGreaterThan(0);
    expect((await agent.ask(`DELETE /tool-calls/${body.call}`)).status).toBe(204);
    const last = (await frames).at(-1);
    expect(last).toMatchObject({ t: "result", result: { isError: true } });
    expect(JSON.stringify(last)).toContain("cancelled");
    expect(runs(pidIn(at("cancel.pid")) ?? 0)).toBe(false);
  });

  it("[A14] with wrong arguments is a result that says what is wrong", async () => {
    const cases = [
      ["run_command", {}, "command"],
      ["run_command", { command: "true", timeoutSeconds: 5_000 }, "timeoutSeconds"],
      ["read_file", { path: "a\0b" }, "path"],
      ["write_file", { path: "x", content: "", mode: 7 }, "mode"],
      ["preview", { port: "80" }, "port"],
    ] as const;
    for (const [name, given, field] of cases) {
      const result = await tool(name, given);
      expect(result).toMatchObject({ isError: true, text: expect.stringContaining(field) });
    }
    expect((await tool("list_files", { path: null, depth: null })).isError).toBe(false);
    expect((await tool("shout" as "preview", {})).text).toContain("no tool shout");
  });
});

describe("commands", () => {
  it("[A15] say how they ended, with both outputs in their order", async () => {
    const good = await tool("run_command", { command: "echo one; sleep 0.05; echo two >&2" });
    expect(good).toMatchObject({ isError: false });
    expect(good.text).toMatch(/^Exit code 0 after \d\.\d s \(process p\w+\)\.\none\ntwo\n$/);
    const bad = await tool("run_command", { command: "exit 7" });
    expect(bad).toMatchObject({
      isError: true,
      text: expect.stringMatching(/^Exit code 7 .*No output/),
    });
    const late = await tool("run_command", { command: "echo so far; sleep 60", timeoutSeconds: 1 });
    expect(late).toMatchObject({ isError: true, text: expect.stringContaining("so far") });
    expect(late.text).toContain("Ended after 1 seconds");
    const input = await tool("run_command", { command: "tr a-z A-Z", input: "shout" });
    expect(input.text).toContain("SHOUT");
    const nowhere = await tool("run_command", { command: "true", cwd: "no/where" });
    expect(nowhere).toMatchObject({ isError: true, text: expect.stringContaining("no/where") });
  });

  it("[A15] with much output show its two ends, and how to read what is between", async () => {
    const result = await tool("run_command", {
      command: "for i in $(seq 20000); do echo line $i; done",
    });
    expect(result.text.length).toBeLessThan(21_000);
    expect(result.text).toContain("line 1\n");
    expect(result.text.trimEnd().endsWith("line 20000")).toBe(true);
    const [, process = "", from = ""] =
      /read_process process=(\w+) from=(\d+)/.exec(result.text) ?? [];
    let text = result.text.slice(0, result.text.indexOf("\n[… about"));
    for (let next = from; next !== "";) {
      const page = await tool("read_process", { process, from: Number(next) });
      text += page.text.slice(page.text.indexOf("\n") + 1, page.text.lastIndexOf("\n["));
      next = /from=(\d+)\./.exec(page.text.slice(page.text.lastIndexOf("\n[")))?.[1] ?? "";
    }
    const numbers = new Set(Array.from(text.matchAll(/line (\d+)/g), ([, number]) => number));
    expect(numbers.size).toBe(20_000);
  });

  it("[A15] come without what only a terminal understands", async () => {
    const command = "printf '\\033[31mred\\033[0m \\033]0;title\\007plain\\001\\n'";
    expect((await tool("run_command", { command })).text).toMatch(/\nred plain\n$/);
  });

  it("[A16] in the background are read, written and ended by their process", async () => {
    const started = await tool("run_command", {
      command: "while read line; do echo got $line; done; echo closed",
      background: true,
    });
    const process = processIn(started.text);
    const wrote = await tool("write_process", { process, input: "one\n" });
    expect(wrote.isError).toBe(false);
    const read = await tool("read_process", { process, from: 1, waitSeconds: 10 });
    expect(read.text).toContain("got one");
    expect(read.text).toMatch(/ runs: /);
    const from = Number(/from=(\d+)/.exec(read.text)?.[1]);
    await tool("write_process", { process, input: "two\n", close: true });
    await expect
      .poll(async () => (await tool("read_process", { process, from })).text)
      .toMatch(/Exit code 0.*\ngot two\nclosed/s);
    const again = await tool("write_process", { process, input: "three" });
    expect(again.isError).toBe(true);
    const sleeper = processIn(
      (await tool("run_command", { command: "sleep 99", background: true })).text,
    );
    expect((await tool("stop_process", { process: sleeper })).text).toContain("Ended by SIGTERM");
    expect((await tool("read_process", { process: "p0" })).isError).toBe(true);
  });

  it("[A16] wait for something new no longer than they are told to", async () => {
    const { text } = await tool("run_command", { command: "sleep 30", background: true });
    const process = processIn(text);
    const begin = performance.now();
    const read = await tool("read_process", { process, from: 1, waitSeconds: 0.3 });
    expect(read.text).toContain("Nothing new");
    expect(performance.now() - begin).toBeGreaterThan(250);
    await tool("stop_process", { process });
  });
});

describe("reading and editing", () => {
  it("[A17] numbers the lines, names the etag, and goes on where a page ends", async () => {
    put("lines.txt", Array.from({ length: 30 }, (_, index) => `row ${index + 1}`).join("\n"));
    const page = await tool("read_file", { path: "lines.txt", from: 5, lines: 2 });
    expect(page.text).toMatch(
      /^lines\.txt, \d+ bytes, etag "[0-9a-f]+"\n {5}5\trow 5\n {5}6\trow 6\n\[There is more: read_file from=7\.\]$/,
    );
    const end = await tool("read_file", { path: "lines.txt", from: 29 });
    expect(end.text).toContain("    30\trow 30\n[End of the file.]");
    expect((await tool("read_file", { path: "lines.txt", from: 99 })).text).toContain(
      "only 30 lines",
    );
    put("nothing.txt", "");
    expect((await tool("read_file", { path: "nothing.txt" })).text).toContain("The file is empty.");
  });

  it("[A17] tells a binary file, and pages a huge one within its bounds", async () => {
    writeFileSync(at("image"), Buffer.from([137, 80, 78, 71, 0, 1]));
    expect((await tool("read_file", { path: "image" })).text).toMatch(/^image is binary \(6 bytes/);
    writeFileSync(at("huge"), `${"x".repeat(5_000_000)}\n`.repeat(10));
    const huge = await tool("read_file", { path: "huge" });
    expect(huge.text.length).toBeLessThan(60_000);
    expect(huge.text).toContain("line clipped");
    expect(await tool("read_file", { path: "missing" })).toMatchObject({ isError: true });
    expect((await tool("read_file", { path: "." })).text).toContain("is a folder");
  });

  it("[A18] replaces exactly one place, or all when asked to", async () => {
    put("edit.txt", "a b a\nc\n");
    const two = await tool("edit_file", { path: "edit.txt", old: "a", new: "x" });
    expect(two).toMatchObject({
      isError: true,
      text: expect.stringContaining("2 times, at lines 1, 1"),
    });
    expect(textOf("edit.txt")).toBe("a b a\nc\n");
    await tool("edit_file", { path: "edit.txt", old: "b a\nc", new: "$& done" });
    expect(textOf("edit.txt")).toBe("a $& done\n");
    await tool("edit_file", { path: "edit.txt", old: "n", new: "", all: true });
    expect(textOf("edit.txt")).toBe("a $& doe\n");
  });

  it("[A18] refuses what is not there or has changed, and says how to go on", async () => {
    put("edit2.txt", "  indented line\nnext\n");
    const absent = await tool("edit_file", {
      path: "edit2.txt",
      old: "indented line\n  next",
      new: "x",
    });
    expect(absent).toMatchObject({ isError: true });
    expect(absent.text).toContain("at line 1, so white space or a later line differs");
    const read = await tool("read_file", { path: "edit2.txt" });
    const etag = /etag ("[0-9a-f]+")/.exec(read.text)?.[1] ?? "";
    put("edit2.txt", "  indented line\nchanged\n");
    const stale = await tool("edit_file", { path: "edit2.txt", old: "changed", new: "x", etag });
    expect(stale).toMatchObject({ isError: true, text: expect.stringContaining("has changed") });
    expect(textOf("edit2.txt")).toContain("changed");
    const edits = await Promise.all(
      ["A", "B", "C"].map((letter) =>
        tool("edit_file", { path: "edit2.txt", old: "changed", new: letter }),
      ),
    );
    expect(edits.filter(({ isError }) => !isError)).toHaveLength(1);
  });

  it("[A18] keeps line ends of the other kind", async () => {
    put("crlf.txt", "one\r\ntwo\r\n");
    await tool("edit_file", { path: "crlf.txt", old: "one\ntwo", new: "1\n2" });
    expect(textOf("crlf.txt")).toBe("1\r\n2\r\n");
  });

  it("[A18] gives new lines the end that all others have", async () => {
    put("crlf2.txt", "a\r\nb\r\nc\r\n");
    await tool("edit_file", { path: "crlf2.txt", old: "b", new: "x\ny" });
    expect(textOf("crlf2.txt")).toBe("a\r\nx\r\ny\r\nc\r\n");
    await tool("edit_file", { path: "crlf2.txt", old: "\r\n", new: "\n", all: true });
    expect(textOf("crlf2.txt")).toBe("a\nx\ny\nc\n");
    put("mixed.txt", "a\nb\r\nc\n");
    await tool("edit_file", { path: "mixed.txt", old: "a", new: "x\ny" });
    expect(textOf("mixed.txt")).toBe("x\ny\nb\r\nc\n");
  });

  it("[A19] writes a whole file with the folders above it", async () => {
    const wrote = await tool("write_file", { path: "new/folder/f.txt", content: "ü\n" });
    expect(wrote.text).toMatch(/^Wrote new\/folder\/f\.txt: 3 bytes, etag "/);
    expect(textOf("new/folder/f.txt")).toBe("ü\n");
    expect(statSync(at("new/folder/f.txt")).mode & 0o777).toBe(0o644);
  });
});

describe("looking around", () => {
  beforeEach(() => {
    put("look/src/deep/a.ts", "const needle = 1;\nlet other;\n");
    put("look/src/b.js", "needle();\n");
    put("look/node_modules/x/c.ts", "needle\n");
    put("look/.git/config", "needle\n");
    put("look/dist/d.ts", "needle\n");
    put("look/.gitignore", "dist/\n*.log\n");
  });

  it("[A20] lists folders without what is noise, unless all is asked for", async () => {
    const { text } = await tool("list_files", { path: "look", depth: 3 });
    expect(text).toBe(
      [
        "look:",
        "  .git/ (not listed)",
        "  .gitignore (12)",
        "  dist/ (not listed)",
        "  node_modules/ (not listed)",
        "  src/",
        "    b.js (10)",
        "    deep/",
        "      a.ts (29)",
      ].join("\n"),
    );
    expect((await tool("list_files", { path: "look", depth: 3, all: true })).text).toContain(
      "c.ts",
    );
    expect((await tool("list_files", { path: "look" })).text).not.toContain("a.ts");
    expect((await tool("list_files", { path: "look/src/b.js" })).text).toContain("read_file");
  });

  it("[A20] finds lines by a pattern and a glob", async () => {
    const all = await tool("search_files", { pattern: "need.e\\b", path: "look" });
    expect(all.text).toMatch(
      /^look\/src\/b\.js:1: needle\(\);\nlook\/src\/deep\/a\.ts:1: const needle = 1;\n\[3 files searched\]$/,
    );
    const some = await tool("search_files", {
      pattern: "needle",
      path: "look",
      glob: "**/*.{ts,tsx}",
    });
    expect(some.text).toContain("a.ts:1");
    expect(some.text).not.toContain("b.js");
    expect(
      (await tool("search_files", { pattern: "needle", path: "look", limit: 1 })).text,
    ).toContain("the first 1 hits");
    expect((await tool("search_files", { pattern: "nowhere", path: "look" })).text).toContain(
      "No hit.",
    );
    expect(await tool("search_files", { pattern: "(" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("no regular expression"),
    });
    expect((await tool("search_files", { pattern: "x", path: "missing" })).isError).toBe(true);
  });

  it("[A20] ends a pattern that would never end, and serves others meanwhile", async () => {
    put("slow/evil.txt", `${"a".repeat(60)}!\n`);
    const search = tool("search_files", { pattern: "^(a+)+$", path: "slow" });
    const begin = performance.now();
    expect((await tool("list_files", { path: "slow" })).text).toContain("evil.txt");
    expect(performance.now() - begin).toBeLessThan(5_000);
    expect(await search).toMatchObject({
      isError: true,
      text: expect.stringContaining("too long"),
    });
  });

  it("[A23] names the AGENTS.md of a folder once, and never that of the workspace", async () => {
    put("AGENTS.md", "root");
    put("part/AGENTS.md", "part");
    put("part/inner/code.txt", "x");
    const first = await tool("read_file", { path: "part/inner/code.txt" });
    expect(first.text).toContain("[part/AGENTS.md describes this folder");
    const second = await tool("run_command", { command: "true", cwd: "part" });
    expect(second.text).not.toContain("AGENTS.md");
    expect((await tool("run_command", { command: "true" })).text).not.toContain("AGENTS.md");
  });
});

describe("a patch", () => {
  it("[A21] changes, makes, deletes and renames several files at once", async () => {
    put("p/change.txt", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    put("p/delete.txt", "bye\n");
    put("p/old-name.txt", "same\nline\n");
    const patch = [
      "diff --git a/p/change.txt b/p/change.txt",
      "--- a/p/change.txt",
      "+++ b/p/change.txt",
      "@@ -1,3 +1,4 @@",
      " 1",
      "-2",
      "+two",
      "+and a half",
      " 3",
      "@@ -8,2 +9,2 @@",
      " 8",
      "-9",
      "+nine",
      "\\ No newline at end of file",
      "--- /dev/null",
      "+++ b/p/deep/created.txt",
      "@@ -0,0 +1,2 @@",
      "+-- sql comment",
      "+new",
      "--- a/p/delete.txt",
      "+++ /dev/null",
      "@@ -1 +0,0 @@",
      "-bye",
      "diff --git a/p/old-name.txt b/p/new-name.txt",
      "similarity index 60%",
      "rename from p/old-name.txt",
      "rename to p/new-name.txt",
      "--- a/p/old-name.txt",
      "+++ b/p/new-name.txt",
      "@@ -1,2 +1,2 @@",
      " same",
      "-line",
      "+other line",
      "",
    ].join("\n");
    const result = await tool("apply_patch", { patch });
    expect(result).toMatchObject({ isError: false });
    expect(textOf("p/change.txt")).toBe("1\ntwo\nand a half\n3\n4\n5\n6\n7\n8\nnine");
    expect(textOf("p/deep/created.txt")).toBe("-- sql comment\nnew\n");
    expect(existsSync(at("p/delete.txt"))).toBe(false);
    expect(existsSync(at("p/old-name.txt"))).toBe(false);
    expect(textOf("p/new-name.txt")).toBe("same\nother line\n");
  });

  it("[A21] that fits nowhere changes nothing at all, and says what stands there", async () => {
    put("q/one.txt", "a\nb\n");
    put("q/two.txt", "c\nd\n");
    const patch = [
      "--- a/q/one.txt",
      "+++ b/q/one.txt",
      "@@ -1,2 +1,2 @@",
      "-a",
      "+A",
      " b",
      "--- a/q/two.txt",
      "+++ b/q/two.txt",
      "@@ -1,2 +1,2 @@",
      " c",
      "-x",
      "+X",
      "",
    ].join("\n");
    const result = await tool("apply_patch", { patch });
    expect(result.isError).toBe(true);
    expect(result.text).toBe(
      'Nothing was changed. Hunk 1 of q/two.txt does not fit. At line 2 it expects "x", and the file has "d". Read the file again and make the patch from what is there.',
    );
    expect(textOf("q/one.txt")).toBe("a\nb\n");
  });

  it("[A21] that cannot be written is taken back", async () => {
    put("r/one.txt", "a\n");
    put("r/file", "in the way");
    const patch = [
      "--- a/r/one.txt",
      "+++ b/r/one.txt",
      "@@ -1 +1 @@",
      "-a",
      "+A",
      "--- /dev/null",
      "+++ b/r/file/below.txt",
      "@@ -0,0 +1 @@",
      "+x",
      "",
    ].join("\n");
    const result = await tool("apply_patch", { patch });
    expect(result).toMatchObject({
      isError: true,
      text: expect.stringContaining("Nothing was changed"),
    });
    expect(textOf("r/one.txt")).toBe("a\n");
  });

  it("[A21] with wrong line numbers fits where all its lines stand once", async () => {
    put("s.txt", "x\ny\nz\nx\n");
    const hunk = (body: string) => `--- a/s.txt\n+++ b/s.txt\n@@ -40,9 +40,9 @@\n${body}\n`;
    const twice = await tool("apply_patch", { patch: hunk("-x\n+X") });
    expect(twice).toMatchObject({
      isError: true,
      text: expect.stringContaining("fits at lines 1, 4"),
    });
    expect((await tool("apply_patch", { patch: hunk(" y\n-z\n+Z") })).isError).toBe(false);
    expect(textOf("s.txt")).toBe("x\ny\nZ\nx\n");
    expect((await tool("apply_patch", { patch: "hello" })).text).toContain("no file in the patch");
    const exists = "--- /dev/null\n+++ b/s.txt\n@@ -0,0 +1 @@\n+x\n";
    expect((await tool("apply_patch", { patch: exists })).text).toContain("there already");
  });

  it("[A21] with a line that belongs to no hunk changes nothing at all", async () => {
    put("t.txt", "a\nb\nc\n");
    const patch = "--- a/t.txt\n+++ b/t.txt\n@@\n-a\n+A\nb\n-c\n+C\n";
    const result = await tool("apply_patch", { patch });
    expect(result).toMatchObject({
      isError: true,
      text: expect.stringContaining(
        'Nothing was changed. Line 6 of the patch belongs to no hunk: "b".',
      ),
    });
    expect(textOf("t.txt")).toBe("a\nb\nc\n");
  });

  it("[A21] is what git format-patch writes", async () => {
    const made = await tool("run_command", {
      command: [
        "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b",
        "mkdir repository && cd repository && git init -q && printf 'a\\nb\\n' > f.txt",
        "git add . && git commit -qm one && printf 'A\\nb\\n' > f.txt && git commit -qam two",
        "git format-patch -1 --stdout > ../mail.patch && git reset -q --hard HEAD~1",
      ].join("\n"),
    });
    expect(made).toMatchObject({ isError: false });
    const patch = textOf("mail.patch").replaceAll("/f.txt", "/repository/f.txt");
    expect(patch).toContain("\n-- \n");
    expect(await tool("apply_patch", { patch })).toMatchObject({ isError: false });
    expect(textOf("repository/f.txt")).toBe("A\nb\n");
  });
});

describe("servers", () => {
  const SERVER = (port: number) =>
    `node -e 'require("http").createServer((q,r)=>r.setHeader("content-type","text/html").end("<title>Hi there</title><script>no</script><p>Some &amp; text</p>")).listen(${port},"127.0.0.1",function(){console.log("up")})'`;
  const freePort = async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
  };

  it("[A22] are started, waited for, looked at and ended", async () => {
    const port = await freePort();
    const started = await tool("start_server", { command: SERVER(port) });
    expect(started).toMatchObject({ isError: false, port });
    expect(started.text).toContain(`listens on port ${port}`);
    const seen = await tool("preview", { port });
    expect(seen).toEqual({
      isError: false,
      port,
      text: `Port ${port} answers 200 OK (text/html). Title: Hi there.\nSome & text`,
    });
    await tool("stop_process", { process: processIn(started.text) });
    const gone = await tool("preview", { port });
    expect(gone).toMatchObject({ isError: true, text: expect.stringContaining("Nothing listens") });
  });

  it("[A22] that end or do not listen are an error that says so", async () => {
    const ended = await tool("start_server", { command: "echo broken >&2; exit 1" });
    expect(ended).toMatchObject({ isError: true });
    expect(ended.text).toMatch(/^Exit code 1 before it listened on a port\.\nbroken/);
    const silent = await tool("start_server", { command: "sleep 60", waitSeconds: 0.4 });
    expect(silent).toMatchObject({
      isError: true,
      text: expect.stringContaining("no port of it listens"),
    });
    await tool("stop_process", { process: processIn(silent.text) });
  });

  it("[A22] whose answers have no end are cut", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.write("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n");
      const flood = () => {
        while (!socket.destroyed && socket.write("y".repeat(65_536)));
      };
      socket.on("drain", flood);
      flood();
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const seen = await tool("preview", { port });
    expect(seen.isError).toBe(false);
    expect(seen.text.length).toBeLessThan(TOOL_RESULT_MAX_CHARS / 10);
    server.close();
  });
});
