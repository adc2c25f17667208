// Sockets to terminals, each relayed here, so that it ends with its member's place in the group, or with the session it came from.
import { closeCodeOf, type Problem, type UserId } from "@acos/protocol";

interface Relay {
  readonly user: UserId;
  readonly sid: string;
  readonly end: (problem: Problem) => void;
}

/** Codes that stand for "none was sent" and must not be sent (RFC 6455, section 7.4.1). */
const UNSENDABLE: ReadonlySet<number> = new Set([1005, 1006, 1015]);

export class TerminalSockets {
  readonly #relays = new Set<Relay>();

  /** Joins a sandbox's socket with a new one, whose other end it answers. */
  relay(inside: WebSocket, { user, sid }: { user: UserId; sid: string }): WebSocket {
    const { 0: client, 1: outside } = new WebSocketPair();
    for (const socket of [inside, outside]) {
      socket.accept();
      socket.binaryType = "arraybuffer";
    }
    const end = ({ code }: Problem): void => {
      close(outside, closeCodeOf(code), code);
      close(inside, 1000, "");
    };
    const relay = { user, sid, end };
    this.#relays.add(relay);
    join(inside, outside, () => this.#relays.delete(relay));
    join(outside, inside, () => this.#relays.delete(relay));
    return client;
  }

  /** Ends the sockets of a user, of one session alone where `sid` names it; of everybody without a user. */
  close(problem: Problem, user?: UserId, sid: string | null = null): void {
    for (const relay of this.#relays)
      if ((user === undefined || relay.user === user) && (sid === null || relay.sid === sid)) {
        this.#relays.delete(relay);
        relay.end(problem);
      }
  }
}

function join(from: WebSocket, to: WebSocket, ended: () => void): void {
  from.addEventListener("message", ({ data }) => {
    try {
      to.send(data as string | ArrayBuffer);
    } catch {
      // The other side has gone, and says so itself.
    }
  });
  from.addEventListener("close", ({ code, reason }) => {
    ended();
    close(to, code, reason);
    close(from, code, reason);
  });
  from.addEventListener("error", () => {
    ended();
    close(to, 1011, "");
  });
}

function close(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(UNSENDABLE.has(code) ? 1000 : code, reason);
  } catch {
    // It is closed already.
  }
}
