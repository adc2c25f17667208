// From what a person calls a group to the group: its id, or its name where only one group has it.
import type { Api } from "@acos/client";
import { type GroupSummary, isId } from "@acos/protocol";

import { RefusedStart } from "../usage-error.ts";

export interface NamedGroup extends GroupSummary {
  readonly orgName: string;
}

/** All groups of the caller, in all organizations, page after page. */
export async function listGroups(api: Api): Promise<NamedGroup[]> {
  const { orgs } = await api.call("getMe", {});
  const lists = await Promise.all(
    orgs.map(async (org) =>
      (await listOf(api, org.id)).map((group) => ({ ...group, orgName: org.name })),
    ),
  );
  return lists.flat();
}

/** Answers the id of a group named by id or name (capitals do not matter). Throws with words when it is none or several. */
export async function findGroup(api: Api, named: string): Promise<string> {
  if (isId("group", named)) return named;
  const groups = await listGroups(api);
  const found = groups.filter(({ name }) => name.toLowerCase() === named.toLowerCase());
  if (found.length === 1) return found[0]?.id ?? "";
  if (found.length > 1)
    throw new RefusedStart(
      `${found.length} groups are named "${named}". Use the id: ${found.map(({ id }) => id).join(", ")}.`,
    );
  const known = groups.map(({ name }) => name).join(", ");
  throw new RefusedStart(
    `There is no group named "${named}". ${known === "" ? "You are in no group yet." : `Yours are: ${known}.`}`,
  );
}

async function listOf(api: Api, org: string): Promise<GroupSummary[]> {
  const all: GroupSummary[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.call("listGroups", { params: { org }, query: { cursor } });
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}
