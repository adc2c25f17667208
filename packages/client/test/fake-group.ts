// A group in memory behind a fake socket and a fake fetch: it keeps a log, answers every command id once, and replays.
import type {
  ClientFrame,
  Command,
  GroupEvent,
  GroupFrame,
  LogEvent,
  Problem,
} from "@acos/protocol";

import type { Fetch, Socket, SocketConstructor, SocketHappening } from "../src/platform.ts";
import { ADA, groupView, id, USER } from "./builders.ts";

type Kind = "open" | "message" | "close" | "error";

export class FakeSocket implements Socket {
  readonly #listeners = new Map<Kind, (happening: SocketHappening) => void>();
  readonly #group: FakeGroup;
  readonly url: string;
  live = false;
  ended = false;

  constructor(group: FakeGroup, url: string) {
    this.#group = group;
    this.url = url;
    setImmediate(() => {
      if (group.mute) return;
      if (group.offline) this.end(1006);
      else this.#tell("open", {});
    });
  }

  addEventListener(kind: Kind, listener: (happening: SocketHappening) => void): void {
    this.#listeners.set(kind, listener);
  }

  send(text: string): void {
    if (!this.ended && !this.#group.deaf)
      this.#group.receive(this, JSON.parse(text) as ClientFrame);
  }

  close(): void {
    this.ended = true;
  }

  /** The group's end of the socket. */
  push(frame: GroupFrame): void {
    if (!this.ended) this.#tell("message", { data: JSON.stringify(frame) });
  }

  end(code: number, reason = ""): void {
    if (this.ended) return;
    this.ended = true;
    this.#tell("close", { code, reason });
  }

  #tell(kind: Kind, happening: SocketHappening): void {
    this.#listeners.get(kind)?.(happening);
  }
}

export class FakeGroup {
  readonly log: LogEvent[] = [];
  readonly sockets: FakeSocket[] = [];
  readonly received: ClientFrame[] = [];
  readonly #answered = new Map<string, number>();
  tokens = 0;
  /** Answer of the token route: a status other than 200 refuses. */
  tokenStatus = 200;
  tokenProblem: Partial<Problem> = {};
  /** Sockets close before they open. */
  offline = false;
  /** Sockets never open. */
  mute = false;
  /** Frames from the client are lost. */
  deaf = false;
  /** Seqs at or below this are not replayed on the socket. */
  coldUpTo = 0;
  /** The next command's outcome is not told, as if the connection broke in between. */
  loseNextAck = false;
  refuseNext: Problem | undefined;
  /** What the welcome says of the next proof; undefined: the group asks for none. */
  proveBy: number | undefined;
  /** Answers a proof with the time until which it counts; undefined refuses it. */
  proofUntil: (() => number) | undefined;

  get head(): number {
    return this.log.length;
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("nobody has connected yet");
    return socket;
  }

  append(event: GroupEvent): number {
    const entry = { seq: this.log.length + 1, at: this.log.length, event };
    this.log.push(entry);
    for (const socket of this.sockets) if (socket.live) socket.push({ type: "event", ...entry });
    return entry.seq;
  }

  readonly webSocket: SocketConstructor = this.#socketClass();

  readonly fetch: Fetch = (url) => {
    const target = new URL(url, "http://group.test");
    if (target.pathname.endsWith("/token")) return Promise.resolve(this.#token());
    const after = Number(target.searchParams.get("after"));
    const limit = Number(target.searchParams.get("limit"));
    return Promise.resolve(
      answer(200, { items: this.log.slice(after, after + limit), nextCursor: null }),
    );
  };

  receive(socket: FakeSocket, frame: ClientFrame): void {
    this.received.push(frame);
    if (frame.type === "hello") this.#greet(socket, frame.since);
    if (frame.type === "ping") socket.push({ type: "pong" });
    if (frame.type === "prove") this.#judge(socket);
    if (frame.type === "command") this.#obey(socket, frame.id, frame.command);
  }

  #greet(socket: FakeSocket, since: number | undefined): void {
    const { head } = this;
    const { proveBy } = this;
    const proof = proveBy === undefined ? {} : { proveBy };
    const group = groupView({ head });
    socket.push({ type: "welcome", protocol: 1, head, member: USER, group, ...proof });
    const from = since ?? Math.max(0, head - 200);
    if (from < this.coldUpTo) socket.push({ type: "reset", head, from: this.coldUpTo });
    for (const entry of this.log.slice(Math.max(from, this.coldUpTo)))
      socket.push({ type: "event", ...entry });
    socket.push({ type: "live", head });
    socket.live = true;
  }

  #judge(socket: FakeSocket): void {
    const until = this.proofUntil?.();
    if (until !== undefined) return socket.push({ type: "proved", until });
    socket.push({ type: "refused", problem: { code: "invalid_token", message: "No." } });
  }

  #obey(socket: FakeSocket, command: string, asked: Command): void {
    const problem = this.refuseNext;
    this.refuseNext = undefined;
    if (problem) return socket.push({ type: "refused", id: command, problem });
    const seq = this.#answered.get(command) ?? this.append(eventOf(asked, this.head + 1));
    this.#answered.set(command, seq);
    if (this.loseNextAck) {
      this.loseNextAck = false;
      return socket.end(1006);
    }
    socket.push({ type: "ack", id: command, seq });
  }

  #token(): ReturnType<typeof answer> {
    this.tokens += 1;
    if (this.tokenStatus !== 200)
      return answer(this.tokenStatus, { message: "No.", ...this.tokenProblem });
    const routing_token = `t${this.tokens}`;
    return answer(200, {
      routing_token,
      token_type: "routing",
      expires_in: 60,
      ws_url: "ws://group.test/ws",
    });
  }

  #socketClass(): SocketConstructor {
    // oxlint-disable-next-line typescript/no-this-alias -- the class below is the socket's, its `this` another one
    const group = this;
    return class extends FakeSocket {
      constructor(url: string) {
        super(group, url);
        group.sockets.push(this);
      }
    };
  }
}

function answer(status: number, body: unknown): Awaited<ReturnType<Fetch>> {
  return {
    status,
    headers: { get: () => null },
    text: () => Promise.resolve(JSON.stringify(body)),
  };
}

function eventOf(command: Command, seq: number): GroupEvent {
  if (command.kind === "message-post")
    return {
      kind: "message-posted",
      message: id("message", seq),
      by: USER.member,
      parts: command.parts,
      mentions: [],
    };
  return { kind: "member-changed", member: ADA.member, role: "member" };
}
