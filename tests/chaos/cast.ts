// The cast of a chaos run: users, a provider, agents with a tool that has effects, and the group that they share.
import {
  BRIEFING_BUDGET_MIN_TOKENS,
  type AgentView,
  type GroupSummary,
  type GroupView,
  type Page,
} from "@acos/protocol";

import { signUp, type SignedUpUser } from "../rest.ts";
import { AGENT_HANDLES, EFFECT_TOOL } from "./workload.ts";

export interface Cast {
  readonly users: readonly SignedUpUser[];
  readonly group: string;
  /** Groups that the owner has beside it. */
  readonly others: readonly string[];
}

/** Two clients belong to one user, so that command ids of one person arrive over two sockets. */
const CLIENTS_PER_USER = 2;

/** Signs everybody up and makes the group, by REST alone. Throws when the product refuses any of it. */
export async function makeCast(
  url: string,
  wanted: { readonly clients: number; readonly modelUrl: string; readonly effectUrl: string },
): Promise<Cast> {
  const users: SignedUpUser[] = [];
  for (let count = 0; count < Math.ceil(wanted.clients / CLIENTS_PER_USER); count += 1)
    users.push(await signUp(url, `Person${count + 1}`));
  const owner = users[0] as SignedUpUser;
  await owner.rest.put(`/orgs/${owner.org}/providers/scripted`, {
    kind: "openai-compatible",
    baseUrl: wanted.modelUrl,
    apiKey: "not-a-secret",
  });
  const agents = [];
  for (const handle of AGENT_HANDLES)
    agents.push(
      await owner.rest.post<AgentView>(`/orgs/${owner.org}/agents`, {
        handle,
        name: handle,
        instructions: "Do what the script says.",
        model: "scripted/actor",
        tools: ["calculate", effectTool(wanted.effectUrl)],
      }),
    );
  const group = await owner.rest.post<GroupView>(`/orgs/${owner.org}/groups`, {
    name: "Chaos",
    // The smallest there is, so that summaries are made again and again.
    policy: { briefingTokens: BRIEFING_BUDGET_MIN_TOKENS },
    agents: agents.map((agent) => ({ id: agent.id })),
  });
  for (const user of users.slice(1))
    await owner.rest.put(`/groups/${group.id}/members/${user.id}`, { role: "member" });
  const listed = await owner.rest.get<Page<GroupSummary>>(`/orgs/${owner.org}/groups`);
  const others = listed.items.map(({ id }) => id).filter((id) => id !== group.id);
  return { users, group: group.id, others };
}

function effectTool(baseUrl: string): object {
  return {
    type: "http",
    name: EFFECT_TOOL,
    description: "Does a deed.",
    baseUrl,
    methods: ["GET", "POST"],
  };
}
