// What a group tells and takes by REST, handed to its object as it is: token, events, messages, commands, runs. No D1 here.
import { isId, ROUTING_TOKEN_TTL_S } from "@acos/protocol";
import { signRoutingToken } from "@acos/trust";

import { freshNonce } from "../clock.ts";
import type { Handler } from "../rest/call.ts";
import { numberCursor } from "../rest/page.ts";
import { accessGroup, notFound } from "../store/access.ts";
import { renameGroup } from "../store/group-rows.ts";
import { ask, backwards } from "./ask-group-of-path.ts";
import { tellWayIn } from "./way-in.ts";

export const createRoutingToken: Handler<"createRoutingToken"> = async (call) => {
  const { plane, caller, request } = call;
  plane.limits.countToken(caller.user);
  const group = accessGroup(call.params.id);
  const { role, org } = await tellWayIn({ plane, caller, group }, () =>
    ask(call, (stub, principal) => stub.admit(principal)),
  );
  plane.limits.countOrg(org);
  const { user, name, sid } = caller;
  const claims = { user, name, sid, org, group, role, jti: freshNonce(plane.clock) };
  const token = await signRoutingToken(claims, plane.keys.signing, plane.clock.now());
  const { protocol, host } = new URL(request.url);
  return {
    routing_token: token,
    token_type: "routing",
    expires_in: ROUTING_TOKEN_TTL_S,
    ws_url: `${protocol === "https:" ? "wss:" : "ws:"}//${host}/ws/groups/${group}`,
  };
};

export const listEvents: Handler<"listEvents"> = (call) => {
  const { limit, after = 0, cursor } = call.page;
  const page = { limit, after: numberCursor(cursor) ?? after };
  return ask(call, (stub, principal) => stub.events(principal, page));
};

export const listMessages: Handler<"listMessages"> = (call) => {
  const page = backwards(call.page);
  return ask(call, (stub, principal) => stub.messages(principal, page));
};

export const listRuns: Handler<"listRuns"> = (call) => {
  const page = backwards(call.page);
  return ask(call, (stub, principal) => stub.runs(principal, page));
};

export const giveCommand: Handler<"giveCommand"> = async (call) => {
  const { plane, caller, body, params } = call;
  const group = accessGroup(params.id);
  const done = await tellWayIn({ plane, caller, group }, () =>
    ask(call, (stub, principal) => stub.command(principal, body)),
  );
  const { command } = body;
  if (command.kind === "settings-change" && command.name !== undefined)
    await renameGroup(plane.db, group, command.name);
  return done;
};

export const getRun: Handler<"getRun"> = async (call) => {
  const { run } = call.params;
  if (!isId("run", run)) throw notFound("run");
  return ask(call, (stub, principal) => stub.run(principal, run));
};

export const getBriefing: Handler<"getBriefing"> = async (call) => {
  const { run, n } = call.params;
  if (!isId("run", run) || !/^[1-9]\d{0,5}$/.test(n)) throw notFound("turn");
  return ask(call, (stub, principal) => stub.briefing(principal, run, Number(n)));
};
