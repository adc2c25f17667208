// The pieces of the web platform the client stands on, in the smallest shapes that browsers, Node and fakes all have.

export interface FetchAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

export interface FetchRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly credentials?: "same-origin" | "omit";
}

export type Fetch = (url: string, request: FetchRequest) => Promise<FetchAnswer>;

/** What a socket's listeners are told; which fields are there depends on the kind of happening. */
export interface SocketHappening {
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
}

/** One socket. `close` comes once, also when the connection never opened. */
export interface Socket {
  addEventListener(
    kind: "open" | "message" | "close" | "error",
    listener: (happening: SocketHappening) => void,
  ): void;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export type SocketConstructor = new (url: string) => Socket;

/** Time, as the connection sees it. Contract: `after` calls back at most once, never after its cancel was called. */
export interface Clock {
  now(): number;
  after(ms: number, then: () => void): () => void;
}

interface Globals {
  fetch: Fetch;
  WebSocket: SocketConstructor;
  Date: { now(): number };
  setTimeout(then: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  crypto: { randomUUID(): string };
  location?: { origin: string };
}

// The one place that names what browsers and Node share; no DOM types come into this package.
const globals = globalThis as unknown as Globals;

export const platformFetch: Fetch = (url, request) => globals.fetch(url, request);

/** The runtime's own WebSocket class. It does not check that there is one: Node has it since version 22. */
export function platformSocket(): SocketConstructor {
  return globals.WebSocket;
}

export const platformClock: Clock = {
  now: () => globals.Date.now(),
  after: (ms, then) => {
    const timer = globals.setTimeout(then, ms);
    return () => globals.clearTimeout(timer);
  },
};

/** A fresh id for a command or an idempotency key; nobody else can guess it. */
export function freshId(): string {
  return globals.crypto.randomUUID();
}

/** UTF-8 length of a string without building its bytes. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
