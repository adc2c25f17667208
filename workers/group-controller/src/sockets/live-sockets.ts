// The sockets of a group: who is connected, who is live, and frames that go to all of them as one string.
import type { MemberId, Problem, UserId } from "@acos/protocol";

import { eventFrame, type EventRow } from "../log/event-log.ts";
import {
  closeWith,
  connectionOf,
  keepConnection,
  sendFrame,
  sendText,
  type Connection,
} from "./connection.ts";

/** Presence changes within this time go out as one frame: a hundred people may join at once. */
const PRESENCE_WINDOW_MS = 100;

export class LiveSockets {
  readonly #sockets = new Map<WebSocket, Connection>();
  #presenceDue = false;
  #presence = "";

  /** Takes up the sockets that outlived hibernation. */
  constructor(sockets: readonly WebSocket[]) {
    for (const socket of sockets) {
      const connection = connectionOf(socket);
      if (connection) this.#sockets.set(socket, connection);
    }
    this.#presence = JSON.stringify(this.online());
  }

  get size(): number {
    return this.#sockets.size;
  }

  get(socket: WebSocket): Connection | undefined {
    return this.#sockets.get(socket);
  }

  /** Keeps a socket. One that goes live is told who is there: at once, or with the others who hear of its member. */
  put(socket: WebSocket, connection: Connection): void {
    const wasOnline = this.online().includes(connection.member);
    this.keep(socket, connection);
    if (connection.state === "new") return;
    if (wasOnline) sendFrame(socket, { type: "presence", online: this.online() });
    else this.#presenceChanged();
  }

  /** Keeps what has changed about a socket that is here already; nobody is told. */
  keep(socket: WebSocket, connection: Connection): void {
    this.#sockets.set(socket, connection);
    keepConnection(socket, connection);
  }

  /** Every socket with its connection. */
  all(): Iterable<readonly [WebSocket, Connection]> {
    return this.#sockets;
  }

  remove(socket: WebSocket): void {
    if (this.#sockets.delete(socket)) this.#presenceChanged();
  }

  /** Members with at least one live socket. */
  online(): readonly MemberId[] {
    const members = new Set<MemberId>();
    for (const { state, member } of this.#sockets.values())
      if (state === "live") members.add(member);
    return [...members].toSorted();
  }

  /** Sends appended events to every live socket, in order. */
  publish(rows: readonly EventRow[]): void {
    for (const row of rows) this.sendAll(eventFrame(row));
  }

  /** Sends one text to every live socket but those of one member. */
  sendAll(text: string, except?: MemberId): void {
    for (const [socket, { state, member }] of this.#sockets)
      if (state === "live" && member !== except) sendText(socket, text);
  }

  /** Closes one socket. */
  end(socket: WebSocket, problem: Problem): void {
    closeWith(socket, problem);
    this.remove(socket);
  }

  /** Closes every socket of a user, or of everybody; of one session alone where `sid` names it. Says how many. */
  close(problem: Problem, user?: UserId, sid: string | null = null): number {
    const ending = [...this.#sockets].filter(
      ([, connection]) =>
        (user === undefined || connection.user === user) &&
        (sid === null || connection.sid === sid),
    );
    for (const [socket] of ending) this.end(socket, problem);
    return ending.length;
  }

  #presenceChanged(): void {
    if (this.#presenceDue) return;
    this.#presenceDue = true;
    setTimeout(() => {
      this.#presenceDue = false;
      const now = JSON.stringify(this.online());
      if (now === this.#presence) return;
      this.#presence = now;
      this.sendAll(`{"type":"presence","online":${now}}`);
    }, PRESENCE_WINDOW_MS);
  }
}
