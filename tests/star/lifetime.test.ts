// Starting and stopping: one owner of a data folder, never an orphan, nothing lost whatever is killed.
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

import type { GroupView } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { stillRunning } from "../processes.ts";
import { runLauncher, startProduct, type Product } from "../product.ts";
import { signUp, type SignedUpUser } from "../rest.ts";
import { enter, event, eventsOf, say } from "./scene.ts";

let product: Product;
let user: SignedUpUser;
let group: GroupView;

beforeAll(async () => {
  product = await startProduct();
  user = await signUp(product.url, "Lena");
  group = await user.rest.post<GroupView>(`/orgs/${user.org}/groups`, { name: "Lasting" });
});
afterAll(() => product.stop());

const restart = async () => {
  product = await startProduct({ port: product.port, data: product.data });
};

/** Waits until the product answers for the group again. */
const served = () =>
  expect
    .poll(
      () =>
        user.rest.get<GroupView>(`/groups/${group.id}`).then(
          (view) => view.id,
          () => "not yet",
        ),
      {
        timeout: 20_000,
        interval: 50,
      },
    )
    .toBe(group.id);

describe("a second start", () => {
  it("on the same data folder says which folder and ends with 1", async () => {
    const second = await runLauncher(["up", "--port", "0", "--data", product.data]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(product.data);
    expect(second.stdout).not.toContain("ready");
  });

  it("on a port in use says so and ends with 1", async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, "127.0.0.1", done));
    const { port } = taken.address() as AddressInfo;
    const second = await runLauncher([
      "up",
      "--port",
      String(port),
      "--data",
      `${product.data}-other`,
    ]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(String(port));
    taken.close();
  });
});

describe("what was acknowledged", () => {
  it("survives a clean stop, which tells sockets to come back", async () => {
    const socket = await enter(user.rest, group.id, 0);
    const posted = await say(socket, "before the stop");
    expect(await product.stop()).toBe(0);
    const end = await socket.closed;
    expect([1001, 1006, 1012]).toContain(end.code);
    await restart();
    const back = await enter(user.rest, group.id, posted.seq - 1);
    expect(eventsOf(back)[0]).toMatchObject({
      seq: posted.seq,
      at: posted.at,
      event: posted.event,
    });
    back.close();
  });

  it("survives kill -9 of the launcher, which leaves no process behind", async () => {
    const socket = await enter(user.rest, group.id);
    const posted = await say(socket, "before the kill");
    await product.kill9();
    await restart();
    const back = await enter(user.rest, group.id, posted.seq - 1);
    expect(eventsOf(back).map((row) => row.seq)).toEqual([posted.seq]);
    back.close();
  });

  it("survives kill -9 of any child: it comes back, or everything ends", async () => {
    const children = product.processes().filter((mark) => mark.pid !== product.pid);
    expect(children.length).toBeGreaterThan(0);
    for (const child of children) {
      if (stillRunning([child]).length === 0) continue;
      const socket = await enter(user.rest, group.id);
      const posted = await say(socket, `before child ${child.pid} is killed`);
      const marks = product.processes();
      process.kill(child.pid, "SIGKILL");
      const ended = await Promise.race([
        product.exited.then(() => true),
        served().then(() => false),
      ]);
      if (ended) {
        await expect.poll(() => stillRunning(marks), { timeout: 10_000 }).toEqual([]);
        await restart();
      }
      const back = await enter(user.rest, group.id, posted.seq - 1);
      await event(back, "message-posted", (_posted, seq) => seq === posted.seq);
      back.close();
    }
  });
});
