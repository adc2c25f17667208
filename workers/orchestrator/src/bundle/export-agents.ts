// agents.json of a bundle: what the agents of a group are told to be, at the versions that the group uses.
import {
  BUNDLE_FILE_MAX_BYTES,
  BUNDLE_FILES_MAX,
  bundleAgentsFile,
  problem,
  ProblemError,
  type BundleAgent,
  type BundleHead,
  type GroupView,
} from "@acos/protocol";

import type { ControlPlane } from "../control-plane.ts";
import { orgRoleOf } from "../sign-in/authenticate.ts";
import type { Caller } from "../sign-in/caller.ts";
import { readAgentState } from "../store/agent-cards.ts";
import { withoutCredentials } from "./shareable-config.ts";

/**
 * The files, as few as can be. Guests, who may not read the org's agents, get of them what the group itself shows: no
 * instructions and no tools. Throws `too_large` for more than a bundle may hold beside its log.
 */
export async function agentsFiles(
  plane: ControlPlane,
  caller: Caller,
  view: GroupView,
): Promise<BundleHead["files"]> {
  const isGuest = orgRoleOf(caller, view.org) === undefined;
  const agents = await Promise.all(
    view.members.map(async (member): Promise<readonly BundleAgent[]> => {
      if (member.type !== "agent") return [];
      const { agent, version, follow } = member;
      const state = await readAgentState(plane.db, agent, version);
      if (!state || state.org !== view.org) return [];
      const { agent: id, org: _org, ...config } = state.config;
      const shown = isGuest ? { ...config, instructions: "", tools: [] } : config;
      return [{ ...withoutCredentials(shown), id, version, follow }];
    }),
  );
  return inFiles(agents.flat().map((agent) => JSON.stringify(agent)));
}

/** Room for what stands round the agents in a file. */
const AROUND_BYTES = 32;

function inFiles(agents: readonly string[]): BundleHead["files"] {
  const files: string[][] = [[]];
  let bytes = AROUND_BYTES;
  for (const agent of agents) {
    const size = new TextEncoder().encode(agent).length + 1;
    if (bytes + size > BUNDLE_FILE_MAX_BYTES) {
      files.push([]);
      bytes = AROUND_BYTES;
    }
    files.at(-1)?.push(agent);
    bytes += size;
  }
  if (files.length > BUNDLE_FILES_MAX) throw tooLarge();
  return files.map((each, place) => ({
    name: bundleAgentsFile(place + 1),
    text: `{"agents":[${each.join(",")}]}`,
  }));
}

function tooLarge(): ProblemError {
  const words = "The agents of this group say more together than one bundle holds.";
  return new ProblemError(problem("too_large", words));
}
