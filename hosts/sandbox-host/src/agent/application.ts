// All the agent serves: the parts, made once, and their routes, matched in order.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import { problem, statusOf, type Problem } from "@acos/protocol";

import { answerProblem, problemOf, refusal } from "./answer.ts";
import { callRoutes } from "./calls/routes.ts";
import { CallTable } from "./calls/call-table.ts";
import { checkpointRoutes } from "./checkpoints/routes.ts";
import type { AgentEnvironment } from "./environment.ts";
import { fileRoutes } from "./files/routes.ts";
import { portRoutes, portUpgrades } from "./ports/routes.ts";
import { ProcessTable } from "./processes/process-table.ts";
import { processRoutes } from "./processes/routes.ts";
import type { Route, UpgradeRoute } from "./route.ts";
import type { Application } from "./server.ts";
import { snapshotRoutes } from "./snapshots/routes.ts";
import { terminalRoutes, terminalUpgrades } from "./terminals/routes.ts";
import { TerminalTable } from "./terminals/terminal-table.ts";

/** Makes the parts. It opens no port and starts no process. */
export async function makeApplication(environment: AgentEnvironment): Promise<Application> {
  const { place } = environment;
  const processes = new ProcessTable(environment);
  const terminals = new TerminalTable(environment);
  const calls = new CallTable(environment, processes);
  const routes: readonly Route[] = [
    ...processRoutes(processes),
    ...callRoutes(calls),
    ...fileRoutes(place),
    ...portRoutes(environment, processes),
    ...terminalRoutes(terminals),
    ...checkpointRoutes(place),
    ...snapshotRoutes(place),
  ];
  const upgrades = [...portUpgrades(environment), ...terminalUpgrades(terminals)];
  return {
    serve: (request, response) => serve(routes, request, response),
    upgrade: (request, socket, head) => upgrade(upgrades, { request, socket, head }),
    end: async () => {
      await Promise.all([processes.end(), terminals.end()]);
    },
  };
}

async function serve(
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const url = urlOf(request);
    const found = routes.map((route) => ({ route, match: matchOf(route.path, url.pathname) }));
    const known = found.filter(({ match }) => match !== undefined);
    const chosen = known.find(({ route }) => fits(route, request.method));
    if (chosen?.match === undefined)
      return answerProblem(response, nothingThere(known.length > 0, request));
    await chosen.route.serve({ request, response, url, params: chosen.match });
  } catch (error) {
    answerProblem(response, problemOf(error) ?? unexpected(error));
  } finally {
    // What nobody read would block the connection for the next request.
    if (!request.readableEnded) request.resume();
  }
}

function urlOf(request: IncomingMessage): URL {
  const text = `http://agent${request.url ?? "/"}`;
  if (request.url?.startsWith("/") && URL.canParse(text)) return new URL(text);
  throw refusal("invalid_request", "The request's target is not a path.");
}

const fits = (route: Route, method: string | undefined) =>
  route.method === "ANY" || route.method === method;

function matchOf(path: RegExp, pathname: string): Record<string, string> | undefined {
  const match = path.exec(pathname);
  return match === null || match[0] !== pathname ? undefined : { ...match.groups };
}

function nothingThere(otherMethod: boolean, request: IncomingMessage): Problem {
  return otherMethod
    ? problem("method_not_allowed", `${request.method} is not possible here.`)
    : problem("not_found", "The agent has no such path.");
}

/** Nothing that happens to one request may end the agent: it is told, and the next one is served. */
function unexpected(error: unknown): Problem {
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${JSON.stringify({ level: "error", what: "request", error: words })}\n`);
  return problem("internal", "The agent could not do that. Try again.");
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

async function upgrade(routes: readonly UpgradeRoute[], call: Upgrade): Promise<void> {
  try {
    const { pathname } = urlOf(call.request);
    for (const route of routes) {
      const params = matchOf(route.path, pathname);
      if (params !== undefined) return await route.serve({ ...call, params });
    }
    refuse(call.socket, problem("not_found", "The agent has no such path."));
  } catch (error) {
    refuse(call.socket, problemOf(error) ?? unexpected(error));
  }
}

function refuse(socket: Duplex, found: Problem): void {
  const body = JSON.stringify(found);
  const head = [
    `HTTP/1.1 ${statusOf(found.code)} Refused`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
