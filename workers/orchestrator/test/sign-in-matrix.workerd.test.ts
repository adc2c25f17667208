// The sign-in surface walked by every role: what is open answers as the table says, everything else is not there.
import { env } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";

import { controlPlaneOf } from "../src/open-control-plane.ts";
import { Person, type Answer } from "./person.ts";
import { cellsOf, CLOSED, OPEN_ROWS, ROLES, type OpenRow, type Role } from "./sign-in-matrix.ts";
import type { TestBindings } from "./worker.ts";

const PASSWORD = "correct horse battery";
const UNKNOWN_ORG = `org_${"0".repeat(26)}`;

let org: string;
let owner: Person;
let people: Readonly<Record<Role, Person>>;
/** Somebody in the org whom others may take out of it or change; made anew when they are gone. */
let spare: Person;

const auth = <T = Record<string, never>>(
  person: Person,
  verb: string,
  body?: object,
): Promise<Answer<T>> =>
  person.ask<T>(body ? "POST" : "GET", `/api/auth/organization/${verb}`, body);

interface Membership {
  readonly id: string;
  readonly userId: string;
}

async function join(person: Person, role: "member" | "admin" | "owner"): Promise<Membership> {
  const { body: invited } = await auth<{ id: string }>(owner, "invite-member", {
    email: person.email,
    role: "member",
    organizationId: org,
  });
  const accepted = await auth<{ member: Membership }>(person, "accept-invitation", {
    invitationId: invited.id,
  });
  const { member } = accepted.body;
  if (role !== "member")
    await auth(owner, "update-member-role", { memberId: member.id, role, organizationId: org });
  return member;
}

let spareMember: Membership;

async function freshSpare(): Promise<Membership> {
  const { body } = await auth<{ members: Membership[] }>(
    owner,
    `list-members?organizationId=${org}`,
  );
  if (spareMember && body.members.some(({ id }) => id === spareMember.id)) return spareMember;
  spareMember = await join(spare, "member");
  return spareMember;
}

async function freshInvitation(): Promise<string> {
  const email = `guest.${crypto.randomUUID()}@example.org`;
  const body = { email, role: "member", organizationId: org };
  return (await auth<{ id: string }>(owner, "invite-member", body)).body.id;
}

beforeAll(async () => {
  owner = await Person.signUp("Olive");
  org = await owner.org();
  spare = await Person.signUp("Sara");
  const [outsider, member, admin, other] = [
    await Person.signUp("Otto"),
    await Person.signUp("Mona"),
    await Person.signUp("Adam"),
    await Person.signUp("Bert"),
  ];
  people = { anonymous: new Person(), outsider, member, admin, owner, other };
  await join(member, "member");
  await join(admin, "admin");
});

/** The same person in a browser of their own, so that what ends it leaves the others alone. */
async function freshSession(role: Role): Promise<Person> {
  if (role === "anonymous") return new Person();
  const { name, email } = people[role];
  const person = Object.assign(new Person(name), { email });
  expect((await person.signIn()).status).toBe(200);
  return person;
}

interface Asked {
  readonly as?: Person;
  readonly body?: object;
  readonly query?: string;
}

const newPerson = () => ({
  name: "N",
  email: `n.${crypto.randomUUID()}@example.org`,
  password: PASSWORD,
});

/** Asks about the org, or about one that does not exist in its place. */
const ASKS: Readonly<Record<OpenRow, (role: Role, org: string) => Asked | Promise<Asked>>> = {
  "POST /sign-up/email": () => ({ as: new Person(), body: newPerson() }),
  "POST /sign-in/email": () => ({
    as: new Person(),
    body: { email: owner.email, password: PASSWORD },
  }),
  "POST /sign-out": async (role) => ({ as: await freshSession(role), body: {} }),
  "GET /get-session": () => ({}),
  "GET /list-sessions": () => ({}),
  "POST /revoke-session": async () => {
    const other = await freshSession("owner");
    const token = decodeURIComponent(other.cookies.get("acos.session_token")!).split(".")[0];
    return { body: { token } };
  },
  "POST /revoke-sessions": async (role) => ({ as: await throwaway(role), body: {} }),
  "POST /revoke-other-sessions": async (role) => ({ as: await throwaway(role), body: {} }),
  "POST /change-password": (role) =>
    role === "anonymous"
      ? { body: { currentPassword: PASSWORD, newPassword: "another battery" } }
      : { body: { currentPassword: PASSWORD, newPassword: PASSWORD } },
  "POST /update-user": () => ({ body: { name: "Renamed" } }),
  "POST /organization/create": () => ({ body: { name: "More", slug: crypto.randomUUID() } }),
  "POST /organization/update": (_role, organizationId) => ({
    body: { organizationId, data: { name: "Renamed" } },
  }),
  "GET /organization/list": () => ({}),
  "POST /organization/set-active": (_role, organizationId) => ({ body: { organizationId } }),
  "GET /organization/get-full-organization": (_role, id) => ({ query: `organizationId=${id}` }),
  "GET /organization/list-members": (_role, id) => ({ query: `organizationId=${id}` }),
  "POST /organization/remove-member": async (_role, organizationId) => ({
    body: { memberIdOrEmail: (await freshSpare()).id, organizationId },
  }),
  "POST /organization/update-member-role": async (_role, organizationId) => ({
    body: { memberId: (await freshSpare()).id, role: "member", organizationId },
  }),
  "POST /organization/leave": async (role, organizationId) => {
    if (role !== "member" && role !== "admin" && role !== "owner")
      return { body: { organizationId } };
    const leaver = await Person.signUp("Leo");
    await join(leaver, role);
    return { as: leaver, body: { organizationId } };
  },
  "POST /organization/invite-member": (_role, organizationId) => ({
    body: { email: newPerson().email, role: "member", organizationId },
  }),
  "GET /organization/list-invitations": (_role, id) => ({ query: `organizationId=${id}` }),
  "GET /organization/get-invitation": async (_role, id) => ({
    query: `id=${id === org ? await freshInvitation() : "none"}`,
  }),
  "POST /organization/accept-invitation": async (_role, id) => ({
    body: { invitationId: id === org ? await freshInvitation() : "none" },
  }),
  "POST /organization/reject-invitation": async (_role, id) => ({
    body: { invitationId: id === org ? await freshInvitation() : "none" },
  }),
  "POST /organization/cancel-invitation": async () => ({
    body: { invitationId: await freshInvitation() },
  }),
};

/** Somebody whose sessions may all end. */
async function throwaway(role: Role): Promise<Person> {
  return role === "anonymous" ? new Person() : Person.signUp();
}

async function ask(row: OpenRow, role: Role, about: string): Promise<Answer<{ code?: string }>> {
  const [method = "", path = ""] = row.split(" ");
  const { as = people[role], body, query } = await ASKS[row](role, about);
  return as.ask(method, `/api/auth${path}${query ? `?${query}` : ""}`, body);
}

const said = ({ status, body }: Answer<object | null>) => {
  const { requestId: _, ...rest } = { ...body } as { requestId?: string };
  return { status, ...rest };
};

describe("the sign-in surface", () => {
  it("[SI20] has a row for every route of the library, open or closed", async () => {
    const { signIn } = await controlPlaneOf(env as unknown as TestBindings);
    const routes = Object.values(signIn.api as unknown as Record<string, Endpoint>).flatMap(
      ({ path, options }) =>
        path === undefined || options.metadata?.SERVER_ONLY
          ? []
          : [options.method].flat().map((method) => `${method} ${path}`),
    );
    expect(new Set(routes)).toEqual(new Set([...Object.keys(OPEN_ROWS), ...CLOSED]));
  });

  it.each(Object.keys(OPEN_ROWS) as OpenRow[])("[SI20] %s", async (row) => {
    const outcomes: Record<string, string> = {};
    for (const role of ROLES) {
      const answer = await ask(row, role, org);
      outcomes[role] = answer.status < 300 ? "ok" : String(answer.status);
    }
    expect(outcomes).toEqual(cellsOf(OPEN_ROWS[row]));
  });

  const ABOUT_ORGS = (Object.keys(OPEN_ROWS) as OpenRow[]).filter((row) =>
    row.includes("/organization/"),
  );

  it.each(ABOUT_ORGS)(
    "[SI21] %s answers strangers about an org as about one that is not",
    async (row) => {
      for (const role of ["outsider", "other"] as const) {
        const there = await ask(row, role, org);
        const none = await ask(row, role, UNKNOWN_ORG);
        if (there.status >= 400) expect([role, said(there)]).toEqual([role, said(none)]);
      }
    },
  );

  it.each(CLOSED)("[SI20] %s is closed", async (row) => {
    const [method = "", path = ""] = row.split(" ");
    const address = `/api/auth${path.replace(/:\w+/, "x")}`;
    const answer = await owner.ask<{ code: string }>(
      method,
      address,
      method === "GET" ? undefined : {},
    );
    expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
  });

  it.each([
    "/organization//delete",
    "/organization/delete/",
    "/organization/%64elete",
    "/ORGANIZATION/DELETE",
    "/organization/delete?",
    "/x/../organization/delete",
    "/organization/delete;x",
  ])("[SI20] %s is no way round", async (path) => {
    const { status } = await owner.ask("POST", `/api/auth${path}`, { organizationId: org });
    expect(status).toBe(404);
    expect((await owner.me()).orgs.map(({ id }) => id)).toContain(org);
  });
});

interface Endpoint {
  readonly path?: string;
  readonly options: {
    readonly method: string | string[];
    readonly metadata?: { readonly SERVER_ONLY?: boolean };
  };
}
