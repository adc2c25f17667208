// /terminals: opened by a request, seen and written through WebSockets, ended by a request.
import { createRequire } from "node:module";

import { terminalOpenSchema } from "@acos/protocol";
import type { WebSocketServer } from "ws";

import { answerDone, answerJson, readBody } from "../answer.ts";
import type { Route, UpgradeRoute } from "../route.ts";
import type { TerminalTable } from "./terminal-table.ts";

const ONE = /\/terminals\/(?<terminal>[A-Za-z0-9_-]{1,64})/;
/** One paste. */
const MESSAGE_MAX_BYTES = 1024 * 1024;

export function terminalRoutes(terminals: TerminalTable): readonly Route[] {
  return [
    {
      method: "POST",
      path: /\/terminals/,
      serve: async ({ request, response }) => {
        const owned = await terminals.open(await readBody(request, terminalOpenSchema));
        answerJson(response, owned.view(), 201);
      },
    },
    {
      method: "GET",
      path: /\/terminals/,
      serve: async ({ response }) => answerJson(response, { items: terminals.list() }),
    },
    {
      method: "DELETE",
      path: ONE,
      serve: async ({ response, params }) => {
        await terminals.remove(params["terminal"] ?? "");
        answerDone(response);
      },
    },
  ];
}

/** A bundle of ES modules has no `require`, and the library asks for Node's own modules by it. */
const globals = globalThis as { require?: unknown };
let sockets: WebSocketServer | undefined;

/** Loaded with the first terminal: most sandboxes have none. */
async function socketServer(): Promise<WebSocketServer> {
  globals.require ??= createRequire(import.meta.url);
  const { WebSocketServer: Sockets } = await import("ws");
  return new Sockets({ noServer: true, maxPayload: MESSAGE_MAX_BYTES });
}

export function terminalUpgrades(terminals: TerminalTable): readonly UpgradeRoute[] {
  return [
    {
      path: ONE,
      serve: async ({ request, socket, head, params }) => {
        const owned = terminals.get(params["terminal"] ?? "");
        sockets ??= await socketServer();
        sockets.handleUpgrade(request, socket, head, (viewer) => owned.attach(viewer));
      },
    },
  ];
}
