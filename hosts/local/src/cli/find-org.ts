// From what a person calls an organization to the organization.
import type { Api } from "@acos/client";

import { RefusedStart } from "../usage-error.ts";

export interface ManagedOrg {
  readonly id: string;
  readonly name: string;
}

/** The orgs the caller owns or administers, all of them or the one that is named by id or name. Throws with words for none. */
export async function findManagedOrgs(api: Api, named: string | undefined): Promise<ManagedOrg[]> {
  const { orgs } = await api.call("getMe", {});
  const managed = orgs.filter(({ role }) => role !== "member");
  const fits = ({ id, name }: ManagedOrg) =>
    named === undefined || id === named || name.toLowerCase() === named.toLowerCase();
  const found = managed.filter(fits);
  if (found.length > 0) return found;
  const known = managed.map(({ name }) => name).join(", ");
  const yours = known === "" ? "You manage none." : `You manage: ${known}.`;
  const which = named === undefined ? "" : ` named "${named}"`;
  throw new RefusedStart(
    `There is no organization${which} whose audit chain you may read: its owners and admins do. ${yours}`,
  );
}

/** The id of the caller's org that is named by id or name, or of the only one there is. Throws with words when it is unclear. */
export async function findOrg(api: Api, named: string | undefined): Promise<string> {
  const { orgs } = await api.call("getMe", {});
  const fits = ({ id, name }: ManagedOrg) =>
    named === undefined || id === named || name.toLowerCase() === named.toLowerCase();
  const [found, ...more] = orgs.filter(fits);
  if (found && more.length === 0) return found.id;
  const known = orgs.map(({ id, name }) => `${name} (${id})`).join(", ");
  if (found)
    throw new RefusedStart(
      `Say which organization it is, with --org and an id. Yours are: ${known}.`,
    );
  throw new RefusedStart(
    `There is no organization named "${named ?? ""}" of yours. ${known === "" ? "You are in none." : `Yours are: ${known}.`}`,
  );
}
