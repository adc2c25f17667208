// Builder for tests: groups of one's own, and a member's socket that keeps every frame.
import { env } from "cloudflare:test";

import {
  CONNECTION_HEADER,
  makeId,
  policySchema,
  type AgentCard,
  type Command,
  type GroupControl,
  type GroupFrame,
  type GroupId,
  type IdKind,
  type Policy,
  type Principal,
} from "@acos/protocol";

import type { GroupController } from "./worker.ts";

export function freshId<K extends IdKind>(kind: K): ReturnType<typeof makeId<K>> {
  return makeId(kind, Date.now(), crypto.getRandomValues(new Uint8Array(10)));
}

type Frame<T extends GroupFrame["type"]> = Extract<GroupFrame, { type: T }>;

export interface TestGroup {
  readonly id: GroupId;
  readonly stub: DurableObjectStub<GroupController>;
  readonly control: GroupControl;
  readonly lena: Principal;
  readonly ada: AgentCard;
}

export function stubOf(id: GroupId): DurableObjectStub<GroupController> {
  const { GROUPS } = env as unknown as { GROUPS: DurableObjectNamespace<GroupController> };
  return GROUPS.get(GROUPS.idFromName(id));
}

/** The remote calls of a stub, with the types of the wire instead of those of the stub. */
export function controlOf(stub: DurableObjectStub<GroupController>): GroupControl {
  const wire: unknown = stub;
  return wire as GroupControl;
}

/** A fresh group of Lena and Ada. */
export async function makeGroup(policy: Partial<Policy> = {}): Promise<TestGroup> {
  const [id, org] = [freshId("group"), freshId("org")];
  const lena: Principal = { user: freshId("user"), name: "Lena", orgs: [] };
  const ada: AgentCard = {
    name: "Ada",
    handle: "ada",
    about: "",
    pin: {
      agent: freshId("agent"),
      org,
      version: 1,
      sha256: "a".repeat(64),
      model: "fake/fake-1",
      provider: null,
      revision: 1,
    },
  };
  const stub = stubOf(id);
  const control = controlOf(stub);
  const made = await control.createGroup({
    group: id,
    org,
    name: "Garden",
    policy: policySchema.parse(policy),
    creator: { user: lena.user, name: "Lena", handle: "lena" },
    agents: [{ card: ada, follow: "latest" }],
  });
  if (!made.ok) throw new Error(made.problem.message);
  return { id, stub, control, lena, ada };
}

/** The upgrade as the Orchestrator hands it over; `jti` is new and the session "s" unless given. */
export function upgrade(
  stub: DurableObjectStub<GroupController>,
  { user, name }: Principal,
  given: { readonly jti?: string; readonly sid?: string; readonly exp?: number } = {},
): Promise<Response> {
  const exp = Math.floor(Date.now() / 1000) + 60;
  const claims = { user, name, jti: freshId("request"), exp, sid: "s", ...given };
  return stub.fetch("https://group.internal/ws", {
    headers: { upgrade: "websocket", [CONNECTION_HEADER]: btoa(JSON.stringify(claims)) },
  });
}

export class MemberSocket {
  readonly frames: GroupFrame[] = [];
  closed: { code: number; reason: string } | null = null;
  readonly #socket: WebSocket;
  #waiting: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.accept();
    socket.addEventListener("message", ({ data }) => {
      this.frames.push(JSON.parse(String(data)) as GroupFrame);
      this.#wake();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
      this.#wake();
    });
  }

  /** Opens a socket without a hello. */
  static async open(
    group: TestGroup,
    user: Principal = group.lena,
    sid = "s",
  ): Promise<MemberSocket> {
    const { webSocket, status } = await upgrade(group.stub, user, { sid });
    if (!webSocket) throw new Error(`refused with ${status}`);
    return new MemberSocket(webSocket);
  }

  /** Opens a socket and waits until it is live. */
  static async live(group: TestGroup, since?: number): Promise<MemberSocket> {
    const socket = await MemberSocket.open(group);
    socket.send({ type: "hello", protocol: 1, ...(since !== undefined && { since }) });
    await socket.next("live");
    return socket;
  }

  send(frame: object | string | ArrayBuffer): void {
    const isRaw = typeof frame === "string" || frame instanceof ArrayBuffer;
    this.#socket.send(isRaw ? frame : JSON.stringify(frame));
  }

  command(id: string, command: Command | object): void {
    this.send({ type: "command", id, command });
  }

  post(id: string, text: string): void {
    this.command(id, { kind: "message-post", parts: [{ type: "text", text }] });
  }

  /** The first frame that fits, now or as soon as it comes. */
  async until(fits: (frame: GroupFrame) => boolean): Promise<GroupFrame> {
    for (;;) {
      const found = this.frames.find(fits);
      if (found) return found;
      if (this.closed) throw new Error(`closed with ${this.closed.code} ${this.closed.reason}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async next<T extends GroupFrame["type"]>(type: T): Promise<Frame<T>> {
    return (await this.until((frame) => frame.type === type)) as Frame<T>;
  }

  async event(kind: string): Promise<Frame<"event">> {
    const fits = (frame: GroupFrame): boolean =>
      frame.type === "event" && frame.event.kind === kind;
    return (await this.until(fits)) as Frame<"event">;
  }

  /** Resolves when the other side closed. */
  async untilClosed(): Promise<{ code: number; reason: string }> {
    while (!this.closed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.closed;
  }

  of<T extends GroupFrame["type"]>(type: T): readonly Frame<T>[] {
    return this.frames.filter((frame): frame is Frame<T> => frame.type === type);
  }

  close(): void {
    this.#socket.close(1000);
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
