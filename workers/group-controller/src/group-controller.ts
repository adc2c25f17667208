// The Durable Object of one group: wires sockets, remote calls and alarms to the open group. No rules live here.
import { DurableObject } from "cloudflare:workers";

import { accessGroup, roleAllows, viewGroup, type Access } from "@acos/group";
import {
  problem,
  type AgentCard,
  type AgentId,
  type CommandRequest,
  type GroupControl,
  type GroupCreation,
  type MemberPut,
  type Principal,
  type Result,
  type RunId,
  type ToolCallClaim,
  type UserId,
} from "@acos/protocol";

import type { WriteOutcome } from "./append.ts";
import type { Bindings } from "./env.ts";
import { hasSchema, migrate } from "./log/schema.ts";
import { giveCommand } from "./member-commands.ts";
import { OpenGroup } from "./open-group.ts";
import * as reading from "./reading.ts";
import { claimCall } from "./runs/tool-claims.ts";
import { NO_SUCH_GROUP } from "./sockets/accept.ts";
import { greet, openSocket } from "./sockets/greet.ts";
import { answerClose, sendFrame } from "./sockets/connection.ts";
import { receive, type FrameVerbs } from "./sockets/receive.ts";

const NOT_FOUND = { ok: false, problem: NO_SUCH_GROUP } as const;
const DELETED = problem("gone", "This group was deleted.");

export class GroupController extends DurableObject<Bindings> implements GroupControl {
  #group: OpenGroup | null = null;

  constructor(context: DurableObjectState, bindings: Bindings) {
    super(context, bindings);
    const pingPong = new WebSocketRequestResponsePair('{"type":"ping"}', '{"type":"pong"}');
    context.setWebSocketAutoResponse(pingPong);
    if (!hasSchema(context.storage.sql)) return;
    migrate(context.storage);
    this.#open().recover();
  }

  // Sockets

  override fetch(request: Request): Response {
    return openSocket(this.ctx, this.#group, request);
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const group = this.#group;
    const connection = group?.sockets.get(socket);
    if (!group || !connection || group.proofs.endIfOverdue(socket, connection)) return;
    await receive({ socket, connection, data, now: this.now() }, group.budget, verbsOf(group));
  }

  override webSocketClose(socket: WebSocket, code: number, reason: string): void {
    this.#group?.sockets.remove(socket);
    answerClose(socket, code, reason);
  }

  override webSocketError(socket: WebSocket): void {
    this.#group?.sockets.remove(socket);
  }

  override alarm(): void {
    this.#group?.watch.fired();
    this.#group?.recover();
    this.#group?.proofs.endOverdue();
  }

  /** Milliseconds since the epoch; everything in this object asks here. */
  protected now(): number {
    return Date.now();
  }

  // Remote calls of the Orchestrator

  async createGroup(creation: GroupCreation): ReturnType<GroupControl["createGroup"]> {
    migrate(this.ctx.storage);
    const group = this.#open();
    const written = group.path.write({ kind: "group-create", creation });
    if (!written.ok) return written;
    return this.view({ user: creation.creator.user, name: creation.creator.name, orgs: [] });
  }

  async view(principal: Principal): ReturnType<GroupControl["view"]> {
    return this.#for(principal, ({ path }) => {
      const value = viewGroup(path.state);
      return value ? { ok: true, value } : NOT_FOUND;
    });
  }

  async admit(principal: Principal): ReturnType<GroupControl["admit"]> {
    return this.#for(principal, (group, { role, member }) => {
      if (!member) return refusal("Join the group first: only its members open a socket.");
      group.warm();
      return { ok: true, value: { role, org: group.path.state.group!.org } };
    });
  }

  async command(
    principal: Principal,
    request: CommandRequest,
  ): ReturnType<GroupControl["command"]> {
    return this.#for(principal, async (group, { member }) => {
      if (!member) return refusal("Join the group first: only its members give commands.");
      const giver = { user: principal.user, member: member.member };
      return answer(await giveCommand(group, giver, request));
    });
  }

  async putMember(principal: Principal, put: MemberPut): ReturnType<GroupControl["putMember"]> {
    return this.#for(principal, ({ path }, access) => {
      if (!roleAllows(access.role, "admin"))
        return refusal("Only an admin adds members or changes roles.");
      return answer(path.write({ kind: "member-put", by: access.member, put }));
    });
  }

  async removeMember(
    principal: Principal,
    who: UserId | AgentId,
  ): ReturnType<GroupControl["removeMember"]> {
    return this.#for(principal, ({ path }, access) => {
      if (who !== principal.user && !roleAllows(access.role, "admin"))
        return refusal("Only an admin takes somebody else out of the group.");
      return answer(path.write({ kind: "member-remove", by: access.member, who }));
    });
  }

  async endSession(
    ...[user, sid]: Parameters<GroupControl["endSession"]>
  ): ReturnType<GroupControl["endSession"]> {
    const closed = this.#group?.endSession(user, sid);
    return closed === undefined ? NOT_FOUND : { ok: true, value: { closed } };
  }

  async letGo(
    ...[user, heirs]: Parameters<GroupControl["letGo"]>
  ): ReturnType<GroupControl["letGo"]> {
    const written = this.#group?.path.write({ kind: "member-let-go", user, heirs });
    return written ? answer(written) : NOT_FOUND;
  }

  async adopt(card: AgentCard): ReturnType<GroupControl["adopt"]> {
    const written = this.#group?.path.write({ kind: "agent-adopt", card });
    return written ? answer(written) : NOT_FOUND;
  }

  async events(
    ...[principal, page]: Parameters<GroupControl["events"]>
  ): ReturnType<GroupControl["events"]> {
    return this.#for(principal, ({ log }) => ({ ok: true, value: reading.readEvents(log, page) }));
  }

  async messages(
    ...[principal, page]: Parameters<GroupControl["messages"]>
  ): ReturnType<GroupControl["messages"]> {
    return this.#for(principal, ({ log }) => ({
      ok: true,
      value: reading.readMessages(log, page),
    }));
  }

  async runs(
    ...[principal, page]: Parameters<GroupControl["runs"]>
  ): ReturnType<GroupControl["runs"]> {
    return this.#for(principal, ({ log }) => ({ ok: true, value: reading.readRuns(log, page) }));
  }

  async run(principal: Principal, run: RunId): ReturnType<GroupControl["run"]> {
    return this.#for(principal, ({ log }) => reading.readRun(log, run));
  }

  async briefing(
    principal: Principal,
    run: RunId,
    turn: number,
  ): ReturnType<GroupControl["briefing"]> {
    return this.#for(principal, ({ log }) => reading.readBriefing(log, run, turn));
  }

  async deleteGroup(principal: Principal): ReturnType<GroupControl["deleteGroup"]> {
    return this.#for(principal, async (group, { role }) => {
      if (!roleAllows(role, "admin")) return refusal("Only an admin deletes a group.");
      const seq = group.path.state.head;
      await group.audit.tell();
      group.stop();
      group.sockets.close(DELETED);
      this.#group = null;
      await this.ctx.storage.deleteAlarm();
      await this.ctx.storage.deleteAll();
      return { ok: true, value: { seq } };
    });
  }

  // Remote call of the Agents Worker

  /** Leaves a dispatched call that has an effect to the first who claims it; a yes is on disk before it is said. */
  async claimCall(claim: ToolCallClaim): Promise<Result<null>> {
    if (!this.#group) return NOT_FOUND;
    const claimed = claimCall(this.#group, claim, this.now());
    if (claimed.ok) await this.ctx.storage.sync();
    return claimed;
  }

  #open(): OpenGroup {
    this.#group ??= new OpenGroup(this.ctx, this.env, () => this.now());
    return this.#group;
  }

  /** Does something for a principal who may see this group; to anybody else, and before it exists, there is no group. */
  async #for<T>(
    principal: Principal,
    act: (group: OpenGroup, access: Access) => Result<T> | Promise<Result<T>>,
  ): Promise<Result<T>> {
    const group = this.#group;
    const access = group && accessGroup(group.path.state, principal);
    return group && access ? act(group, access) : NOT_FOUND;
  }
}

function verbsOf(group: OpenGroup): FrameVerbs {
  return {
    hello: (socket, connection, since) => greet(group, { socket, connection, since }),
    command: async (socket, { user, member }, { id, command }) => {
      const written = await giveCommand(group, { user, member }, { id, command });
      if (written.ok) sendFrame(socket, { type: "ack", id, seq: written.seq });
      else sendFrame(socket, { type: "refused", id, problem: written.problem });
    },
    prove: (socket, token) => group.proofs.prove(socket, token),
    typing: ({ member }) => {
      group.sockets.sendAll(JSON.stringify({ type: "typing", member }), member);
    },
  };
}

function answer(written: WriteOutcome): Result<{ seq: number }> {
  return written.ok ? { ok: true, value: { seq: written.seq } } : written;
}

function refusal(words: string): {
  readonly ok: false;
  readonly problem: ReturnType<typeof problem>;
} {
  return { ok: false, problem: problem("forbidden", words) };
}
