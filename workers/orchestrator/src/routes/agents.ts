// /orgs/{org}/agents and /agents/{id}: agents and their immutable versions; every change is told to the groups before the answer.
import {
  agentConfigSchema,
  agentVersionKey,
  agentVersionSchema,
  isId,
  parse,
  parseJson,
  type AgentConfig,
  type AgentView,
  type OrgId,
} from "@acos/protocol";
import { eq } from "drizzle-orm";

import { requireDelivered } from "../adoptions.ts";
import { fillCache } from "../agent-cache.ts";
import { freshId } from "../clock.ts";
import type { ControlPlane } from "../control-plane.ts";
import { isKnownModel, knownProviders } from "../known-models.ts";
import type { Call, Handler } from "../rest/call.ts";
import { invalidField } from "../rest/invalid-field.ts";
import { idCursor, numberCursor, pageOf } from "../rest/page.ts";
import { accessAgent, accessOrg, notFound } from "../store/access.ts";
import { listAgentStates, readAgentState, type AgentState } from "../store/agent-cards.ts";
import {
  commitVersion,
  deleteAgentRows,
  insertAgent,
  listVersions,
  prepareVersion,
  providerOf,
  untilCommitted,
} from "../store/agent-versions.ts";
import { adoptions, groupAgents } from "../store/control-tables.ts";
import { requireOpenTools } from "./outgoing-address.ts";
import { requireKnownSecrets } from "./tool-secrets.ts";

export const createAgent: Handler<"createAgent"> = async ({ plane, caller, params, body }) => {
  const org = accessOrg(caller, params.org);
  await requireKnownModel(plane, org, body.model);
  requireOpenTools(body.tools, plane.settings);
  const at = plane.clock.now();
  const agent = freshId(plane.clock, "agent");
  const config = parse(agentConfigSchema, body, "The agent");
  await requireKnownSecrets(plane.db, org, config);
  const prepared = await prepareVersion({ agent, org, version: 1, config, by: caller.user, at });
  await fillCache(plane, agentVersionKey(prepared), prepared.body);
  await plane.db.batch(insertAgent(plane.db, prepared));
  return viewOf({ config: { ...config, agent, org, version: 1 }, createdAt: at, updatedAt: at });
};

export const listAgents: Handler<"listAgents"> = async ({ plane, caller, params, page }) => {
  const org = accessOrg(caller, params.org);
  const { limit } = page;
  const cursor = idCursor("agent", page.cursor) ?? "";
  const states = await listAgentStates(plane.db, org, { cursor, limit: limit + 1 });
  return pageOf(states.map(viewOf), limit, ({ id }) => id);
};

export const getAgent: Handler<"getAgent"> = async ({ plane, caller, params }) =>
  viewOf(await accessAgent(plane.db, caller, params.id));

export const patchAgent: Handler<"patchAgent"> = async (call) => {
  const { plane, body } = call;
  return change(call, async (state) => {
    if (body.model !== undefined) await requireKnownModel(plane, state.org, body.model);
    if (body.tools !== undefined) requireOpenTools(body.tools, plane.settings);
    if (body.tools !== undefined)
      await requireKnownSecrets(plane.db, state.org, { tools: body.tools });
    return { ...configOf(state), ...body };
  });
};

export const restoreAgentVersion: Handler<"restoreAgentVersion"> = async (call) => {
  const { plane, params } = call;
  const version = Number(params.n);
  return change(call, async ({ config }) => {
    const found = Number.isSafeInteger(version)
      ? await readAgentState(plane.db, config.agent, version)
      : undefined;
    if (!found) throw notFound("version of this agent");
    requireOpenTools(found.config.tools, plane.settings);
    return configOf(found);
  });
};

/** Commits what `next` makes of the agent's latest version, anew when somebody else was faster, then tells the groups. */
async function change(
  { plane, caller, params }: Call<"patchAgent"> | Call<"restoreAgentVersion">,
  next: (state: AgentState) => Promise<unknown>,
): Promise<AgentView> {
  const { view, agent } = await untilCommitted(async () => {
    const state = await accessAgent(plane.db, caller, params.id);
    const { agent: id, org, version } = state.config;
    const config = parse(agentConfigSchema, await next(state), "The agent");
    const at = plane.clock.now();
    const draft = { agent: id, org, version: version + 1, config, by: caller.user, at };
    if (!(await commitVersion(plane, await prepareVersion(draft)))) return undefined;
    const committed = { ...config, agent: id, org, version: version + 1 };
    const { createdAt } = state;
    return { agent: id, view: viewOf({ config: committed, createdAt, updatedAt: at }) };
  });
  await requireDelivered(plane, [agent]);
  return view;
}

export const deleteAgent: Handler<"deleteAgent"> = async ({ plane, caller, params }) => {
  const { config } = await accessAgent(plane.db, caller, params.id);
  await deleteAgentRows(plane.db, config.agent, plane.clock.now());
  await requireDelivered(plane, [config.agent]);
  await plane.db.batch([
    plane.db.delete(groupAgents).where(eq(groupAgents.agent, config.agent)),
    plane.db.delete(adoptions).where(eq(adoptions.agent, config.agent)),
  ]);
};

export const listAgentVersions: Handler<"listAgentVersions"> = async (call) => {
  const { plane, caller, params, page } = call;
  if (!isId("agent", params.id)) throw notFound("agent");
  await accessAgent(plane.db, caller, params.id);
  const before = numberCursor(page.cursor) ?? Number.MAX_SAFE_INTEGER;
  const rows = await listVersions(plane.db, params.id, { before, limit: page.limit + 1 });
  const views = rows.map(({ body, createdAt, createdBy }) => {
    const said = parse(agentVersionSchema, parseJson(body, "A version"), "A version");
    const { agent: _agent, org: _org, ...config } = said;
    return { ...config, createdAt: new Date(createdAt).toISOString(), createdBy };
  });
  return pageOf(views, page.limit, ({ version }) => String(version));
};

function configOf({ config }: AgentState): AgentConfig {
  const { agent: _agent, org: _org, version: _version, ...rest } = config;
  return rest;
}

function viewOf({
  config,
  createdAt,
  updatedAt,
}: Pick<AgentState, "config" | "createdAt" | "updatedAt">): AgentView {
  const { agent, ...rest } = config;
  const times = {
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
  return { id: agent, ...rest, ...times };
}

/** Throws `invalid_request` naming what there is, unless the model's provider is the org's or the installation's. */
async function requireKnownModel(plane: ControlPlane, org: OrgId, model: string): Promise<void> {
  const { db, settings } = plane;
  if (await isKnownModel(db, settings, { org, model })) return;
  const known = await knownProviders(db, settings, org);
  const words = `There is no model provider "${providerOf(model)}" here. There are: ${known.join(", ")}. Add one with PUT /api/v1/orgs/{org}/providers/{name}.`;
  throw invalidField("model", words);
}
