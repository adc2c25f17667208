// The group controller with counters round its bindings and its SQLite; asked by the counting orchestrator.
import { SUMMARIES_PATH } from "@acos/protocol";

import { GroupController as Product } from "virtual:product/group-controller";
import type { ObjectContext } from "virtual:product/shapes";

import { sortedEnvironment, countStatements, counts, settleCursors } from "./counting-bindings.ts";

interface Environment {
  readonly AGENTS: { fetch(request: Request): Promise<Response> };
}

export class GroupController extends Product {
  readonly #agents: Environment["AGENTS"];

  constructor(context: ObjectContext, env: Environment) {
    const isMoved = segmentLookup(context.storage.sql);
    countStatements(context.storage.sql);
    super(
      context,
      sortedEnvironment(env, {
        ARCHIVE: ([key]) => (isMoved(key) ? "r2" : "moving"),
        AGENTS: ([url]) => (String(url).endsWith(SUMMARIES_PATH) ? "summaries" : "agents"),
      }),
    );
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

/**
 * Whether a call of R2 could be on the way of a message or run. What is being moved is written and read back before the
 * table of segments has its name; a reader finds names in that table alone. So a call is the moving only where it is of a
 * segment or filter that the table does not have; whatever else it is of counts as on the way.
 */
function segmentLookup(sql: ObjectContext["storage"]["sql"]): (key: unknown) => boolean {
  const exec = sql.exec.bind(sql) as (...args: unknown[]) => { toArray(): readonly object[] };
  return (key) => {
    const name = /\/((?:segments|filters)\/[^/]+)$/.exec(String(key))?.[1];
    if (name === undefined) return true;
    const query = "SELECT 1 FROM segments WHERE name = ? OR filter = ?";
    return exec(query, name, name).toArray().length > 0;
  };
}

export { ToolCallClaims } from "virtual:product/group-controller";
// oxlint-disable-next-line import/no-default-export -- the entry of a Worker
export { default } from "virtual:product/group-controller";
