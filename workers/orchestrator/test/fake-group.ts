// A stand-in for the Group Controller: who is in a group, what it was told, and how it behaves when it is down.
import {
  CONNECTION_HEADER,
  policySchema,
  problem,
  type AgentCard,
  type BundleHead,
  type GroupControl,
  type GroupCopy,
  type GroupCreation,
  type GroupId,
  type GroupView,
  type Member,
  type MemberPut,
  type OrgId,
  type Principal,
  type Result,
  type Role,
} from "@acos/protocol";
import { put, subjectOf } from "./fake-members.ts";
import { GroupWithSandboxes } from "./fake-sandboxed-group.ts";

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

/** Pages that groups were asked for, in order. */
export const askedPages: object[] = [];
/** What new groups were told to be copies of, in order. */
export const copies: GroupCopy[] = [];
/** Groups whose deletion was asked for, whether or not there was one. */
export const wiped: GroupId[] = [];
/** Copies that are still on their way. */
export const copying = new Set<GroupId>();
/** An export goes on after its first piece once this is open. */
export const exportGate = { open: true };

const NOT_FOUND = { ok: false, problem: problem("not_found", "There is no such group.") } as const;

const FORBIDDEN = { ok: false, problem: problem("forbidden", "Not you.") } as const;

const STILL_COPYING = { ok: false, problem: problem("conflict", "Still being copied.") } as const;

const JOIN_FIRST = { ok: false, problem: problem("forbidden", "Members only.") } as const;

const CREATED_AT = "2026-01-01T00:00:00.000Z";
/** The last event of every group here. */
export const HEAD = 40;

interface Neighbours {
  readonly GROUPS: DurableObjectNamespace;
}

export class FakeGroup extends GroupWithSandboxes<Neighbours> implements GroupControl {
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

  protected override roleOf(principal: Principal): Role | undefined {
    return this.#role(principal);
  }

  protected override get org(): OrgId | undefined {
    return this.#state.creation?.org;
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
      head: HEAD,
      createdAt: CREATED_AT,
      members,
      runs: [],
      approvals: [],
      briefingRules: [],
      summary: null,
      sandboxes: [],
      state: "active",
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
    if (copying.has(this.ctx.id.name as GroupId)) return STILL_COPYING;
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

  async message(principal: Principal): ReturnType<GroupControl["message"]> {
    return this.#for(principal, () => NOT_FOUND);
  }

  async search(
    principal: Principal,
    page: { q: string; cursor: number; limit: number },
  ): ReturnType<GroupControl["search"]> {
    return this.#for(principal, () => {
      askedPages.push(page);
      return { ok: true, value: { items: [], nextCursor: String(page.cursor + page.limit) } };
    });
  }

  async summaries(principal: Principal, page: object): ReturnType<GroupControl["summaries"]> {
    askedPages.push(page);
    return this.#for(principal, () => ({ ok: true, value: { items: [], nextCursor: null } }));
  }

  async jobs(principal: Principal, page: object): ReturnType<GroupControl["jobs"]> {
    askedPages.push(page);
    return this.#for(principal, () => ({ ok: true, value: { items: [], nextCursor: null } }));
  }

  async archive(principal: Principal): ReturnType<GroupControl["archive"]> {
    return this.#for(principal, (role) =>
      role === "admin" ? { ok: true, value: { seq: HEAD } } : FORBIDDEN,
    );
  }

  async restore(principal: Principal): ReturnType<GroupControl["restore"]> {
    return this.view(principal);
  }

  async copyPage(
    principal: Principal,
    page: { after: number; upTo: number },
  ): ReturnType<GroupControl["copyPage"]> {
    return this.#for(principal, (role) => {
      askedPages.push(page);
      if (role === "viewer") return FORBIDDEN;
      return { ok: true, value: { events: [], head: HEAD, name: this.#state.name } };
    });
  }

  async copyFrom(copy: GroupCopy): ReturnType<GroupControl["copyFrom"]> {
    this.#require("copyFrom");
    copies.push(copy);
    const { group, org, name, creator, from } = copy;
    const agents =
      from.how === "fork"
        ? await this.#agentsOf(from, copy.principal)
        : from.agents.map(({ card }) => ({ card, follow: "latest" as const }));
    const policy = policySchema.parse({});
    return this.createGroup({ group, org, name, creator, policy, agents });
  }

  /** The agents a fork begins with: those the source has now, or, at any seq, those that it was made with. */
  async #agentsOf(
    { group, atSeq }: { readonly group: GroupId; readonly atSeq: number | null },
    principal: Principal,
  ): Promise<GroupCreation["agents"]> {
    const { GROUPS } = this.env;
    const source = GROUPS.get(GROUPS.idFromName(group)) as unknown as FakeGroup;
    if (atSeq !== null) return source.firstAgents();
    const viewed = await source.view(principal);
    const members = viewed.ok ? viewed.value.members : [];
    return members.flatMap((member) => {
      if (member.type !== "agent") return [];
      const { pin, name, handle, about, follow } = member;
      return [{ card: { pin, name, handle, about }, follow }];
    });
  }

  async firstAgents(): Promise<GroupCreation["agents"]> {
    return this.#state.creation?.agents ?? [];
  }

  /** A bundle here is JSON: `{group, name, head, files}`. */
  async stage(
    bundle: ReadableStream<Uint8Array>,
    length: number,
  ): ReturnType<GroupControl["stage"]> {
    this.#require("stage");
    const bytes = new Uint8Array(await new Response(bundle).arrayBuffer());
    if (bytes.length !== length) throw new Error(`${bytes.length} bytes came, not ${length}`);
    if (bytes[0] !== 0x7b)
      return { ok: false, problem: problem("invalid_request", "This is no bundle.") };
    return { ok: true, value: JSON.parse(new TextDecoder().decode(bytes)) as BundleHead };
  }

  async export(
    principal: Principal,
    files: BundleHead["files"],
  ): ReturnType<GroupControl["export"]> {
    return this.#for(principal, () => {
      const { creation, name } = this.#state;
      const text = JSON.stringify({ group: creation?.group, name, head: HEAD, files });
      const pieces = [text.slice(0, 10), text.slice(10)].map((piece) =>
        new TextEncoder().encode(piece),
      );
      const value = new ReadableStream({
        type: "bytes",
        pull: async (controller) => {
          const piece = pieces.shift();
          while (pieces.length === 0 && !exportGate.open) await scheduler.wait(5);
          if (piece) controller.enqueue(piece);
          else controller.close();
        },
      });
      return { ok: true, value };
    });
  }

  async deleteGroup(principal: Principal): Promise<Result<{ seq: number }>> {
    wiped.push(this.ctx.id.name as GroupId);
    this.#require("deleteGroup");
    return this.#for(principal, (role) => {
      if (role !== "admin") return FORBIDDEN;
      this.ctx.storage.kv.delete("state");
      return { ok: true, value: { seq: 6 } };
    });
  }

  /** Sockets of the group and of terminals; the rest is for a sandbox. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.has(CONNECTION_HEADER)) return this.#openSocket(request);
    return this.sandboxesOfGroup.fetch(request);
  }

  /** Takes a socket once per jti and sends what it was handed as its first frame. */
  async #openSocket(request: Request): Promise<Response> {
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
