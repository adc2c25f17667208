// The directory of groups: each group tells it what lists should say. Over a service binding and nowhere else.
import type { GroupDirectoryControl, GroupId } from "@acos/protocol";
import { WorkerEntrypoint } from "cloudflare:workers";

import type { Bindings } from "./env.ts";
import { controlPlaneOf } from "./open-control-plane.ts";
import { markArchived, renameGroup } from "./store/group-rows.ts";

/** Entrypoint bound by the Group Controller as DIRECTORY. Whoever holds that binding is trusted to be it. */
export class GroupDirectory extends WorkerEntrypoint<Bindings> implements GroupDirectoryControl {
  /** Notes a group's name for the lists. Throws when the store does not answer; a group nobody noted is passed over. */
  async rename(group: GroupId, name: string): Promise<void> {
    const { db } = await controlPlaneOf(this.env);
    await renameGroup(db, group, name);
  }

  /** Notes whether a group lies in cold storage. Throws when the store does not answer. */
  async noteArchived(group: GroupId, archived: boolean): Promise<void> {
    const { db, clock } = await controlPlaneOf(this.env);
    await markArchived(db, group, archived ? clock.now() : null);
  }
}
