// The Worker as a value: routes, proof of the sender, and one place where refusals become answers.
import {
  PRODUCT_VERSION,
  problem,
  ProblemError,
  statusOf,
  SUMMARIES_PATH,
  type ErrorCode,
  type Problem,
} from "@acos/protocol";
import { TrustError } from "@acos/trust";

import type { Caller } from "./authenticate.ts";
import type { AgentsBindings } from "./env.ts";
import { createServices, type Services, type World } from "./services.ts";
import { handleSummary } from "./summary.ts";
import { handleToolCall } from "./tool-call.ts";
import { handleTurn } from "./turn.ts";

type Handler = (
  caller: Caller,
  signal: AbortSignal,
  services: Services,
) => Response | Promise<Response>;

const HANDLERS: Readonly<Record<string, Handler>> = {
  "/turns": handleTurn,
  [SUMMARIES_PATH]: handleSummary,
  "/tool-calls": handleToolCall,
};

/** The part of the runtime's execution context that is used. */
export interface Lifetime {
  waitUntil(work: Promise<unknown>): void;
}

export interface AgentsWorker {
  fetch(request: Request, bindings: AgentsBindings, lifetime: Lifetime): Promise<Response>;
}

/** Makes the Worker in its world. Its only state are caches that may vanish at any time. */
export function createAgentsWorker(world: World): AgentsWorker {
  let wired: { bindings: AgentsBindings; services: ReturnType<typeof createServices> } | undefined;
  return {
    async fetch(request, bindings, lifetime) {
      try {
        const { pathname } = new URL(request.url);
        if (pathname === "/healthz")
          return Response.json({ status: "ok", version: PRODUCT_VERSION });
        const handler = handlerOf(pathname, request.method);
        if (wired?.bindings !== bindings)
          wired = { bindings, services: createServices(bindings, world) };
        const services = wired.services((work) => lifetime.waitUntil(work));
        const now = world.clock.now();
        const caller = await services.authenticator.authenticate(request, now, services.keepAlive);
        return await handler(caller, request.signal, services);
      } catch (error) {
        return refuse(error, world);
      }
    },
  };
}

function handlerOf(pathname: string, method: string): Handler {
  const handler = Object.hasOwn(HANDLERS, pathname) ? HANDLERS[pathname] : undefined;
  if (handler === undefined) throw refusal("not_found", "There is nothing at this address.");
  if (method !== "POST") throw refusal("method_not_allowed", "This address takes POST only.");
  return handler;
}

function refusal(code: ErrorCode, message: string): ProblemError {
  return new ProblemError(problem(code, message));
}

function refuse(error: unknown, { log }: World): Response {
  const found = problemOf(error);
  if (found.code === "internal")
    log("request failed", {
      error: error instanceof Error ? `${error.name}: ${error.message}` : typeof error,
    });
  return Response.json(found, { status: statusOf(found.code) });
}

function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError || error instanceof TrustError) return error.problem;
  return problem("internal", "The Agents Worker failed. Try again in a while.");
}
