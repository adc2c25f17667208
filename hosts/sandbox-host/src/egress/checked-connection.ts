// What a sandbox sends, checked before the HTTP parser of the runtime sees it.
import type { Duplex } from "node:stream";

import { denialAnswer, malformed, type Denial } from "./denial.ts";
import { RelayedConnection } from "./relayed-connection.ts";
import { HeadError } from "./strict-head.ts";
import { StrictRequests } from "./strict-requests.ts";

export interface Checked {
  readonly connection: Duplex;
  /** To be said when the answer to a request is out, or will never be. */
  answered(): void;
}

/**
 * Passes strict requests on. For others it answers 400 where the sandbox waits for nothing else, and ends the connection
 * in any case.
 */
export function checked(inner: Duplex, onDenied: (denial: Denial) => void): Checked {
  let owed = 0;
  const requests = new StrictRequests(() => (owed += 1));
  const connection = new RelayedConnection(inner, {
    read: (piece) => requests.take(piece),
    halfOpen: true,
    onRefused(error) {
      const denial = malformed(error instanceof HeadError ? error.message : "it cannot be read");
      onDenied(denial);
      if (owed > 0) connection.destroy();
      else connection.end(denialAnswer(denial), () => connection.destroy());
    },
  });
  return { connection, answered: () => (owed -= 1) };
}
