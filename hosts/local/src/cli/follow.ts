// One connection to a group for the verbs that listen: ends when the user leaves or the group lets nobody in any more.
import { type ConnectOptions, type GroupConnection, connectGroup } from "@acos/client";

import { RefusedStart } from "../usage-error.ts";

export interface Following {
  readonly connection: GroupConnection;
  /** Contract: rejects with words when the connection cannot be had any more; never resolves. */
  readonly failed: Promise<never>;
}

/** Opens the connection and keeps it, through losses too, until `close`. */
export function follow(options: ConnectOptions): Following {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined); // A verb that ends for another reason does not wait for it.
  const connection = connectGroup({
    ...options,
    onChange: (snapshot) => {
      options.onChange?.(snapshot);
      if (snapshot.state.name === "failed")
        failed.reject(new RefusedStart(snapshot.state.problem.message));
    },
  });
  return { connection, failed: failed.promise };
}
