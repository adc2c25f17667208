// What is tried beside the REST interface, as one role: a terminal's socket, and a preview at its own host.
import { request as httpRequest } from "node:http";

import type { PreviewLink, TerminalView } from "@acos/protocol";

import { problemOf, type Answer } from "../rest.ts";
import type { BesideRow, Role } from "./access-matrix.ts";
import type { World } from "./access-world.ts";

const PORT = 3_000;
const WORDS = "seen through a preview";
const SERVER = `node -e 'require("node:http").createServer((_, answer) => answer.end("${WORDS}")).listen(${PORT})'`;

/** The code of a refusal; "ok" where there is none. */
type Outcome = (world: World, role: Role) => Promise<string>;

export const BESIDE_ASKS: Readonly<Record<BesideRow, Outcome>> = {
  terminal: tryTerminal,
  preview: tryPreview,
  "preview, without its cookie": async (world) => {
    const { url } = await linkOf(world, "member");
    return outcomeOf((await visit(new URL("/", url))).status);
  },
  "preview, by another's link once more": async (world) => {
    const { url } = await linkOf(world, "member");
    await visit(new URL(url));
    return outcomeOf((await visit(new URL(url))).status);
  },
};

async function tryTerminal(world: World, role: Role): Promise<string> {
  const { group, people, scene } = world;
  const { sandbox } = await world.sandbox();
  const path = `/groups/${group.id}/sandboxes/${sandbox}/terminals`;
  const { terminal } = await people["member"].rest.post<TerminalView>(path);
  const asked = await people[role].rest.call<{ routing_token: string }>(
    "POST",
    `/groups/${group.id}/token`,
  );
  if (asked.status >= 400) return problemOf(asked).code;
  const below = `/ws/groups/${group.id}/sandboxes/${sandbox}/terminals/${terminal}`;
  const url = new URL(`${below}?token=${asked.body.routing_token}`, scene.product.url);
  const { status } = await visit(url, { connection: "upgrade", upgrade: "websocket", ...UPGRADE });
  return status === 101 ? "ok" : outcomeOf(status);
}

const UPGRADE = {
  "sec-websocket-version": "13",
  "sec-websocket-key": Buffer.alloc(16, 1).toString("base64"),
};

async function tryPreview(world: World, role: Role): Promise<string> {
  await world.freshProcess(SERVER, "running");
  const asked = await askLink(world, role);
  if (asked.status >= 400) return problemOf(asked).code;
  const opened = await visit(new URL(asked.body.url));
  const cookie = opened.cookies[0]?.split(";")[0];
  if (opened.status !== 303 || cookie === undefined) return outcomeOf(opened.status);
  const page = new URL("/", asked.body.url);
  // The server listens a moment after it was started.
  for (let look = 0; look < 100; look += 1) {
    const seen = await visit(page, { cookie });
    if (seen.body === WORDS) return "ok";
    if (seen.status < 500) return `${seen.status} ${seen.body}`;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return "the server did not come up";
}

async function linkOf(world: World, role: Role): Promise<PreviewLink> {
  return (await askLink(world, role)).body;
}

async function askLink(world: World, role: Role): Promise<Answer<PreviewLink>> {
  const { sandbox } = await world.sandbox();
  const path = `/groups/${world.group.id}/sandboxes/${sandbox}/preview`;
  return world.people[role].rest.call<PreviewLink>("POST", path, { body: { port: PORT } });
}

const CODES: Readonly<Record<number, string>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
};

function outcomeOf(status: number): string {
  return CODES[status] ?? String(status);
}

interface Seen {
  readonly status: number;
  readonly cookies: readonly string[];
  readonly body: string;
}

/** Asks the product on loopback under the host of an address: not every resolver knows names below localhost. */
function visit(url: URL, headers: Readonly<Record<string, string>> = {}): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const path = `${url.pathname}${url.search}`;
    const own = {
      host: "127.0.0.1",
      port: url.port,
      path,
      headers: { ...headers, host: url.host },
    };
    const asked = httpRequest(own, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          cookies: answer.headers["set-cookie"] ?? [],
          body: Buffer.concat(pieces).toString(),
        }),
      );
    });
    asked.on("upgrade", (_answer, socket) => {
      socket.destroy();
      resolve({ status: 101, cookies: [], body: "" });
    });
    asked.on("error", reject);
    asked.end();
  });
}
