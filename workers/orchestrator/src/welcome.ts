// What a new user finds: a personal org and the group "Welcome" with two agents on the best model there is.
//
//   no row ─ one D1 transaction ─▶ noted down ─ the group's object is told ─▶ ready
// A process that dies in between is healed by the next sign-in or GET /me.
import {
  agentVersionKey,
  BUILTIN_TOOLS,
  makeId,
  parse,
  policySchema,
  USUAL_TOOLS,
  type AgentConfig,
  type BuiltinTool,
  type GroupId,
  type OrgId,
  type UserId,
} from "@acos/protocol";
import { eq } from "drizzle-orm";

import { fillCache } from "./agent-cache.ts";
import { freshId, freshNonce } from "./clock.ts";
import type { ControlPlane } from "./control-plane.ts";
import { makeGroup } from "./group-making.ts";
import { logError } from "./log.ts";
import { insertAgent, prepareVersion, type PreparedVersion } from "./store/agent-versions.ts";
import { groups, welcomes } from "./store/control-tables.ts";
import { isTaken } from "./store/database.ts";
import { insertGroup } from "./store/group-rows.ts";
import { orgMembers, orgs, users } from "./store/sign-in-tables.ts";

interface FirstAgent extends Pick<AgentConfig, "handle" | "name" | "about" | "instructions"> {
  readonly tools: readonly BuiltinTool[];
}

const FIRST_AGENTS: readonly FirstAgent[] = [
  {
    handle: "ada",
    name: "Ada",
    about: "Thinks a question through and answers it step by step.",
    instructions:
      "You are Ada. You answer questions precisely: first the answer in one sentence, then the reasoning that carries it, in as few words as it needs. You calculate with the tool instead of in your head. When you are not sure, you say so and say what would settle it.",
    tools: USUAL_TOOLS,
  },
  {
    handle: "grace",
    name: "Grace",
    about: "Turns an idea into the next practical thing to do.",
    instructions:
      "You are Grace. You are practical: you turn what people want into the next thing to do, with a short list when there is more than one. You add what others have overlooked instead of repeating what was said. You keep to plain words and at most one question back. What can be tried or built you do in the group's sandbox, and then say what came of it.",
    tools: BUILTIN_TOOLS,
  },
];

/** Makes sure that a user's welcome is complete. Never throws: what failed is logged and made good the next time. */
export async function welcomeUser(
  plane: ControlPlane,
  user: { readonly id: UserId; readonly name: string },
): Promise<void> {
  try {
    const name = user.name === "" ? await nameOf(plane, user.id) : user.name;
    const noted = (await readWelcome(plane, user.id)) ?? (await noteWelcome(plane, user.id, name));
    if (noted.state === "making") await makeGroup(plane, noted.group, name);
  } catch (error) {
    logError("a welcome is not complete yet", error, { user: user.id });
  }
}

async function nameOf(plane: ControlPlane, user: UserId): Promise<string> {
  const [row] = await plane.db.select({ name: users.name }).from(users).where(eq(users.id, user));
  return row?.name ?? "Member";
}

interface Welcome {
  readonly group: GroupId;
  readonly state: string;
}

async function readWelcome(plane: ControlPlane, user: UserId): Promise<Welcome | undefined> {
  const [row] = await plane.db
    .select({ group: welcomes.group, state: groups.state })
    .from(welcomes)
    .innerJoin(groups, eq(groups.id, welcomes.group))
    .where(eq(welcomes.user, user));
  return row;
}

async function noteWelcome(plane: ControlPlane, user: UserId, name: string): Promise<Welcome> {
  const { db, clock } = plane;
  const org = freshId(clock, "org");
  const group = freshId(clock, "group");
  const at = clock.now();
  const prepared = await prepareAgents(plane, { org, by: user, at });
  const agents = prepared.map(({ agent }) => ({ agent, version: null }));
  const policy = parse(policySchema, { wake: "everyone" }, "The policy of a welcome group");
  try {
    await db.batch([
      db.insert(welcomes).values({ user, org, group }),
      ...insertPersonalOrg(plane, { org, user, name, at: new Date(at) }),
      ...prepared.flatMap((version) => [...insertAgent(db, version)]),
      ...insertGroup(db, { id: group, org, name: "Welcome", policy, by: user, at, agents }),
    ]);
  } catch (error) {
    if (!isTaken(error)) throw error;
    // Another request of the same user was faster: its welcome is the one.
    return (await readWelcome(plane, user)) ?? { group, state: "failed" };
  }
  return { group, state: "making" };
}

async function prepareAgents(
  plane: ControlPlane,
  { org, by, at }: { org: OrgId; by: UserId; at: number },
): Promise<PreparedVersion[]> {
  const model = plane.settings.builtinModels[0].model;
  const versions = FIRST_AGENTS.map(async ({ tools: names, ...agent }, place) => {
    const tools = names.map((name) => ({ type: "builtin" as const, name }));
    // Ids sort by age: a millisecond apart keeps Ada before Grace on every list.
    const id = makeId("agent", at + place, plane.clock.random(10));
    const config = { ...agent, model, tools };
    const prepared = await prepareVersion({ agent: id, org, version: 1, config, by, at });
    await fillCache(plane, agentVersionKey(prepared), prepared.body);
    return prepared;
  });
  return Promise.all(versions);
}

function insertPersonalOrg(
  { db, clock }: ControlPlane,
  { org, user, name, at }: { org: OrgId; user: UserId; name: string; at: Date },
) {
  return [
    db.insert(orgs).values({ id: org, name: `${name}'s organization`, slug: org, createdAt: at }),
    db.insert(orgMembers).values({
      id: freshNonce(clock),
      organizationId: org,
      userId: user,
      role: "owner",
      createdAt: at,
    }),
  ] as const;
}
