// Kill -9 of what carries a sandbox while an agent's command runs in it: the work goes on or ends visibly, and nothing is left over.
import type { AgentView, ExecResult, GroupView, RunId, SandboxView } from "@acos/protocol";
import { SANDBOX_TOOLS } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { processTree, stillRunning, wordsOf, type ProcessMark } from "../processes.ts";
import { startProduct } from "../product.ts";
import { script } from "../scripted-model.ts";
import type { GroupSocket } from "../socket.ts";
import { endOf, enter, event, eventsOf, openScene, say, type Scene } from "./scene.ts";

let scene: Scene;
let agent: AgentView;

beforeAll(async () => {
  scene = await openScene({ env: { ACOS_SANDBOXES: "auto" } });
  agent = await scene.agent("dev", { tools: SANDBOX_TOOLS });
});
afterAll(() => scene.close());

interface Place {
  readonly group: GroupView;
  readonly base: string;
  exec(command: string): Promise<ExecResult>;
}

/** A group with a sandbox that runs. */
async function openPlace(): Promise<Place> {
  const { rest } = scene.owner;
  const group = await scene.group([agent]);
  const { sandbox } = await rest.post<SandboxView>(`/groups/${group.id}/sandboxes`, {});
  const base = `/groups/${group.id}/sandboxes/${sandbox}`;
  const exec = (command: string) => rest.post<ExecResult>(`${base}/exec`, { command });
  await exec("true");
  return { group, base, exec };
}

/** Has the agent run a command, and answers its run once the command has written `begun`. */
async function begin(place: Place, command: string): Promise<{ run: RunId; socket: GroupSocket }> {
  const socket = await enter(scene.owner.rest, place.group.id);
  const turns = [
    { calls: [{ tool: "run_command", arguments: { command: `echo begun > begun; ${command}` } }] },
    { text: "Done." },
  ];
  const posted = await say(socket, `@dev ${script(...turns)}`);
  const queued = await event(socket, "run-queued", (one) => one.trigger === posted.event.message);
  await expect.poll(async () => (await place.exec("cat begun")).stdout).toBe("begun\n");
  return { run: queued.event.run, socket };
}

/** Processes below the launcher whose command line or environment says what they are. */
const marksOf = (fits: RegExp): ProcessMark[] =>
  processTree(scene.product.pid).filter((mark) => fits.test(wordsOf(mark)));
const RUNTIME = /\bworkerd\b.*\bACOS_ROLE=main\b/s;
const HOST = /sandbox-host\/src\/main\.ts/;
const INSIDE = /^bwrap |sandbox-agent|^sleep 600/;

/** Opens a socket as soon as there is somebody to open it to. */
async function enterAgain(group: string): Promise<GroupSocket> {
  let socket: GroupSocket | undefined;
  await expect
    .poll(async () => {
      socket = await enter(scene.owner.rest, group, 0).catch(() => undefined);
      return socket !== undefined;
    })
    .toBe(true);
  return socket!;
}

const killNow = (marks: readonly ProcessMark[]) => {
  expect(marks.length).toBeGreaterThan(0);
  for (const { pid } of marks) process.kill(pid, "SIGKILL");
};

describe("kill -9 while a command runs", () => {
  it("of the Group Controller's process: the command goes on and its result is the one it had", async () => {
    const place = await openPlace();
    const { run, socket } = await begin(place, "sleep 4; date +%s%N | tee -a times");
    socket.close();
    killNow(marksOf(RUNTIME));
    const again = await enterAgain(place.group.id);
    const ended = await endOf(again, run);
    expect(ended.outcome).toBe("done");
    const times = (await place.exec("cat times")).stdout.trim().split("\n");
    expect(times).toHaveLength(1);
    const results = eventsOf(again).filter(({ event: one }) => one.kind === "tool-result-received");
    expect(JSON.stringify(results)).toContain(times[0]);
  });

  it("of the Sandbox Host: the run ends visibly, nothing is left, and the workspace is there again", async () => {
    const place = await openPlace();
    const { run, socket } = await begin(place, "sleep 600");
    const left = marksOf(INSIDE);
    expect(left.length).toBeGreaterThan(2);
    killNow(marksOf(HOST));
    const ended = await endOf(socket, run);
    expect(ended.outcome).toBe("interrupted");
    await expect.poll(() => stillRunning(left), { timeout: 10_000 }).toEqual([]);
    expect((await place.exec("cat begun")).stdout).toBe("begun\n");
    socket.close();
  });

  it("of the whole product: the next start goes on or says that the run was interrupted", async () => {
    const place = await openPlace();
    const { run, socket } = await begin(place, "sleep 600");
    socket.close();
    await scene.product.kill9();
    const { data, port } = scene.product;
    const product = await startProduct({ data, port, env: { ACOS_SANDBOXES: "auto" } });
    const again = await enter(scene.owner.rest, place.group.id, 0);
    expect((await endOf(again, run)).outcome).toBe("interrupted");
    expect((await place.exec("cat begun")).stdout).toBe("begun\n");
    again.close();
    await product.stop();
  });
});
