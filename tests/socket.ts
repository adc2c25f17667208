// One socket of a group as a stranger's client would hold it: it keeps every frame in order and lets a test wait for one.
import type { GroupFrame } from "@acos/protocol";
import { WebSocket } from "ws";

import type { Rest } from "./rest.ts";

export interface GroupSocket {
  /** Everything that has come, in order. */
  readonly frames: readonly GroupFrame[];
  readonly closed: Promise<{ code: number; reason: string }>;
  send(frame: unknown): void;
  /** Sends bytes as one text frame, whether they are valid or not. */
  sendBytes(bytes: Uint8Array): void;
  /** Answers the first frame, old or new, from which `pick` makes something. Throws after `timeoutMs` naming `what`. */
  waitFor<T>(
    pick: (frame: GroupFrame) => T | undefined,
    what: string,
    timeoutMs?: number,
  ): Promise<T>;
  close(): void;
  /** Breaks the connection without a goodbye. */
  terminate(): void;
}

/** Long enough for a run on a busy machine; a condition that holds is seen at once. */
const WAIT_MS = 20_000;

interface Opening {
  /** Called with every frame as it comes. */
  readonly onFrame?: (frame: GroupFrame) => void;
  /** How the token travels; left out: in the query. */
  readonly by?: "query" | "subprotocol";
  readonly headers?: Readonly<Record<string, string>>;
}

/** Gets a routing token and opens a socket with it. Throws when either is refused. It sends no hello. */
export async function openSocket(
  rest: Rest,
  group: string,
  opening: Opening = {},
): Promise<GroupSocket> {
  const token = await rest.post<{ routing_token: string; ws_url: string }>(
    `/groups/${group}/token`,
  );
  return connect(token.ws_url, token.routing_token, opening);
}

/** Opens a socket with a token at hand. Throws HandshakeError with the HTTP status when the upgrade is refused. */
export async function connect(
  url: string,
  token: string,
  opening: Opening = {},
): Promise<GroupSocket> {
  const address = new URL(url);
  if (opening.by !== "subprotocol") address.searchParams.set("token", token);
  const protocols = opening.by === "subprotocol" ? ["acos.v1", `acos.token.${token}`] : [];
  const socket = new WebSocket(address, protocols, { headers: { ...opening.headers } });
  const held = hold(socket, opening.onFrame);
  await opened(socket);
  return held;
}

export class HandshakeError extends Error {
  override readonly name = "HandshakeError";
  readonly status: number;
  readonly body: string;
  constructor(status: number, body: string) {
    super(`The upgrade was refused with ${status}: ${body}`);
    this.status = status;
    this.body = body;
  }
}

function opened(socket: WebSocket): Promise<void> {
  const done = Promise.withResolvers<void>();
  socket.once("open", () => done.resolve());
  socket.once("error", done.reject);
  socket.once("unexpected-response", (_request, response) => {
    let body = "";
    response.setEncoding("utf8");
    response.on("data", (text: string) => (body += text));
    response.on("end", () => done.reject(new HandshakeError(response.statusCode ?? 0, body)));
  });
  return done.promise;
}

function hold(socket: WebSocket, onFrame: ((frame: GroupFrame) => void) | undefined): GroupSocket {
  const frames: GroupFrame[] = [];
  const watchers = new Set<() => void>();
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  socket.on("message", (data: Buffer) => {
    const frame = JSON.parse(data.toString("utf8")) as GroupFrame;
    frames.push(frame);
    onFrame?.(frame);
    for (const watcher of watchers) watcher();
  });
  socket.on("close", (code, reason) => closed.resolve({ code, reason: reason.toString("utf8") }));
  // An error is followed by a close, which is what callers wait for.
  socket.on("error", () => undefined);
  return {
    frames,
    closed: closed.promise,
    send: (frame) => socket.send(JSON.stringify(frame)),
    sendBytes: (bytes) => socket.send(bytes, { binary: false }),
    waitFor: (pick, what, timeoutMs) => waitFor({ frames, watchers, pick, what, timeoutMs }),
    close: () => socket.close(),
    terminate: () => socket.terminate(),
  };
}

function waitFor<T>(wait: {
  readonly frames: readonly GroupFrame[];
  readonly watchers: Set<() => void>;
  readonly pick: (frame: GroupFrame) => T | undefined;
  readonly what: string;
  readonly timeoutMs: number | undefined;
}): Promise<T> {
  const { frames, watchers, pick, what } = wait;
  const timeoutMs = wait.timeoutMs ?? WAIT_MS;
  const done = Promise.withResolvers<T>();
  let next = 0;
  const look = () => {
    while (next < frames.length) {
      const picked = pick(frames[next++] as GroupFrame);
      if (picked !== undefined) return done.resolve(picked);
    }
  };
  watchers.add(look);
  const timer = setTimeout(() => {
    const seen = JSON.stringify(frames.slice(-12)).slice(0, 4000);
    done.reject(new Error(`No ${what} within ${timeoutMs} ms. The last frames were ${seen}`));
  }, timeoutMs);
  look();
  return done.promise.finally(() => {
    clearTimeout(timer);
    watchers.delete(look);
  });
}
