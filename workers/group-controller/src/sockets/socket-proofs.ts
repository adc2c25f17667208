// A socket's authority: proven by the token that opened it, and anew every 15 minutes, or the socket ends.
//
//   opened ─▶ believed until `proveBy` ──prove──▶ believed for 15 minutes more
//                    └─ a minute past it, by the alarm or by its next frame ─▶ closed with 4401 expired_token
import { problem, ProblemError, SOCKET_PROOF_GRACE_MS, SOCKET_PROOF_TTL_MS } from "@acos/protocol";
import { TrustError, type RoutingToken } from "@acos/trust";

import type { Watch } from "../alarms.ts";
import { NO_SUCH_GROUP, TOKEN_USED, type UsedTokens } from "./accept.ts";
import { sendFrame, type Connection } from "./connection.ts";
import type { LiveSockets } from "./live-sockets.ts";

const EXPIRED = problem(
  "expired_token",
  "This socket was not proven again in time. Connect with a fresh routing token.",
);
const ANOTHER_USER = problem("forbidden", "This routing token is for somebody else's socket.");

/** When a socket that is proven now has to be proven again. */
export function proveByFrom(nowMs: number): number {
  return nowMs + SOCKET_PROOF_TTL_MS;
}

interface ProofParts {
  readonly sockets: LiveSockets;
  readonly tokens: UsedTokens;
  readonly watch: Watch;
  readonly now: () => number;
  /** Contract: verifies a token for this group by CPU alone. Throws TrustError, or ProblemError without keys. */
  readonly verify: (token: string) => Promise<RoutingToken>;
}

export class SocketProofs {
  readonly #parts: ProofParts;

  constructor(parts: ProofParts) {
    this.#parts = parts;
  }

  /**
   * Takes a fresh token for a socket and answers `proved`. Throws ProblemError for a bad one, which changes nothing. Its
   * session takes the place of the earlier one: that is whose end must close the socket from now on.
   */
  async prove(socket: WebSocket, token: string): Promise<void> {
    const { sockets, tokens, now } = this.#parts;
    const { user, sid, jti, expiresAtMs } = await this.#verify(token);
    // Looked up after the wait: meanwhile the socket may have gone live, or be closed.
    const connection = sockets.get(socket);
    if (!connection) throw new ProblemError(NO_SUCH_GROUP);
    if (user !== connection.user) throw new ProblemError(ANOTHER_USER);
    const used = tokens.useToken({ user, sid, jti, exp: expiresAtMs / 1000 }, now());
    if (!used) throw new ProblemError(TOKEN_USED);
    const proveBy = proveByFrom(now());
    sockets.keep(socket, { ...connection, sid, proveBy });
    sendFrame(socket, { type: "proved", until: proveBy });
  }

  /** Ends a socket whose time is over; says whether it did. */
  endIfOverdue(socket: WebSocket, connection: Connection): boolean {
    const overdue = this.#parts.now() >= endOf(connection);
    if (overdue) this.#parts.sockets.end(socket, EXPIRED);
    return overdue;
  }

  /** Ends every socket whose time is over, and sees to it that the object wakes for the next one. */
  endOverdue(): void {
    for (const [socket, connection] of this.#parts.sockets.all())
      this.endIfOverdue(socket, connection);
    this.watch();
  }

  /** Sees to it that the object wakes when the first socket's time is over. */
  watch(): void {
    const ends = [...this.#parts.sockets.all()].map(([, connection]) => endOf(connection));
    if (ends.length > 0) this.#parts.watch.wakeBy(Math.min(...ends));
  }

  async #verify(token: string): Promise<RoutingToken> {
    try {
      return await this.#parts.verify(token);
    } catch (error) {
      if (error instanceof TrustError) throw new ProblemError(error.problem);
      throw error;
    }
  }
}

function endOf({ proveBy }: Connection): number {
  return proveBy + SOCKET_PROOF_GRACE_MS;
}
