// The Durable Object of one group: wires sockets, remote calls and alarms to the open group. No rules live here.
import { accessGroup, roleAllows, viewGroup, type Access } from "@acos/group";
import {
  problem,
  ProblemError,
  type AgentCard,
  type AgentId,
  type CommandRequest,
  type GroupControl,
  type GroupCopy,
  type GroupCreation,
  type MemberPut,
  type Principal,
  type Result,
  type RunId,
  type ToolCallClaim,
  type UserId,
} from "@acos/protocol";

import type { WriteOutcome } from "./append.ts";
import { copyPage, exportGroup } from "./copy/origin.ts";
import { Door } from "./door.ts";
import type { Bindings } from "./env.ts";
import { answerRequest } from "./group-requests.ts";
import { archiveGroup } from "./life.ts";
import { giveCommand } from "./member-commands.ts";
import type { OpenGroup } from "./open-group.ts";
import * as reading from "./reading.ts";
import { searchGroup } from "./remembering.ts";
import { claimCall } from "./runs/tool-claims.ts";
import { ASK_SANDBOXES, SandboxControl, type SandboxAct } from "./sandboxes/sandbox-control.ts";
import { NO_SUCH_GROUP, refuseUpgrade } from "./sockets/accept.ts";
import { greet } from "./sockets/greet.ts";
import { answerClose, sendFrame } from "./sockets/connection.ts";
import { receive, type FrameVerbs } from "./sockets/receive.ts";

const NOT_FOUND = { ok: false, problem: NO_SUCH_GROUP } as const;
const DELETED = problem("gone", "This group was deleted.");

export class GroupController extends SandboxControl implements GroupControl {
  readonly #door: Door;

  constructor(context: DurableObjectState, bindings: Bindings) {
    super(context, bindings);
    const pingPong = new WebSocketRequestResponsePair('{"type":"ping"}', '{"type":"pong"}');
    context.setWebSocketAutoResponse(pingPong);
    this.#door = new Door(context, bindings, () => this.now());
  }

  // Sockets

  override async fetch(request: Request): Promise<Response> {
    const found = await this.#door.open();
    if (!found.ok) return refuseUpgrade(found.problem);
    const response = await answerRequest(this.ctx, found.value, request);
    this.#door.settleSoon();
    return response;
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): Promise<void> {
    const { group } = this.#door;
    const connection = group?.sockets.get(socket);
    if (!group || !connection || group.proofs.endIfOverdue(socket, connection)) return;
    await receive({ socket, connection, data, now: this.now() }, group.budget, verbsOf(group));
  }

  override webSocketClose(socket: WebSocket, code: number, reason: string): void {
    this.#door.group?.sockets.remove(socket);
    answerClose(socket, code, reason);
  }

  override webSocketError(socket: WebSocket): void {
    this.#door.group?.sockets.remove(socket);
  }

  override alarm(): Promise<void> {
    return this.#door.woken();
  }

  /** Milliseconds since the epoch; everything in this object asks here. */
  protected now(): number {
    return Date.now();
  }

  // Remote calls of the Orchestrator

  async createGroup(creation: GroupCreation): ReturnType<GroupControl["createGroup"]> {
    const group = this.#door.create();
    const written = group.path.write({ kind: "group-create", creation });
    if (!written.ok) return written;
    return this.view({ user: creation.creator.user, name: creation.creator.name, orgs: [] });
  }

  async view(principal: Principal): ReturnType<GroupControl["view"]> {
    const copying = this.#door.copyingFor(principal);
    if (copying) return { ok: true, value: copying.view() };
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
    const closed = this.#door.group?.endSession(user, sid);
    return closed === undefined ? NOT_FOUND : { ok: true, value: { closed } };
  }

  async letGo(
    ...[user, heirs]: Parameters<GroupControl["letGo"]>
  ): ReturnType<GroupControl["letGo"]> {
    return this.#ask((group) => answer(group.path.write({ kind: "member-let-go", user, heirs })));
  }

  async adopt(card: AgentCard): ReturnType<GroupControl["adopt"]> {
    return this.#ask((group) => answer(group.path.write({ kind: "agent-adopt", card })));
  }

  // Reading

  async events(
    ...[principal, page]: Parameters<GroupControl["events"]>
  ): ReturnType<GroupControl["events"]> {
    return this.#read(principal, ({ archivist }) => reading.readEvents(archivist, page));
  }

  async messages(
    ...[principal, page]: Parameters<GroupControl["messages"]>
  ): ReturnType<GroupControl["messages"]> {
    return this.#read(principal, ({ archivist }) => reading.readMessages(archivist, page));
  }

  async message(
    ...[principal, message]: Parameters<GroupControl["message"]>
  ): ReturnType<GroupControl["message"]> {
    return this.#for(principal, ({ archivist }) => reading.readMessage(archivist, message));
  }

  async search(
    ...[principal, page]: Parameters<GroupControl["search"]>
  ): ReturnType<GroupControl["search"]> {
    return this.#read(principal, (group) => searchGroup(group, page));
  }

  async runs(
    ...[principal, page]: Parameters<GroupControl["runs"]>
  ): ReturnType<GroupControl["runs"]> {
    return this.#read(principal, ({ archivist }) => reading.readRuns(archivist, page));
  }

  async run(principal: Principal, run: RunId): ReturnType<GroupControl["run"]> {
    return this.#for(principal, ({ archivist }) => reading.readRun(archivist, run));
  }

  async briefing(
    ...[principal, run, turn]: Parameters<GroupControl["briefing"]>
  ): ReturnType<GroupControl["briefing"]> {
    return this.#for(principal, ({ ledgers }) => ledgers.read(run, turn));
  }

  async summaries(
    ...[principal, page]: Parameters<GroupControl["summaries"]>
  ): ReturnType<GroupControl["summaries"]> {
    return this.#read(principal, ({ archivist }) => reading.readSummaries(archivist, page));
  }

  async jobs(
    ...[principal, page]: Parameters<GroupControl["jobs"]>
  ): ReturnType<GroupControl["jobs"]> {
    const copying = this.#door.copyingFor(principal);
    if (copying) return { ok: true, value: reading.readJobs(copying.archivist, page) };
    return this.#read(principal, ({ archivist }) => reading.readJobs(archivist, page));
  }

  // Life

  async archive(principal: Principal): ReturnType<GroupControl["archive"]> {
    return this.#for(principal, (group, { role, member }) => {
      if (!roleAllows(role, "admin")) return refusal("Only an admin archives a group.");
      return archiveGroup(group, member, this.#door.life);
    });
  }

  restore(principal: Principal): ReturnType<GroupControl["restore"]> {
    return this.view(principal);
  }

  async deleteGroup(principal: Principal): ReturnType<GroupControl["deleteGroup"]> {
    if (this.#door.copyingFor(principal) || this.#door.copies.isStaged) {
      await this.#door.copies.discard();
      return { ok: true, value: { seq: 0 } };
    }
    return this.#for(principal, async (group, { role }) => {
      if (!roleAllows(role, "admin")) return refusal("Only an admin deletes a group.");
      const seq = group.path.state.head;
      await group.audit.tell();
      group.stop();
      group.sockets.close(DELETED);
      group.sandboxes.terminals.close(DELETED);
      await this.#door.delete(group);
      return { ok: true, value: { seq } };
    });
  }

  // Copies

  async export(
    ...[principal, files]: Parameters<GroupControl["export"]>
  ): ReturnType<GroupControl["export"]> {
    return this.#for(principal, (group) => ({ ok: true, value: exportGroup(group, files) }));
  }

  async stage(
    ...[bundle, length]: Parameters<GroupControl["stage"]>
  ): ReturnType<GroupControl["stage"]> {
    return this.#door.copies.stage(bundle, length);
  }

  async copyFrom(copy: GroupCopy): ReturnType<GroupControl["copyFrom"]> {
    return this.#door.copies.begin(copy);
  }

  async copyPage(
    ...[principal, page]: Parameters<GroupControl["copyPage"]>
  ): ReturnType<GroupControl["copyPage"]> {
    return this.#for(principal, async (group, { role }) => {
      if (!roleAllows(role, "member")) return refusal("Only members fork a group.");
      return { ok: true, value: await copyPage(group, page) };
    });
  }

  // Remote call of the Agents Worker

  /** Leaves a dispatched call that has an effect to the first who claims it; a yes is on disk before it is said. */
  async claimCall(claim: ToolCallClaim): Promise<Result<null>> {
    const { group } = this.#door;
    if (!group) return NOT_FOUND;
    const claimed = claimCall(group, claim, this.now());
    if (claimed.ok) await this.ctx.storage.sync();
    return claimed;
  }

  // Sandboxes

  [ASK_SANDBOXES]<T>(principal: Principal, act: SandboxAct<T>): Promise<Result<T>> {
    return this.#for(principal, async ({ sandboxes }, access) => ({
      ok: true,
      value: await act(sandboxes.commands, access),
    }));
  }

  /** Does something for the org's own plane; before the group exists, and where it is gone, there is none. */
  async #ask<T>(act: (group: OpenGroup) => Result<T>): Promise<Result<T>> {
    const found = await this.#door.open();
    if (!found.ok) return found;
    const done = act(found.value);
    this.#door.settleSoon();
    return done;
  }

  /** Does something for a principal who may see this group; to anybody else, and before it exists, there is no group. */
  async #for<T>(
    principal: Principal,
    act: (group: OpenGroup, access: Access) => Result<T> | Promise<Result<T>>,
  ): Promise<Result<T>> {
    const found = await this.#door.open();
    if (!found.ok) return found;
    const group = found.value;
    const access = accessGroup(group.path.state, principal);
    if (!access) return NOT_FOUND;
    group.visited(access.member);
    try {
      return await act(group, access);
    } catch (error) {
      if (error instanceof ProblemError) return { ok: false, problem: error.problem };
      throw error;
    }
  }

  #read<T>(principal: Principal, read: (group: OpenGroup) => T | Promise<T>): Promise<Result<T>> {
    return this.#for(principal, async (group) => ({ ok: true, value: await read(group) }));
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
