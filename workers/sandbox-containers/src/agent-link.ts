// The way to the in-sandbox agent: the container's own port, with the bearer of its start, and nothing of ours passed on.
import type { AgentPort } from "./container-port.ts";

/** Proof and routing between group and host; the agent has no use for them. */
const OURS =
  /^(?:acos-.*|signature|signature-input|content-digest|host|authorization|cf-.*|x-forwarded-.*)$/i;
/** Any name does: the port is the container's. */
const AGENT_ORIGIN = "http://agent.internal";

export interface AgentCall {
  readonly method: string;
  /** As the agent knows it, with its query. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/**
 * Sends a call to the agent and answers as it does; a WebSocket is handed on. Rejects when the container's port does not
 * answer. It does not follow redirects, and has no deadline: streams last as long as their process.
 */
export function callAgent(port: AgentPort, bearer: string, call: AgentCall): Promise<Response> {
  const headers = new Headers();
  for (const [name, value] of call.headers) if (!OURS.test(name)) headers.append(name, value);
  headers.set("authorization", `Bearer ${bearer}`);
  const hasBody = call.body.length > 0 && !["GET", "HEAD"].includes(call.method);
  return port.fetch(`${AGENT_ORIGIN}${call.target}`, {
    method: call.method,
    headers,
    redirect: "manual",
    ...(hasBody ? { body: call.body } : {}),
  });
}

/** Whether the agent answers. */
export async function isHealthy(port: AgentPort, bearer: string): Promise<boolean> {
  const call = { method: "GET", target: "/health", headers: new Headers(), body: new Uint8Array() };
  try {
    const response = await callAgent(port, bearer, call);
    await response.body?.cancel();
    return response.ok;
  } catch {
    // Nobody listens yet.
    return false;
  }
}
