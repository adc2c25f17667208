// What the in-sandbox agent's server and the parts behind it have in common: a route, and where the files are.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** Folders as the sandbox sees them. */
export interface AgentPlace {
  /** What members and agents work on. */
  readonly workspace: string;
  /** The agent's own records: output of processes, checkpoints, the list of the last snapshot. */
  readonly state: string;
}

export interface RouteCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** The named groups of the route's path. */
  readonly params: Readonly<Record<string, string>>;
}

/** One path of the agent. `serve` may throw ProblemError: the server answers with it. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "ANY";
  /** Matched against the whole pathname; parameters are named groups. */
  readonly path: RegExp;
  readonly serve: (call: RouteCall) => Promise<void>;
}

export interface UpgradeCall {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly params: Readonly<Record<string, string>>;
}

/** A path that takes a connection over. `serve` may throw ProblemError before it has written anything. */
export interface UpgradeRoute {
  readonly path: RegExp;
  readonly serve: (call: UpgradeCall) => Promise<void>;
}
