// A stand-in for the Group Controller: who is in a group, what it was told, and how it behaves when it is down.
import {
  CONNECTION_HEADER,
  makeId,
  problem,
  type AgentCard,
  type GroupControl,
  type GroupCreation,
  type GroupView,
  type Member,
  type MemberPut,
  type Principal,
  type Result,
  type Role,
} from "@acos/protocol";
import { DurableObject } from "cloudflare:workers";

interface State {
  creation?: GroupCreation;
  name: string;
  members: Member[];
  usedTokens: string[];
  commands: string[];
}

/** Calls that a test lets fail, by method name. */
export const down = new Set<string>();
/** What happens just before a group hears of a new member; runs once. */
export const beforePut: (() => Promise<void>)[] = [];

/** What groups were told of ended sessions, in order. */
export const endedSessions: Parameters<GroupControl["endSession"]>[] = [];

const NOT_FOUND = { ok: false, problem: problem("not_found", "There is no such group.") } as const;

const JOIN_FIRST = { ok: false, problem: problem("forbidden", "Members only.") } as const;

const CREATED_AT = "2026-01-01T00:00:00.000Z";

export class FakeGroup extends DurableObject implements GroupControl {
  get #state(): State {
    return (
      this.ctx.storage.kv.get<State>("state") ?? {
        name: "",
        members: [],
        usedTokens: [],
        commands: [],
      }
    );
  }

  #change(act: (state: State) => void): void {
    const state = this.#state;
    act(state);
    this.ctx.storage.kv.put("state", state);
  }

  #role(principal: Principal): Role | undefined {
    const { members, creation } = this.#state;
    const member = members.find((one) => one.type === "user" && one.user === principal.user);
    if (member) return member.role;
    const manages = principal.orgs.some(
      ({ id, role }) => id === creation?.org && role !== "member",
    );
    return manages ? "admin" : undefined;
  }

  #isMember(principal: Principal): boolean {
    return this.#state.members.some((one) => one.type === "user" && one.user === principal.user);
  }

  #require(method: string): void {
    if (down.has(method)) throw new Error(`${method} is down`);
  }

  #for<T>(principal: Principal, act: (role: Role) => Result<T>): Result<T> {
    const role = this.#role(principal);
    return role === undefined ? NOT_FOUND : act(role);
  }

  async createGroup(creation: GroupCreation): Promise<Result<GroupView>> {
    this.#require("createGroup");
    this.#change((state) => {
      if (state.creation) return;
      Object.assign(state, { creation, name: creation.name });
      put(state, { type: "user", card: creation.creator, role: "admin" });
      for (const { card, follow } of creation.agents)
        put(state, { type: "agent", card, follow, role: "member" });
    });
    return { ok: true, value: this.#view() };
  }

  async view(principal: Principal): Promise<Result<GroupView>> {
    return this.#for(principal, () => ({ ok: true, value: this.#view() }));
  }

  #view(): GroupView {
    const { creation, name, members } = this.#state;
    if (!creation) throw new Error("no such group");
    const { group: id, org, policy } = creation;
    return {
      id,
      org,
      name,
      policy,
      head: 1,
      createdAt: CREATED_AT,
      members,
      runs: [],
      approvals: [],
    };
  }

  async admit(principal: Principal): ReturnType<GroupControl["admit"]> {
    this.#require("admit");
    const org = this.#state.creation?.org;
    return this.#for(principal, (role) => {
      if (!this.#isMember(principal)) return JOIN_FIRST;
      return org ? { ok: true, value: { role, org } } : NOT_FOUND;
    });
  }

  async command(
    principal: Principal,
    request: Parameters<GroupControl["command"]>[1],
  ): Promise<Result<{ seq: number }>> {
    return this.#for(principal, (role) => {
      if (!this.#isMember(principal)) return JOIN_FIRST;
      if (role === "viewer")
        return { ok: false, problem: problem("forbidden", "Viewers only read.") };
      this.#change((state) => {
        state.commands.push(request.id);
        if (request.command.kind === "settings-change" && request.command.name !== undefined)
          state.name = request.command.name;
      });
      return { ok: true, value: { seq: 2 } };
    });
  }

  async putMember(principal: Principal, member: MemberPut): Promise<Result<{ seq: number }>> {
    this.#require("putMember");
    await beforePut.pop()?.();
    return this.#for(principal, () => {
      this.#change((state) => put(state, member));
      return { ok: true, value: { seq: 3 } };
    });
  }

  async removeMember(
    principal: Principal,
    who: Parameters<GroupControl["removeMember"]>[1],
  ): Promise<Result<{ seq: number }>> {
    this.#require("removeMember");
    return this.#for(principal, (role) => {
      if (role !== "admin" && who !== principal.user)
        return { ok: false, problem: problem("forbidden", "Only admins do that.") };
      this.#change((state) => {
        state.members = state.members.filter((one) => subjectOf(one) !== who);
      });
      return { ok: true, value: { seq: 4 } };
    });
  }

  async endSession(
    ...ended: Parameters<GroupControl["endSession"]>
  ): ReturnType<GroupControl["endSession"]> {
    this.#require("endSession");
    endedSessions.push(ended);
    return this.#state.creation ? { ok: true, value: { closed: 0 } } : NOT_FOUND;
  }

  async letGo(...[user]: Parameters<GroupControl["letGo"]>): ReturnType<GroupControl["letGo"]> {
    this.#require("letGo");
    this.#change((state) => {
      state.members = state.members.filter((one) => subjectOf(one) !== user);
    });
    return { ok: true, value: { seq: 7 } };
  }

  async adopt(card: AgentCard): Promise<Result<{ seq: number }>> {
    this.#require("adopt");
    this.#change((state) => {
      const member = state.members.find(
        (one) => one.type === "agent" && one.agent === card.pin.agent,
      );
      if (member?.type !== "agent" || member.pin.revision >= card.pin.revision) return;
      Object.assign(member, { pin: card.pin, version: card.pin.version, name: card.name });
    });
    return { ok: true, value: { seq: 5 } };
  }

  async events(principal: Principal): ReturnType<GroupControl["events"]> {
    return this.#for(principal, () => ({ ok: true, value: { items: [], nextCursor: null } }));
  }

  async messages(principal: Principal): ReturnType<GroupControl["messages"]> {
    return this.#for(principal, () => ({ ok: true, value: { items: [], nextCursor: null } }));
  }

  async runs(principal: Principal): ReturnType<GroupControl["runs"]> {
    return this.#for(principal, () => ({ ok: true, value: { items: [], nextCursor: null } }));
  }

  async run(principal: Principal): ReturnType<GroupControl["run"]> {
    return this.#for(principal, () => NOT_FOUND);
  }

  async briefing(principal: Principal): ReturnType<GroupControl["briefing"]> {
    return this.#for(principal, () => NOT_FOUND);
  }

  async deleteGroup(principal: Principal): Promise<Result<{ seq: number }>> {
    return this.#for(principal, (role) => {
      if (role !== "admin") return { ok: false, problem: problem("forbidden", "Not you.") };
      this.ctx.storage.kv.delete("state");
      return { ok: true, value: { seq: 6 } };
    });
  }

  /** Takes a socket once per jti and sends what it was handed as its first frame. */
  override async fetch(request: Request): Promise<Response> {
    const header = request.headers.get(CONNECTION_HEADER) ?? "";
    const bytes = Uint8Array.from(
      atob(header.replaceAll("-", "+").replaceAll("_", "/")),
      (character) => character.charCodeAt(0),
    );
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as { jti: string };
    if (this.#state.usedTokens.includes(claims.jti))
      return Response.json(problem("used_token", "Used."), { status: 401 });
    this.#change((state) => state.usedTokens.push(claims.jti));
    const [client, server] = Object.values(new WebSocketPair());
    server!.accept();
    const headers = [...request.headers.keys()];
    server!.send(JSON.stringify({ claims, url: request.url, headers }));
    return new Response(null, { status: 101, webSocket: client! });
  }
}

function put(state: State, member: MemberPut): void {
  const subject = member.type === "user" ? member.card.user : member.card.pin.agent;
  const known = state.members.find((one) => subjectOf(one) === subject);
  if (known) Object.assign(known, { role: member.role });
  else state.members.push(memberOf(state, member));
}

function memberOf(state: State, wish: MemberPut): Member {
  const member = makeId("member", state.members.length, new Uint8Array(10));
  const { role } = wish;
  if (wish.type === "user") return { type: "user", member, role, ...wish.card };
  const { card, follow } = wish;
  const { pin, ...said } = card;
  return {
    type: "agent",
    member,
    role,
    ...said,
    follow,
    agent: pin.agent,
    version: pin.version,
    pin,
  };
}

function subjectOf(member: Member): string {
  return member.type === "user" ? member.user : member.agent;
}
