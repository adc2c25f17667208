// Agents of a bundle become agents of an org: an equal one that is there already is used, every other one is made.
// Whoever wrote the bundle is believed nothing: its agents get what any member of the org could give them.
import { judgeUrl } from "@acos/egress";
import {
  agentConfigSchema,
  agentVersionKey,
  BUNDLE_FILE_MAX_BYTES,
  BUNDLE_FILES_MAX,
  bundleAgentsFile,
  bundleAgentsSchema,
  makeId,
  MEMBERS_MAX,
  parse,
  parseJson,
  problem,
  ProblemError,
  type AgentCard,
  type AgentConfig,
  type AgentId,
  type BundleAgent,
  type BundleHead,
  type OrgId,
  type UserId,
} from "@acos/protocol";
import { canonicalJson } from "@acos/trust";

import { fillCache } from "../agent-cache.ts";
import type { ControlPlane } from "../control-plane.ts";
import { isKnownModel } from "../known-models.ts";
import { listAgentStates, readAgentState } from "../store/agent-cards.ts";
import { deleteAgentRows, insertAgent, prepareVersion } from "../store/agent-versions.ts";
import { withoutCredentials } from "./shareable-config.ts";

export interface Importer {
  readonly org: OrgId;
  readonly by: UserId;
}

export interface ImportedAgent {
  readonly there: AgentId;
  readonly card: AgentCard;
  readonly follow: "latest" | "pinned";
  /** It was made for this import, and goes when that fails. */
  readonly isNew: boolean;
}

/** The agents a bundle brings. Throws `invalid_request` for what is not of the form; a bundle without their file has none. */
export function readBundleAgents({ files }: BundleHead): readonly BundleAgent[] {
  const agents: BundleAgent[] = [];
  for (let number = 1; number <= BUNDLE_FILES_MAX; number += 1) {
    const file = files.find(({ name }) => name === bundleAgentsFile(number));
    if (!file) break;
    const what = `${file.name} of the bundle`;
    if (file.text.length > BUNDLE_FILE_MAX_BYTES) throw refused(`${what} is too large`);
    agents.push(...parse(bundleAgentsSchema, parseJson(file.text, what), what).agents);
  }
  if (new Set(agents.map(({ id }) => id)).size < agents.length)
    throw refused("The bundle brings an agent twice");
  if (agents.length > MEMBERS_MAX)
    throw refused(`The bundle brings more than ${MEMBERS_MAX} agents`);
  return agents;
}

function refused(why: string): ProblemError {
  return new ProblemError(problem("invalid_request", `${why}. Nothing was imported.`));
}

/** Finds or makes the agents, in order. Throws when D1 does; what was made by then is deleted again. */
export async function importAgents(
  plane: ControlPlane,
  importer: Importer,
  agents: readonly BundleAgent[],
): Promise<readonly ImportedAgent[]> {
  const known = await listKnown(plane, importer.org);
  const imported: ImportedAgent[] = [];
  try {
    for (const [place, { id: there, version: _version, follow, ...sent }] of agents.entries()) {
      const config = await fitting(plane, importer.org, sent);
      const same = takeSame(known, config);
      const card = same ?? (await makeAgent(plane, importer, { config, place, known }));
      imported.push({ there, card, follow, isNew: same === undefined });
    }
    return imported;
  } catch (error) {
    await undoAgents(plane, imported);
    throw error;
  }
}

/** Deletes again what was made for an import. */
export async function undoAgents(
  plane: ControlPlane,
  imported: readonly ImportedAgent[],
): Promise<void> {
  for (const { card, isNew } of imported)
    if (isNew) await deleteAgentRows(plane.db, card.pin.agent, plane.clock.now());
}

/** A model that is not to be had here gives way to the one new agents begin with; tools that no call would reach are left out. */
async function fitting(
  { db, settings }: ControlPlane,
  org: OrgId,
  { model, tools, ...rest }: AgentConfig,
): Promise<AgentConfig> {
  const policy = { local: false, allow: settings.egressAllow };
  return {
    ...rest,
    model: (await isKnownModel(db, settings, { org, model }))
      ? model
      : settings.builtinModels[0].model,
    tools: tools.filter((tool) => tool.type !== "http" || judgeUrl(tool.baseUrl, policy).ok),
  };
}

interface Known {
  readonly card: AgentCard;
  /** Everything but the handle, as a bundle would say it. */
  readonly says: string;
  taken: boolean;
}

const PAGE_AGENTS = 100;

async function listKnown(plane: ControlPlane, org: OrgId): Promise<Known[]> {
  const known: Known[] = [];
  for (let cursor = ""; ;) {
    const page = await listAgentStates(plane.db, org, { cursor, limit: PAGE_AGENTS });
    for (const { card, config } of page) {
      const { agent: _agent, org: _org, version: _version, ...rest } = config;
      known.push({ card, says: sayingOf(rest), taken: false });
    }
    const last = page.at(-1);
    if (page.length < PAGE_AGENTS || !last) return known;
    cursor = last.config.agent;
  }
}

function sayingOf(config: AgentConfig): string {
  const { handle: _handle, ...rest } = withoutCredentials(config);
  return canonicalJson(rest);
}

/** An agent that says the same under the same handle, or under one that an earlier import numbered; each is used once. */
function takeSame(known: readonly Known[], config: AgentConfig): AgentCard | undefined {
  const says = sayingOf(config);
  const same = known.find(
    (one) => !one.taken && one.says === says && isHandleOf(one.card.handle, config.handle),
  );
  if (!same) return undefined;
  same.taken = true;
  return same.card;
}

function isHandleOf(handle: string, wish: string): boolean {
  if (handle === wish) return true;
  const [, base] = /^(.+)-\d+$/.exec(handle) ?? [];
  return base !== undefined && base === baseOf(wish);
}

/** Room for a number within a handle's 32 characters. */
const BASE_MAX_CHARS = 27;

function baseOf(wish: string): string {
  return wish.slice(0, BASE_MAX_CHARS).replace(/-$/, "");
}

function freeHandle(known: readonly Known[], wish: string): string {
  const taken = new Set(known.map(({ card }) => card.handle));
  if (!taken.has(wish)) return wish;
  for (let number = 2; ; number += 1) {
    const handle = `${baseOf(wish)}-${number}`;
    if (!taken.has(handle)) return handle;
  }
}

async function makeAgent(
  plane: ControlPlane,
  { org, by }: Importer,
  wish: { readonly config: AgentConfig; readonly place: number; readonly known: Known[] },
): Promise<AgentCard> {
  const at = plane.clock.now();
  // Ids sort by age: a millisecond apart keeps the bundle's order on every list.
  const agent = makeId("agent", at + wish.place, plane.clock.random(10));
  const handle = freeHandle(wish.known, wish.config.handle);
  const config = parse(agentConfigSchema, { ...wish.config, handle }, "The agent");
  const prepared = await prepareVersion({ agent, org, version: 1, config, by, at });
  await fillCache(plane, agentVersionKey(prepared), prepared.body);
  await plane.db.batch(insertAgent(plane.db, prepared));
  const details = { version: 1 };
  await plane.audit.note(org, { kind: "agent-created", actor: by, subject: agent, details });
  const state = await readAgentState(plane.db, agent);
  if (!state) throw new Error("an agent that was just made is not there");
  wish.known.push({ card: state.card, says: sayingOf(config), taken: true });
  return state.card;
}
