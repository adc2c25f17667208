// The data plane: what people do in a sandbox, passed on to the agent inside after their role, their proof and the path were looked at.
import { accessGroup, roleAllows, type Access } from "@acos/group";
import {
  isId,
  problem,
  ProblemError,
  type ConnectionClaims,
  type Member,
  type Problem,
  type SandboxId,
} from "@acos/protocol";

import type { UsedTokens } from "../sockets/accept.ts";
import { claimsOf, NOT_AN_UPGRADE, NO_SUCH_GROUP, TOKEN_USED } from "../sockets/accept.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { dataPathOf, TERMINAL_SOCKET, type DataPath } from "./data-paths.ts";
import { agentFields, bodyInMemory, refuse } from "./passed-on.ts";
import { NO_SUCH_SANDBOX, type SandboxFacts } from "./sandbox-facts.ts";
import { problemOfResponse, type HostRequest, type SandboxLink } from "./sandbox-link.ts";
import type { SandboxStarts } from "./sandbox-starts.ts";
import type { Start } from "./sandbox-port.ts";
import { principalOf } from "./rim-headers.ts";
import type { TerminalSockets } from "./terminal-sockets.ts";

export interface DataPlaneRim {
  readonly link: SandboxLink;
  readonly facts: SandboxFacts;
  readonly starts: SandboxStarts;
  readonly checkpoints: Checkpoints;
  readonly terminals: TerminalSockets;
  readonly tokens: UsedTokens;
  readonly now: () => number;
  /** Contract: notes that a member came. */
  readonly visited: (by: Access["member"]) => void;
}

const NOT_RUNNING = problem("not_found", "The sandbox does not run, so it has none of that.");
const NOTHING_THERE = problem("not_found", "There is nothing at this address of a sandbox.");
const PATH = /^\/sandboxes\/([^/]+)(\/.*)$/;
/** A command's answer begins at once; a file's with the disk. */
const DEADLINE_MS = 60_000;

interface Asked {
  readonly request: Request;
  readonly sandbox: SandboxId;
  readonly path: string;
  readonly search: string;
  readonly access: Access;
}

export class DataPlane {
  readonly #rim: DataPlaneRim;

  constructor(rim: DataPlaneRim) {
    this.#rim = rim;
  }

  /** Answers a request to `/sandboxes/{sandbox}{path}`. Never rejects. */
  async serve(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const [, sandbox = "", path = ""] = PATH.exec(pathname) ?? [];
    if (!isId("sandbox", sandbox)) return refuse(NO_SUCH_SANDBOX);
    try {
      if (TERMINAL_SOCKET.test(path) && request.method === "GET")
        return await this.#openTerminal(request, sandbox, path);
      const principal = principalOf(request);
      const access = principal && accessGroup(this.#rim.facts.state, principal);
      if (!access) return refuse(NO_SUCH_GROUP);
      return await this.#pass({ request, sandbox, path, search, access });
    } catch (error) {
      if (error instanceof ProblemError) return refuse(error.problem);
      throw error;
    }
  }

  async #pass(asked: Asked): Promise<Response> {
    const { request, sandbox, path, access } = asked;
    const row = dataPathOf(request.method, path);
    if (!row) return refuse(NOTHING_THERE);
    if (!access.member) return refuse(NOT_A_MEMBER);
    if (!roleAllows(access.role, row.least)) return refuse(tooLow(access, row));
    this.#rim.visited(access.member);
    const { epoch } = this.#rim.facts.get(sandbox);
    if (epoch === null && row.whenCold === "empty") return Response.json({ items: [] });
    if (epoch === null && row.whenCold === "missing") return refuse(NOT_RUNNING);
    const body = await bodyInMemory(request);
    return this.#send(asked, row, body);
  }

  /** Sends it to the start that runs, or begins one where the row says so. */
  async #send({ request, ...asked }: Asked, row: DataPath, body: Uint8Array): Promise<Response> {
    const { sandbox, path, search, access } = asked;
    const actor = access.member!.member;
    const act = async (start: Start): Promise<Response> => {
      if (row.changes) await this.#rim.checkpoints.before(start, { by: actor });
      const { method } = request;
      const headers = agentFields(request);
      const sent = { ...start, method, headers, body, actor, signal: request.signal, search };
      return this.#ask({ ...sent, path: `/agent${path}`, deadlineMs: DEADLINE_MS });
    };
    if (row.whenCold === "starts") return this.#rim.starts.within(sandbox, act);
    const { epoch } = this.#rim.facts.get(sandbox);
    try {
      return await act({ sandbox, epoch: epoch! });
    } catch (error) {
      if (!this.#rim.starts.doubt({ sandbox, epoch: epoch! }, error)) throw error;
      return row.whenCold === "empty" ? Response.json({ items: [] }) : refuse(NOT_RUNNING);
    }
  }

  /** Throws ProblemError `sandbox_replaced`; every other answer is passed on as it is. */
  async #ask(request: HostRequest): Promise<Response> {
    const response = await this.#rim.link.send(request);
    if (response.status !== 409) return response;
    const refusal = await problemOfResponse(response);
    if (refusal.code === "sandbox_replaced") throw new ProblemError(refusal);
    return refuse(refusal);
  }

  /** Opens one socket a routing token, for members. */
  async #openTerminal(request: Request, sandbox: SandboxId, path: string): Promise<Response> {
    const claims = claimsOf(request);
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket" || !claims)
      return refuse(NOT_AN_UPGRADE);
    const { facts, tokens, now } = this.#rim;
    const member = this.#requireTerminal(claims);
    if (!tokens.useToken(claims, now())) return refuse(TOKEN_USED);
    this.#rim.visited(member);
    const { epoch } = facts.get(sandbox);
    if (!epoch) return refuse(NOT_RUNNING);
    const headers = new Headers({ upgrade: "websocket" });
    const actor = member.member;
    const sent = { sandbox, epoch, headers, actor, path: `/agent${path}` };
    const response = await this.#ask(sent).catch((error: unknown) => {
      this.#rim.starts.doubt({ sandbox, epoch }, error);
      throw error;
    });
    if (!response.webSocket) return response;
    const offered = request.headers.get("sec-websocket-protocol") ?? "";
    const ours = offered.split(",").some((name) => name.trim() === "acos.v1");
    return new Response(null, {
      status: 101,
      webSocket: this.#relay(response.webSocket, claims),
      headers: ours ? { "sec-websocket-protocol": "acos.v1" } : {},
    });
  }

  /** Joins the sandbox's socket with the member's. What ended while it opened found no socket to end, so it is looked at again. */
  #relay(inside: WebSocket, claims: ConnectionClaims): WebSocket {
    try {
      this.#requireTerminal(claims);
    } catch (error) {
      inside.accept();
      inside.close(1000, "");
      throw error;
    }
    return this.#rim.terminals.relay(inside, claims);
  }

  /** The member who may have a terminal as things stand now. Throws ProblemError. */
  #requireTerminal(claims: ConnectionClaims): Member {
    const { facts, tokens } = this.#rim;
    const access = accessGroup(facts.state, { ...claims, orgs: [] });
    if (!access?.member) throw new ProblemError(NO_SUCH_GROUP);
    if (!roleAllows(access.role, "member"))
      throw new ProblemError(tooLow(access, { least: "member" }));
    if (tokens.hasEnded(claims)) throw new ProblemError(TOKEN_USED);
    return access.member;
  }
}

const NOT_A_MEMBER = problem(
  "forbidden",
  "Join the group first: only its members use its sandboxes.",
);

function tooLow({ role }: Access, { least }: Pick<DataPath, "least">): Problem {
  return problem("forbidden", `Your role here is ${role}; this needs ${least}.`);
}
