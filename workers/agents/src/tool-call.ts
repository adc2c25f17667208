// POST /tool-calls: exactly one journalled call of a tool of the pinned version; its outcome is always a ToolResult.
import {
  decodeUtf8,
  parse,
  parseJson,
  toolCallRequestSchema,
  type ToolResult,
} from "@acos/protocol";
import { requireWithinCaps } from "@acos/trust";

import { requireSpeaksFor, type Caller } from "./authenticate.ts";
import type { Services } from "./services.ts";
import { callTool } from "./tools/agent-tools.ts";

/**
 * Makes the call and answers with its result. Throws ProblemError or TrustError for a body that is no call of the
 * caller's. It does not know whether a member approved, nor whether the call was made before: the group's log does.
 */
export async function handleToolCall(
  caller: Caller,
  signal: AbortSignal,
  services: Services,
): Promise<Response> {
  const body = parseJson(decodeUtf8(caller.body, "The tool call"), "The tool call");
  const wanted = parse(toolCallRequestSchema, body, "The tool call");
  requireSpeaksFor(caller, wanted);
  requireWithinCaps(caller.certificate.caps, { agent: wanted.pin.agent, tools: [wanted.tool] });
  const version = await services.versions.agent(wanted.pin, services.keepAlive);
  const result: ToolResult = await callTool(version.tools, wanted, {
    egress: services.toolEgress,
    now: services.clock.now,
    signal,
    reveal: (name) => {
      const { org, group } = caller.certificate;
      return services.secrets.secret({ org, group, name }, services.clock.now());
    },
    idempotencyKey: wanted.call,
  });
  return Response.json(result);
}
