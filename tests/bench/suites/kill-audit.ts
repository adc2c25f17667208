// The audit of `messages`: clients note what was acknowledged while the product is killed, the log is read afterwards.
import { rmSync } from "node:fs";

import type { GroupFrame, LogEvent } from "@acos/protocol";
import { WebSocket } from "ws";

import { startProduct, type Product } from "../../product.ts";
import type { Rest } from "../../rest.ts";
import { makeAgent, makeGroup, signUpWithModel } from "../contenders/product.ts";
import { productEnvironment } from "../contenders/product-environment.ts";
import { FIGURES } from "../harness/names.ts";
import type { World } from "../harness/world.ts";
import { modelNameOf } from "../model-name.ts";

const CLIENTS = 10;
/** Acknowledged messages after which the product is killed. */
const KILL_AFTER = { full: 3000, short: 300 };

/** Kills a product of its own under load and counts what was acknowledged and is not there, or is there twice. */
export async function killAudit(world: World): Promise<void> {
  const first = await startProduct({ env: productEnvironment() });
  const user = await signUpWithModel(first.url, world.modelUrl);
  const model = modelNameOf({ firstTokenMs: 0, tokens: 1, gapMs: 0 });
  const group = await makeGroup(user, await makeAgent(user, model));
  const acknowledged = await postUntilKilled(first, user.rest, {
    group,
    limit: world.short ? KILL_AFTER.short : KILL_AFTER.full,
  });
  const again = { data: first.data, port: first.port, env: productEnvironment() };
  const second = await startProduct(again);
  const texts = await textsInLog(user.rest, group);
  await second.stop();
  rmSync(first.data, { recursive: true, force: true });
  const lost = [...acknowledged].filter(([text, seq]) => texts.get(text)?.[0] !== seq);
  const repeated = [...texts.values()].filter((seqs) => seqs.length > 1);
  world.book.add(FIGURES.lostMessages, "acos", lost.length);
  world.book.add(FIGURES.repeatedMessages, "acos", repeated.length);
  world.say(`killed after ${acknowledged.size} acknowledged messages of ten clients`);
}

async function postUntilKilled(
  product: Product,
  rest: Rest,
  { group, limit }: { readonly group: string; readonly limit: number },
): Promise<Map<string, number>> {
  const acknowledged = new Map<string, number>();
  const enough = Promise.withResolvers<void>();
  const open = async (client: number) => {
    const token = await rest.post<{ routing_token: string; ws_url: string }>(
      `/groups/${group}/token`,
    );
    const socket = new WebSocket(`${token.ws_url}?token=${token.routing_token}`);
    let sent = 0;
    const post = () => {
      const id = `c${client}-${(sent += 1)}`;
      const command = { kind: "message-post", parts: [{ type: "text", text: id }] };
      socket.send(JSON.stringify({ type: "command", id, command }));
    };
    socket.on("error", () => undefined); // the kill breaks every socket
    socket.on("open", () => {
      socket.send(JSON.stringify({ type: "hello", protocol: 1 }));
    });
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as GroupFrame;
      if (frame.type === "live") for (let ahead = 0; ahead < 20; ahead += 1) post();
      if (frame.type !== "ack") return;
      acknowledged.set(frame.id, frame.seq);
      if (acknowledged.size >= limit) enough.resolve();
      post();
    });
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, client) => open(client)));
  await enough.promise;
  await product.kill9();
  return acknowledged;
}

async function textsInLog(rest: Rest, group: string): Promise<Map<string, number[]>> {
  const texts = new Map<string, number[]>();
  for (let after = 0; ;) {
    const page = await rest.get<{ items: LogEvent[]; nextCursor: string | null }>(
      `/groups/${group}/events?after=${after}&limit=500`,
    );
    for (const { seq, event } of page.items) {
      after = Math.max(after, seq);
      if (event.kind !== "message-posted") continue;
      const text = event.parts.map((part) => part.text).join("");
      texts.set(text, [...(texts.get(text) ?? []), seq]);
    }
    if (page.items.length === 0 || page.nextCursor === null) return texts;
  }
}
