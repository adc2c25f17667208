// Groups made of groups: forked within an org, exported as a bundle, and made of a bundle that somebody brings.
import {
  nameSchema,
  parse,
  policySchema,
  type BundleHead,
  type GroupId,
  type GroupView,
  type OrgId,
} from "@acos/protocol";

import { agentsFiles } from "../bundle/export-agents.ts";
import { importAgents, readBundleAgents, undoAgents } from "../bundle/import-agents.ts";
import { freshId } from "../clock.ts";
import { askGroup } from "../group-calls.ts";
import { discardCopy, makeCopy, requireOwnOrg } from "../group-copying.ts";
import { handleOf } from "../group-making.ts";
import type { Call, Handler } from "../rest/call.ts";
import { invalidField } from "../rest/invalid-field.ts";
import { accessGroup, accessOrg } from "../store/access.ts";
import { readAgentState } from "../store/agent-cards.ts";
import { ask } from "./ask-group-of-path.ts";

export const forkGroup: Handler<"forkGroup"> = async (call) => {
  const { plane, caller, body } = call;
  const source = accessGroup(call.params.id);
  const view = await ask(call, (stub, principal) => stub.view(principal));
  requireOwnOrg(caller, view.org);
  // An empty page: the group says whether the caller may copy it before anything is noted down.
  const { head } = await ask(call, (stub, principal) =>
    stub.copyPage(principal, { after: view.head, upTo: view.head }),
  );
  const { atSeq = null, name = forkNameOf(view.name) } = body;
  if (atSeq !== null && atSeq > head)
    throw invalidField("atSeq", `The group's last event is ${head}: fork it at that or earlier.`);
  const agents = await livingAgentsOf(call, view);
  const { org, policy } = view;
  const group = freshId(plane.clock, "group");
  const from = { how: "fork", group: source, atSeq } as const;
  return makeCopy(plane, caller, { group, org, name, policy, agents, from });
};

const NAME_MAX_CHARS = 80;
const FORK = " (fork)";

function forkNameOf(name: string): string {
  // Half a character is none.
  const kept = name.slice(0, NAME_MAX_CHARS - FORK.length).replace(/[\uD800-\uDBFF]$/, "");
  return `${kept.trimEnd()}${FORK}`;
}

async function livingAgentsOf({ plane }: Call<"forkGroup">, { members, org }: GroupView) {
  const agents = await Promise.all(
    members.map(async (member) => {
      if (member.type !== "agent") return [];
      const version = member.follow === "latest" ? null : member.version;
      const state = await readAgentState(plane.db, member.agent, version);
      const lives = state !== undefined && !state.deleted && state.org === org;
      return lives ? [{ agent: member.agent, version }] : [];
    }),
  );
  return agents.flat();
}

export const exportGroup: Handler<"exportGroup"> = async (call) => {
  const view = await ask(call, (stub, principal) => stub.view(principal));
  const files = await agentsFiles(call.plane, call.caller, view);
  const bundle = await ask(call, (stub, principal) => stub.export(principal, files));
  return { bundle, file: `${handleOf(view.name, "group")}.acos-group.tar` };
};

export const importGroup: Handler<"importGroup"> = async (call) => {
  const { plane, caller } = call;
  const org = accessOrg(caller, call.params.org);
  const group = freshId(plane.clock, "group");
  const { head, agents } = await takeIn(call, { org, group });
  try {
    return await makeCopy(plane, caller, {
      group,
      org,
      name: importNameOf(head),
      policy: parse(policySchema, {}, "The policy of an imported group"),
      agents: agents.map(({ card, follow }) => ({
        agent: card.pin.agent,
        version: follow === "latest" ? null : card.pin.version,
      })),
      from: { how: "import", agents: agents.map(({ there, card }) => ({ there, card })) },
    });
  } catch (error) {
    await undoAgents(plane, agents);
    throw error;
  }
};

/** The bundle goes to the new group's object, which looks at all of it; then its agents are found or made. */
async function takeIn(
  { plane, caller, body }: Call<"importGroup">,
  { org, group }: { readonly org: OrgId; readonly group: GroupId },
) {
  const { bundle, length } = body;
  try {
    const at = { namespace: plane.groups, group, attempts: 1 };
    const head = await askGroup(at, (stub) => stub.stage(bundle, length));
    const sent = readBundleAgents(head);
    return { head, agents: await importAgents(plane, { org, by: caller.user }, sent) };
  } catch (error) {
    await discardCopy(plane, caller, group);
    throw error;
  }
}

/** The name that the bundle says its group has, where that is one. */
function importNameOf({ name }: BundleHead): string {
  const named = nameSchema.safeParse(name);
  return named.success ? named.data : "Imported group";
}
