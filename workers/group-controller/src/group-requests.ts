// Requests to a group's object by their path: a member's socket, work in a sandbox, a preview of one.
import type { OpenGroup } from "./open-group.ts";
import { openSocket } from "./sockets/greet.ts";

/** Answers a request of the Orchestrator, which has proved who asks. */
export function answerRequest(
  context: Pick<DurableObjectState, "acceptWebSocket">,
  group: OpenGroup,
  request: Request,
): Response | Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/sandboxes/")) return group.sandboxes.data.serve(request);
  if (pathname.startsWith("/previews/")) return group.sandboxes.previews.serve(request);
  return openSocket(context, group, request);
}
