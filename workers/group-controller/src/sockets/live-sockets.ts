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

  get(socket: WebSocket): Connection | undefined {
    return this.#sockets.get(socket);
  }

  /** Keeps a socket. One that goes live is told who is there: at once, or with the others who hear of its member. */
  put(socket: WebSocket, connection: Connection): void {
    const wasOnline = this.online().includes(connection.member);
    this.#sockets.set(socket, connection);
    keepConnection(socket, connection);
    if (connection.state === "new") return;
    if (wasOnline) sendFrame(socket, { type: "presence", online: this.online() });
    else this.#presenceChanged();
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

  /** Closes every socket of a user, or of everybody. */
  close(problem: Problem, user?: UserId): void {
    for (const [socket, connection] of this.#sockets)
      if (user === undefined || connection.user === user) {
        closeWith(socket, problem);
        this.remove(socket);
      }
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
