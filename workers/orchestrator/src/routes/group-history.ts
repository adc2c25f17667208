// A group's history beyond its newest pages: one message, search, summaries, the work on its storage; and cold storage itself.
import { isId } from "@acos/protocol";

import type { Handler } from "../rest/call.ts";
import { numberCursor } from "../rest/page.ts";
import { accessGroup, notFound } from "../store/access.ts";
import { markArchived, readGroupSummary } from "../store/group-rows.ts";
import { ask, backwards } from "./ask-group-of-path.ts";

export const getMessage: Handler<"getMessage"> = async (call) => {
  const { message } = call.params;
  if (!isId("message", message)) throw notFound("message");
  return ask(call, (stub, principal) => stub.message(principal, message));
};

export const searchGroup: Handler<"searchGroup"> = async (call) => {
  const { q, limit, cursor } = call.page;
  const page = { q, limit, cursor: numberCursor(cursor) ?? 0 };
  return ask(call, (stub, principal) => stub.search(principal, page));
};

export const listSummaries: Handler<"listSummaries"> = async (call) => {
  const page = backwards(call.page);
  return ask(call, (stub, principal) => stub.summaries(principal, page));
};

export const listJobs: Handler<"listJobs"> = async (call) => {
  const page = backwards(call.page);
  return ask(call, (stub, principal) => stub.jobs(principal, page));
};

export const archiveGroup: Handler<"archiveGroup"> = async (call) => {
  const { plane } = call;
  const group = accessGroup(call.params.id);
  await ask(call, (stub, principal) => stub.archive(principal));
  await markArchived(plane.db, group, plane.clock.now());
  const summary = await readGroupSummary(plane.db, group);
  if (!summary) throw notFound("group");
  return summary;
};

export const restoreGroup: Handler<"restoreGroup"> = async (call) => {
  const view = await ask(call, (stub, principal) => stub.restore(principal));
  await markArchived(call.plane.db, view.id, null);
  return view;
};
