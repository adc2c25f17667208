// A real session in a sandbox, end to end: clone, install, test, mend, look, push, lose the machine, and go on.
import { rmSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import type {
  AgentView,
  ExecResult,
  GroupView,
  Hunk,
  Page,
  RunId,
  SandboxView,
  SnapshotRef,
} from "@acos/protocol";
import { SANDBOX_TOOLS } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { filesBelow, find } from "../canary.ts";
import { startGitServer, type GitServer } from "../git-server.ts";
import { startPackageRegistry, type PackageRegistry } from "../package-registry.ts";
import { startProduct } from "../product.ts";
import { script, type ScriptedTurn } from "../scripted-model.ts";
import type { GroupSocket } from "../socket.ts";
import { endOf, enter, event, eventsOf, give, openScene, say, type Scene } from "./scene.ts";

const PASSWORD = "push-password-0451";
const PROJECT = {
  "package.json": JSON.stringify({
    name: "project",
    private: true,
    type: "module",
    scripts: { test: "node --test" },
    dependencies: { nanoid: "*" },
  }),
  "sum.js": "export const sum = (a, b) => a - b;\n",
  "sum.test.js": `import { test } from "node:test";
import assert from "node:assert";
import { nanoid } from "nanoid";
import { sum } from "./sum.js";
test("sum", () => assert.equal(sum(2, 3), 5));
test("nanoid", () => assert.equal(nanoid(7).length, 7));
`,
  "AGENTS.md": "Tests run with `npm test`.\n",
  ".gitignore": "node_modules\n",
};

let git: GitServer;
let registry: PackageRegistry;
let scene: Scene;
let agent: AgentView;
let group: GroupView;
let socket: GroupSocket;

beforeAll(async () => {
  git = await startGitServer(PROJECT, PASSWORD);
  registry = await startPackageRegistry();
  scene = await openScene({
    egressAllow: [git.host, registry.host],
    env: { ACOS_SANDBOXES: "auto" },
  });
  const { owner } = scene;
  await owner.rest.put(`/orgs/${owner.org}/secrets/git`, {
    value: git.authorization.slice("Basic ".length),
    hosts: [git.host],
  });
  agent = await scene.agent("dev", { tools: SANDBOX_TOOLS });
  group = await scene.group([agent], {
    sandboxes: {
      egress: {
        hosts: [git.host, registry.host],
        secrets: [{ host: git.host, header: "authorization", value: "Basic {{secret:git}}" }],
      },
    },
  });
  socket = await enter(owner.rest, group.id);
});
afterAll(async () => {
  await scene.close();
  await Promise.all([git.close(), registry.close()]);
});

const call = (tool: string, args: object): ScriptedTurn => ({ calls: [{ tool, arguments: args }] });
const command = (line: string) => call("run_command", { command: line });

/** Wakes the agent with calls, one a turn, and answers its run. */
async function wake(...turns: ScriptedTurn[]): Promise<RunId> {
  const posted = await say(socket, `@dev ${script(...turns, { text: "Done." })}`);
  return (await event(socket, "run-queued", (one) => one.trigger === posted.event.message)).event
    .run;
}

const resultsOf = (run: RunId) =>
  eventsOf(socket)
    .map((row) => row.event)
    .filter((one) => one.kind === "tool-result-received")
    .filter((one) => one.run === run)
    .map((one) => one.result);

const kinds = () => eventsOf(socket).map((row) => row.event.kind);
const path = (rest = "") => `/groups/${group.id}/sandboxes${rest}`;
const first = async () => (await scene.owner.rest.get<Page<SandboxView>>(path())).items[0]!;
const exec = async (line: string) =>
  scene.owner.rest.post<ExecResult>(path(`/${(await first()).sandbox}/exec`), { command: line });

interface Visit {
  readonly status: number;
  readonly body: string;
  /** As a browser would send it back. */
  readonly cookie: string;
}

/** One GET as a browser makes it that resolves every name below localhost to this machine. */
async function visit(url: string, cookie = ""): Promise<Visit> {
  const { hostname, port, pathname, search, host } = new URL(url);
  expect(hostname).toMatch(/\.localhost$/);
  const answered = Promise.withResolvers<Visit>();
  const headers = { host, ...(cookie && { cookie }) };
  const asking = request({ host: "127.0.0.1", port, path: pathname + search, headers });
  asking.once("error", answered.reject);
  asking.once("response", async (response) =>
    answered.resolve({
      status: response.statusCode ?? 0,
      body: await text(response),
      cookie: (response.headers["set-cookie"] ?? []).map((one) => one.split(";")[0]).join("; "),
    }),
  );
  asking.end();
  return answered.promise;
}

describe("a session in a sandbox", () => {
  it("looking makes none, and an agent's first command asks before there is one", async () => {
    expect((await scene.owner.rest.get<Page<SandboxView>>(path())).items).toEqual([]);
    const run = await wake(command(`git clone -q ${git.url} . && ls`));
    const asked = await event(socket, "approval-asked", (one) => one.run === run);
    expect(kinds()).not.toContain("sandbox-created");
    await give(socket, {
      kind: "approval-decide",
      approval: asked.event.approval,
      decision: "approve",
    });
    await endOf(socket, run);
    expect(resultsOf(run)[0]).toMatchObject({ isError: false });
    expect(resultsOf(run)[0]?.text).toContain("sum.test.js");
    expect(kinds()).toContain("sandbox-created");
    expect(await first()).toMatchObject({ state: "ready" });
  });

  it("installs from the registry through the allow-list, and reaches nothing else", async () => {
    const run = await wake(command(`npm install --no-audit --no-fund --registry ${registry.url}`));
    await endOf(socket, run);
    expect(resultsOf(run)[0]?.text).toContain("added 1 package");
    const outside = await exec(
      "curl -sS -m 5 -o /dev/null -w '%{http_code}' http://example.com; curl -m 5 --noproxy '*' http://93.184.216.34",
    );
    expect(outside.stdout).toContain("403");
    expect(outside.code).not.toBe(0);
  });

  it("finds the fault by the tests, mends it, and shows whose change it is", async () => {
    const failed = await wake(command("npm test"));
    await endOf(socket, failed);
    expect(resultsOf(failed)[0]?.text).toContain("fail 1");
    const mended = await wake(
      call("read_file", { path: "sum.js" }),
      call("edit_file", { path: "sum.js", old: "a - b", new: "a + b" }),
      command("npm test"),
    );
    await endOf(socket, mended);
    expect(resultsOf(mended).map(({ isError }) => isError)).toEqual([false, false, false]);
    expect(resultsOf(mended)[2]?.text).toContain("fail 0");
    const { sandbox } = await first();
    const { items } = await scene.owner.rest.get<Page<Hunk>>(path(`/${sandbox}/changes`));
    const hunk = items.find((one) => one.path === "sum.js" && one.run === mended);
    expect(hunk).toMatchObject({ added: 1, removed: 1 });
  });

  it("pushes with a password that the sandbox never has", async () => {
    const run = await wake(
      command(
        "git -c user.name=Dev -c user.email=dev@example.org commit -qam 'mend sum' && git push -q origin HEAD:main",
      ),
      command("env; cat .git/config; git config --list"),
    );
    await endOf(socket, run);
    expect(resultsOf(run)[0]).toMatchObject({ isError: false });
    expect(git.git("log", "--format=%s", "main")).toContain("mend sum");
    const frames = { name: "frames", bytes: Buffer.from(JSON.stringify(eventsOf(socket))) };
    const places = [frames, ...filesBelow(join(scene.product.data, "sandboxes"), [])];
    expect(find(PASSWORD, places)).toEqual([]);
  });

  it("takes a change back by its hunk", async () => {
    const run = await wake(
      call("write_file", { path: "notes.txt", content: "one\n" }),
      call("edit_file", { path: "sum.js", old: "a + b", new: "b + a" }),
    );
    await endOf(socket, run);
    const { sandbox } = await first();
    const { items } = await scene.owner.rest.get<Page<Hunk>>(path(`/${sandbox}/changes`));
    const hunk = items.find((one) => one.path === "sum.js" && one.run === run)!;
    const undone = await scene.owner.rest.post(path(`/${sandbox}/undo`), { hunks: [hunk.hunk] });
    expect(undone).toMatchObject({ undone: [hunk.hunk], refused: [] });
    expect((await exec("cat sum.js notes.txt")).stdout).toBe(
      "export const sum = (a, b) => a + b;\none\n",
    );
  });

  it("serves a preview on a host of its own, to the browser with the link and to no other", async () => {
    const serve = `node -e "require('http').createServer((q,s)=>s.end('hello '+q.headers.host)).listen(4321)"`;
    const run = await wake(call("start_server", { command: serve, port: 4321 }));
    await endOf(socket, run);
    expect(resultsOf(run)[0]).toMatchObject({ isError: false });
    await event(socket, "preview-offered", (one) => one.run === run);
    const { sandbox } = await first();
    const { url } = await scene.owner.rest.post<{ url: string }>(path(`/${sandbox}/preview`), {
      port: 4321,
    });
    const opened = await visit(url);
    expect(opened.status).toBe(303);
    const cookie = opened.cookie;
    const home = new URL("/", url).href;
    expect(await visit(home, cookie)).toMatchObject({ status: 200, body: "hello localhost:4321" });
    expect((await visit(home)).status).toBe(401);
    expect((await visit(url)).status).toBe(401);
  });

  it("is snapshotted, lost with its machine, and goes on where it was", async () => {
    const { sandbox } = await first();
    const kept = await scene.owner.rest.post<SnapshotRef>(path(`/${sandbox}/snapshot`));
    expect(kept.files).toBeGreaterThan(5);
    const { product } = scene;
    await product.kill9();
    rmSync(join(product.data, "sandboxes"), { recursive: true, force: true });
    const again = await startProduct({
      data: product.data,
      port: product.port,
      env: { ACOS_SANDBOXES: "auto" },
    });
    const ran = await exec("npm test 2>&1 | tail -8; git log --format=%s -1");
    await again.stop();
    expect(ran.stdout).toContain("fail 0");
    expect(ran.stdout).toContain("mend sum");
  });
});
