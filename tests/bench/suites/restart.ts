// Suite `restart`: from kill -9 to the end of the run that was under way, with a long log in the group.
import type { World } from "../harness/world.ts";

/** Comes with the product. */
export async function restart(_world: World): Promise<void> {}
