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
import { callTool, isMadeElsewhere, judgeCall } from "./tools/agent-tools.ts";

/**
 * Makes the call and answers with its result. Throws ProblemError or TrustError, and has done nothing then, for a body that
 * is no call of the caller's, a grant that is not for it, and a call with an effect that the group does not leave to it.
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
  const digest = await services.grants.take(caller, wanted, services.clock.now());
  const version = await services.versions.agent(wanted.pin, services.keepAlive);
  const { effect, invalid } = judgeCall(version.tools, wanted.tool, wanted.arguments);
  // What is not made here needs nobody's word that it is ours to make.
  if (effect && invalid === undefined && !isMadeElsewhere(wanted.tool)) {
    const { group, run, call, dispatch } = wanted;
    await services.claims.require({ group, run, call, dispatch, digest }, signal);
  }
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
