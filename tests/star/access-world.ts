// The people of the access matrix, one for each role, and the things they are tried at; made anew where trying destroys them.
import type { AgentView, GroupView, Me } from "@acos/protocol";

import { authenticate, restOf, signUp, type Rest, type SignedUpUser } from "../rest.ts";
import { script } from "../scripted-model.ts";
import type { GroupSocket } from "../socket.ts";
import type { Role } from "./access-matrix.ts";
import { sandboxMakers, type SandboxMakers } from "./access-sandboxes.ts";
import { enter, event, newCommandId, openScene, runOf, say, type Scene } from "./scene.ts";

interface Person {
  readonly rest: Rest;
  /** Their user id; for anonymous, the outsider's. */
  readonly user: string;
}

export interface World extends SandboxMakers {
  readonly scene: Scene;
  readonly org: string;
  readonly agent: AgentView;
  readonly group: GroupView;
  /** A run of the group that has ended, with one turn. */
  readonly run: string;
  readonly people: Readonly<Record<Role, Person>>;
  /** Somebody who is in nothing. */
  readonly spare: SignedUpUser;
  freshGroup(): Promise<string>;
  freshAgent(): Promise<string>;
  freshProvider(): Promise<string>;
  freshSecret(): Promise<string>;
  /** A key of the role's own user; the read-only key's own, and for anonymous somebody's. */
  freshKey(role: Role): Promise<string>;
  /** A message in the group that this role's user posted before they became what they are; else the member's. */
  freshMessage(by: Role): Promise<string>;
  /** A bundle of a group, as it was exported; the same one each time. */
  bundle(): Promise<Uint8Array<ArrayBuffer>>;
  /** A run that waits for an approval; the same one until it is decided or cancelled. */
  waiting(): Promise<{ readonly run: string; readonly approval: string }>;
  close(): Promise<void>;
}

type Guests = Readonly<Record<"removed" | "viewer" | "member" | "admin", SignedUpUser>>;

/** Starts a product with everybody in place. Throws when any of it is refused. */
export async function openWorld(): Promise<World> {
  const scene = await openScene({ env: { ACOS_SANDBOXES: "auto" } });
  const { org } = scene.owner;
  const guests = {
    removed: await signUp(scene.product.url, "Rhea"),
    viewer: await signUp(scene.product.url, "Vera"),
    member: await signUp(scene.product.url, "Mona"),
    admin: await signUp(scene.product.url, "Adam"),
  };
  const chief = await signUp(scene.product.url, "Carl");
  const spare = await signUp(scene.product.url, "Sara");
  await joinOrg(scene, chief, "admin");
  const people = await peopleOf(scene, guests, chief);
  const tool = { type: "http", name: "desk", description: "The desk.", methods: ["GET", "POST"] };
  const tools = [{ ...tool, baseUrl: `${scene.effects.url}/desk` }];
  const agent = await scene.agent("ada", { tools });
  const group = await makeGroup(chief, { org, agent: agent.id }, guests);
  const socket = await enter(chief.rest, group.id);
  const { run } = await runOf(socket, await say(socket, `@ada ${script({ text: "Hello." })}`));
  const making = makers({ scene, chief, guests, group, agent, people });
  const waiting = waitingRuns(socket, chief.rest, group.id);
  const close = () => scene.close();
  return { scene, org, agent, group, run, people, spare, ...making, waiting, close };
}

async function peopleOf(
  scene: Scene,
  guests: Guests,
  chief: SignedUpUser,
): Promise<World["people"]> {
  const { url } = scene.product;
  const is = ({ rest, id }: SignedUpUser): Person => ({ rest, user: id });
  const outsider = is(await signUp(url, "Otto"));
  const orgMember = await signUp(url, "Omar");
  await joinOrg(scene, orgMember, "member");
  const otherAdmin = await signUp(url, "Bert");
  await otherAdmin.rest.post(`/orgs/${otherAdmin.org}/groups`, { name: "Elsewhere" });
  const readOnly = { name: "reader", scopes: ["read"] };
  const { key } = await chief.rest.post<{ key: string }>("/api-keys", readOnly);
  return {
    anonymous: { rest: restOf(url), user: outsider.user },
    outsider,
    removed: is(guests.removed),
    viewer: is(guests.viewer),
    member: is(guests.member),
    admin: is(guests.admin),
    orgMember: is(orgMember),
    otherAdmin: is(otherAdmin),
    owner: is(scene.owner),
    readKey: { rest: restOf(url, { authorization: `Bearer ${key}` }), user: chief.id },
  };
}

/** Joins the owner's org by an invitation; who shall be more than a member is made so afterwards. */
export async function joinOrg(
  scene: Scene,
  who: SignedUpUser,
  role: "member" | "admin",
): Promise<void> {
  const { owner, product } = scene;
  const organizationId = owner.org;
  const ask = authOf(product.url);
  const asOwner = await authenticate(product.url, "sign-in", owner);
  const invitation = { email: who.email, role: "member", organizationId };
  const { id } = await ask(asOwner, "invite-member", invitation);
  const { member } = await ask(who.cookie, "accept-invitation", { invitationId: id });
  if (role === "admin")
    await ask(asOwner, "update-member-role", { memberId: member?.id, role, organizationId });
  const { orgs } = await who.rest.get<Me>("/me");
  if (!orgs.some((one) => one.id === organizationId && one.role === role))
    throw new Error(`${who.name} did not become ${role} of the org.`);
}

function authOf(url: string) {
  return async (cookie: string, verb: string, body: object) => {
    const response = await fetch(`${url}/api/auth/organization/${verb}`, {
      method: "POST",
      headers: { cookie, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${verb} answered ${response.status}`);
    return (await response.json()) as { id?: string; member?: { id: string } };
  };
}

/** A group of the chief's with the guests in their roles, the removed one gone again. */
async function makeGroup(
  chief: SignedUpUser,
  { org, agent }: { readonly org: string; readonly agent: string },
  { removed, viewer, member, admin }: Guests,
): Promise<GroupView> {
  const wish = { name: "Matrix", agents: [{ id: agent }] };
  const group = await chief.rest.post<GroupView>(`/orgs/${org}/groups`, wish);
  const put = (who: SignedUpUser, role: string) =>
    chief.rest.put(`/groups/${group.id}/members/${who.id}`, { role });
  await Promise.all([put(viewer, "viewer"), put(member, "member"), put(admin, "admin")]);
  await put(removed, "member");
  await chief.rest.delete(`/groups/${group.id}/members/${removed.id}`);
  return group;
}

/** A group with everybody in their roles; its id. */
async function freshGroup({ scene, chief, guests, agent }: Making): Promise<string> {
  return (await makeGroup(chief, { org: scene.owner.org, agent: agent.id }, guests)).id;
}

interface Making {
  readonly scene: Scene;
  readonly chief: SignedUpUser;
  readonly guests: Guests;
  readonly group: GroupView;
  readonly agent: AgentView;
  readonly people: World["people"];
}

function makers(made: Making) {
  const { scene, chief, group, people } = made;
  const { org, rest } = scene.owner;
  let count = 0;
  return {
    freshGroup: () => freshGroup(made),
    freshAgent: async () => (await scene.agent(`spare-${(count += 1)}`)).id,
    freshProvider: async () => {
      const name = `spare-${(count += 1)}`;
      await rest.put(`/orgs/${org}/providers/${name}`, { kind: "openai", apiKey: "k" });
      return name;
    },
    freshSecret: async () => {
      const name = `spare-${(count += 1)}`;
      const secret = { value: "a-value-of-ours", hosts: ["example.org"] };
      await rest.put(`/orgs/${org}/secrets/${name}`, secret);
      return name;
    },
    freshKey: async (role: Role) => {
      const maker =
        role === "readKey" ? chief.rest : role === "anonymous" ? rest : people[role].rest;
      return (await maker.post<{ id: string }>("/api-keys", { name: "spare" })).id;
    },
    freshMessage: (by: Role) => freshMessage(made, by),
    bundle: onceOnly(() => exportedBy(made)),
    ...sandboxMakers({ rest: chief.rest, group, freshGroup: () => freshGroup(made) }),
  };
}

function onceOnly<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

async function exportedBy({ chief, group }: Making): Promise<Uint8Array<ArrayBuffer>> {
  const address = `${chief.rest.url}/api/v1/groups/${group.id}/export`;
  const response = await fetch(address, { headers: { cookie: chief.cookie } });
  if (!response.ok) throw new Error(`The export answered ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

async function freshMessage({ chief, guests, group }: Making, by: Role): Promise<string> {
  const guest = by in guests && by !== "admin" ? guests[by as keyof Guests] : undefined;
  const author = guest ?? (by === "admin" ? guests.admin : guests.member);
  const seat = `/groups/${group.id}/members/${author.id}`;
  const isSilent = author === guests.viewer || author === guests.removed;
  if (isSilent) await chief.rest.put(seat, { role: "member" });
  const command = { kind: "message-post", parts: [{ type: "text", text: "words" }] };
  const said = { id: newCommandId(), command };
  const { seq } = await author.rest.post<{ seq: number }>(`/groups/${group.id}/commands`, said);
  if (author === guests.viewer) await chief.rest.put(seat, { role: "viewer" });
  if (author === guests.removed) await chief.rest.delete(seat);
  const { items } = await chief.rest.get<{ items: { message: string; seq: number }[] }>(
    `/groups/${group.id}/messages`,
  );
  const posted = items.find((one) => one.seq === seq);
  if (!posted) throw new Error(`No message at ${seq}.`);
  return posted.message;
}

function waitingRuns(socket: GroupSocket, rest: Rest, group: string): World["waiting"] {
  const call = { tool: "desk", arguments: { method: "POST", path: "/do", body: {} } };
  return async () => {
    const { approvals } = await rest.get<GroupView>(`/groups/${group}`);
    const open = approvals[0];
    if (open) return { run: open.run, approval: open.approval };
    const posted = await say(socket, `@ada ${script({ calls: [call] }, { text: "Done." })}`);
    const asked = await event(socket, "approval-asked", (_asked, seq) => seq > posted.seq);
    return { run: asked.event.run, approval: asked.event.approval };
  };
}
