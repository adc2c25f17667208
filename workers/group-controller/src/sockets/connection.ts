// One socket of one member: what survives hibernation with it, and how a frame is sent to it.
import type { ConnectionId, GroupFrame, MemberId, Problem, UserId } from "@acos/protocol";
import { closeCodeOf } from "@acos/protocol";

/**
 * States of a connection:  `new` ──hello──▶ `live`. Only a live one gets events; the replay happens inside the step,
 * without a pause in which something could come between.
 */
export interface Connection {
  readonly id: ConnectionId;
  readonly user: UserId;
  readonly member: MemberId;
  readonly state: "new" | "live";
  /** The session or API key that the last proof came from: its end closes the socket. */
  readonly sid: string;
  /** Until when the last proof counts, in milliseconds since the epoch. */
  readonly proveBy: number;
}

/** Hands a connection to the socket, so that it is there again after hibernation. */
export function keepConnection(socket: WebSocket, connection: Connection): void {
  socket.serializeAttachment(connection);
}

/** The connection of a socket; written by `keepConnection` alone. */
export function connectionOf(socket: WebSocket): Connection | null {
  return socket.deserializeAttachment() as Connection | null;
}

/** Sends a frame that is already text. A socket that is closing loses it: its client replays on reconnect. */
export function sendText(socket: WebSocket, text: string): void {
  try {
    socket.send(text);
  } catch {
    // Closed between two events: the close handler takes it off the list.
  }
}

export function sendFrame(socket: WebSocket, frame: GroupFrame): void {
  sendText(socket, JSON.stringify(frame));
}

/** Closes a socket with a Problem's code; the reason is the code's name (RFC 6455 allows 123 bytes). */
export function closeWith(socket: WebSocket, { code }: Pick<Problem, "code">): void {
  try {
    socket.close(closeCodeOf(code), code);
  } catch {
    // It is closed already, which is what was wanted.
  }
}

/** Codes that stand for "none was sent" and must not be sent (RFC 6455, section 7.4.1). */
const UNSENDABLE: ReadonlySet<number> = new Set([1005, 1006, 1015]);

/** Answers a client's close, so that its side ends at once. */
export function answerClose(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(UNSENDABLE.has(code) ? 1000 : code, reason);
  } catch {
    // The connection is gone already.
  }
}
