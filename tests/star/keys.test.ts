// Keys are exchanged while the whole product is at work: no request fails, and what was sealed and signed before still counts.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { AgentView, GroupView } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startProduct } from "../product.ts";
import { restOf } from "../rest.ts";
import { script } from "../scripted-model.ts";
import { endOf, enter, event, openScene, say, type Scene } from "./scene.ts";

const VALUE = "desk-token-0123456789";

let scene: Scene;
let agent: AgentView;
let group: GroupView;

beforeAll(async () => {
  scene = await openScene();
  const { org, rest } = scene.owner;
  await rest.put(`/orgs/${org}/secrets/desk`, { value: VALUE, hosts: [scene.effects.host] });
  const headers = { authorization: "Bearer {{secret:desk}}" };
  const tool = { type: "http", name: "desk", description: "The desk.", methods: ["GET"], headers };
  agent = await scene.agent("ada", { tools: [{ ...tool, baseUrl: `${scene.effects.url}/desk` }] });
  group = await scene.group([agent]);
});
afterAll(() => scene.close());

/** What `acos keys rotate` does, past its words. */
async function rotate(kind: string): Promise<string> {
  const file = readFileSync(join(scene.product.data, "control.json"), "utf8");
  const { port, secret } = JSON.parse(file) as { port: number; secret: string };
  const answer = await fetch(`http://127.0.0.1:${port}/keys/${kind}/rotate`, {
    method: "POST",
    headers: { "acos-inner-secret": secret },
  });
  const body = (await answer.json()) as { message: string };
  expect([kind, answer.status, body.message]).toEqual([kind, 200, body.message]);
  return body.message;
}

/** One run with a tool call that carries the secret, told by how it ended. */
async function oneRun(): Promise<string> {
  const socket = await enter(scene.owner.rest, group.id);
  const call = { tool: "desk", arguments: { method: "GET", path: "/look" } };
  const posted = await say(socket, `@ada ${script({ calls: [call] }, { text: "Done." })}`);
  const queued = await event(socket, "run-queued", (one) => one.trigger === posted.event.message);
  const ended = await endOf(socket, queued.event.run);
  socket.close();
  return ended.outcome === "done" ? "done" : `${ended.outcome}: ${ended.reason}`;
}

describe("exchanging keys under load", () => {
  it("[local:X5] fails no request: tokens, sockets, runs, provider keys and secrets go on", async () => {
    const outcomes: string[] = [];
    const over = new AbortController();
    const { org, rest, cookie } = scene.owner;
    const browser = restOf(scene.product.url, { cookie });
    const worker = async (work: () => Promise<string>) => {
      while (!over.signal.aborted)
        outcomes.push(await work().catch((error: unknown) => String(error)));
    };
    const load = [
      worker(oneRun),
      worker(oneRun),
      worker(async () => (await browser.get("/me"), "done")),
      worker(async () => {
        const models = ["actor", `m${outcomes.length}`];
        const same = { kind: "openai-compatible", baseUrl: scene.model.url, models };
        await rest.put(`/orgs/${org}/providers/scripted`, same);
        return "done";
      }),
    ];
    for (const kind of ["ca", "master", "ca", "data", "ca", "ca", "master"]) await rotate(kind);
    over.abort();
    await Promise.all(load);
    expect(outcomes.filter((outcome) => outcome !== "done")).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(50);
  });

  it("[local:X5] leaves the secrets and keys of before readable, also by a process that never knew the old ones", async () => {
    const { data, port } = scene.product;
    await scene.product.kill9();
    const again = await startProduct({
      data,
      port,
      env: { ACOS_EGRESS_ALLOW: scene.effects.host },
    });
    expect(await oneRun()).toBe("done");
    await again.stop();
    expect(scene.effects.hits.at(-1)?.headers["authorization"]).toBe(`Bearer ${VALUE}`);
    expect(
      scene.effects.hits.every((hit) => hit.headers["authorization"] === `Bearer ${VALUE}`),
    ).toBe(true);
    const lines = readFileSync(join(scene.product.data, "keys/master.key"), "utf8").trim();
    expect(lines.split("\n")).toHaveLength(1);
  });
});
