// The product as a contender: the real launcher, a signed-up person, groups over REST and sockets as the contract says.
import { rmSync } from "node:fs";

import { startProduct, type Product } from "../../product.ts";
import { signUp, type Rest } from "../../rest.ts";
import type { Contender, Conversation } from "./contender.ts";
import { openGroupClient } from "./group-client.ts";
import { productEnvironment } from "./product-environment.ts";
import { postedBy } from "./room.ts";

export interface ProductUser {
  readonly rest: Rest;
  readonly org: string;
}

export interface ProductContender extends Contender {
  readonly product: Product;
  readonly user: ProductUser;
}

/** Starts the product on a fresh folder, with the model server as a provider. `env` is added to the launcher's. */
export async function productContender(
  modelUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ProductContender> {
  const product = await startProduct({
    env: { ...productEnvironment(), ...env },
  });
  const user = await signUpWithModel(product.url, modelUrl);
  const agents = new Map<string, Promise<BenchAgent>>();
  const agentOf = (model: string) => {
    const agent = agents.get(model) ?? makeAgent(user, model);
    agents.set(model, agent);
    return agent;
  };
  return {
    name: "acos",
    product,
    user,
    processIds: () => [product.pid],
    open: async (model) => openGroup(user, await agentOf(model), model),
    stop: async () => {
      await product.stop();
      rmSync(product.data, { recursive: true, force: true });
    },
  };
}

/** A new person whose org has the model server as its provider `fake`. */
export async function signUpWithModel(url: string, modelUrl: string): Promise<ProductUser> {
  const { rest, org } = await signUp(url, `bench${Date.now().toString(36)}`);
  await rest.put(`/orgs/${org}/providers/fake`, {
    kind: "openai-compatible",
    baseUrl: modelUrl,
    apiKey: "none",
  });
  return { rest, org };
}

export interface BenchAgent {
  readonly id: string;
  readonly handle: string;
}

/** An agent without tools on one of the model server's models. */
export async function makeAgent(user: ProductUser, model: string): Promise<BenchAgent> {
  const handle = `a${Math.random().toString(36).slice(2, 12)}`;
  const { id } = await user.rest.post<{ id: string }>(`/orgs/${user.org}/agents`, {
    handle,
    name: "Bench",
    instructions: "Answer.",
    model: `fake/${model}`,
    tools: [],
  });
  return { id, handle };
}

/** A fresh group in which the agent answers when it is mentioned and to nothing else. */
export async function makeGroup(user: ProductUser, agent: BenchAgent): Promise<string> {
  const group = await user.rest.post<{ id: string }>(`/orgs/${user.org}/groups`, {
    name: "Bench",
    agents: [{ id: agent.id, version: "latest" }],
    policy: { wake: "mentions" },
  });
  return group.id;
}

async function openGroup(
  user: ProductUser,
  agent: BenchAgent,
  model: string,
): Promise<Conversation> {
  const group = await makeGroup(user, agent);
  const client = await openGroupClient(user.rest, group);
  const join = () => openGroupClient(user.rest, group);
  const poster = async () => (await join()).poster();
  return {
    turn: () => client.turn(agent.handle, model),
    watch: async () => (await join()).watcher(),
    poster,
    seed: (count) => postedBy(poster, count),
    close: () => client.close(),
  };
}
