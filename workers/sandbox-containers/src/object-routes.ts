// What a sandbox's object answers: the host's control paths by its life, everything below `/agent` by the agent.
import {
  EPOCH_HEADER,
  parse,
  parseJson,
  sandboxEgressSchema,
  sandboxOpenSchema,
} from "@acos/protocol";

import { readAsker } from "./asker.ts";
import { requireNoWayOut } from "./capabilities.ts";
import { refusal } from "./refusals.ts";
import type { SandboxLife } from "./sandbox-life.ts";

const AGENT_PATH = /^\/agent(\/.*)$/;

/** Answers one proven request; its path is the one below the sandbox. Throws ProblemError. */
export async function answerRequest(life: SandboxLife, request: Request): Promise<Response> {
  const asker = readAsker(request.headers);
  const { pathname, search } = new URL(request.url);
  const agentPath = AGENT_PATH.exec(pathname)?.[1];
  if (agentPath !== undefined)
    return life.call(asker, request.headers.get(EPOCH_HEADER), {
      method: request.method,
      target: agentPath + search,
      headers: request.headers,
      body: new Uint8Array(await request.arrayBuffer()),
    });
  switch (`${request.method} ${pathname}`) {
    case "GET /":
      return Response.json(life.status(asker));
    case "PUT /": {
      const { egress } = parse(sandboxOpenSchema, await bodyOf(request), "The opening");
      requireNoWayOut(egress);
      return Response.json(await life.open(asker));
    }
    case "POST /stop":
      await life.stop(asker);
      return new Response(null, { status: 204 });
    case "DELETE /":
      await life.destroy(asker);
      return new Response(null, { status: 204 });
    case "PUT /egress":
      life.requireOwned(asker);
      requireNoWayOut(parse(sandboxEgressSchema, await bodyOf(request), "The way out"));
      return new Response(null, { status: 204 });
    default:
      throw refusal("not_found", "There is nothing at this address.");
  }
}

async function bodyOf(request: Request): Promise<unknown> {
  return parseJson(await request.text(), "The request");
}
