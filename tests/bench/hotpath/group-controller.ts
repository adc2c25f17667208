// The group controller with counters round its bindings and its SQLite; asked by the counting orchestrator.
import { GroupController as Product } from "virtual:product/group-controller";
import type { ObjectContext } from "virtual:product/shapes";

import { countedEnvironment, countStatements, counts, settleCursors } from "./counting-bindings.ts";

interface Environment {
  readonly AGENTS: { fetch(request: Request): Promise<Response> };
}

export class GroupController extends Product {
  readonly #agents: Environment["AGENTS"];

  constructor(context: ObjectContext, env: Environment) {
    countStatements(context.storage.sql);
    super(context, countedEnvironment(env));
    this.#agents = env.AGENTS;
  }

  /** Counts of this isolate and of the Agents Worker. */
  async benchCounts(): Promise<object> {
    settleCursors();
    const group = { ...counts };
    const answer = await this.#agents.fetch(new Request("https://agents.internal/bench-counts"));
    return { group, agents: await answer.json() };
  }
}

export { ToolCallClaims } from "virtual:product/group-controller";
// oxlint-disable-next-line import/no-default-export -- the entry of a Worker
export { default } from "virtual:product/group-controller";
