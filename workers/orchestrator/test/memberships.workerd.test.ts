// Memberships of orgs where requests come at the same moment, and where the database held more than it now lets in.
import { makeId, type Problem } from "@acos/protocol";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

import { Person, type Answer } from "./person.ts";
import { restart, type TestBindings } from "./worker.ts";

const { DB, MIGRATIONS } = env as unknown as TestBindings;

interface Member {
  readonly id: string;
  readonly userId: string;
  readonly role: string;
}

const auth = <T = Partial<Problem>>(person: Person, verb: string, body: object) =>
  person.ask<T>("POST", `/api/auth/organization/${verb}`, body);

const invite = (owner: Person, guest: Person, organizationId: string, role = "member") =>
  auth<{ id: string } & Partial<Problem>>(owner, "invite-member", {
    email: guest.email,
    role,
    organizationId,
  });

const accept = (guest: Person, invitationId: string) =>
  auth(guest, "accept-invitation", { invitationId });

async function join(owner: Person, guest: Person, org: string): Promise<void> {
  const { body } = await invite(owner, guest, org);
  expect((await accept(guest, body.id)).status).toBe(200);
}

async function membersOf(owner: Person, org: string): Promise<readonly Member[]> {
  const path = `/api/auth/organization/list-members?organizationId=${org}`;
  return (await owner.ask<{ members: Member[] }>("GET", path)).body.members;
}

const said = ({ status, body }: Answer<Partial<Problem>>) => [status, body.code, body.message];

const ALREADY_IN = [
  400,
  "USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION",
  "User is already a member of this organization",
];
const ALREADY_INVITED = [
  400,
  "USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION",
  "User is already invited to this organization",
];

/** An invitation that lies in the database, past the route that makes them. */
async function plantInvitation(
  org: string,
  email: string,
  { status = "pending", expiresAtMs = Date.now() + 60_000 } = {},
): Promise<string> {
  const id = crypto.randomUUID();
  const insert = `INSERT INTO invitation (id, organization_id, email, role, status, expires_at, created_at, inviter_id)
    SELECT ?1, ?2, ?3, 'member', ?4, ?5, 0, user_id FROM member WHERE organization_id = ?2 LIMIT 1`;
  await DB.prepare(insert).bind(id, org, email, status, expiresAtMs).run();
  return id;
}

describe("being in an org", () => {
  it("[SI25] of two invitations of an address at the same moment one is made, and the other one told why not", async () => {
    const [owner, guest] = [await Person.signUp(), await Person.signUp()];
    const org = await owner.org();
    const both = await Promise.all([invite(owner, guest, org), invite(owner, guest, org)]);
    const refused = both.filter(({ status }) => status !== 200);
    expect(refused.map(said)).toEqual([ALREADY_INVITED]);
    expect(said(await invite(owner, guest, org))).toEqual(ALREADY_INVITED);
  });

  it("[SI25] an invitation that has run out, or was cancelled, is in no later one's way", async () => {
    const [owner, guest] = [await Person.signUp(), await Person.signUp()];
    const org = await owner.org();
    await plantInvitation(org, guest.email, { status: "canceled" });
    await plantInvitation(org, guest.email, { expiresAtMs: Date.now() - 1000 });
    const { status, body } = await invite(owner, guest, org);
    expect(status).toBe(200);
    expect((await accept(guest, body.id)).status).toBe(200);
  });

  it("[SI25] accepted twice at the same moment, an invitation makes one member, who is out once taken out", async () => {
    const [owner, guest] = [await Person.signUp(), await Person.signUp()];
    const org = await owner.org();
    const { body } = await invite(owner, guest, org);
    const both = await Promise.all([accept(guest, body.id), accept(guest, body.id)]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 404]));
    expect(await membersOf(owner, org)).toHaveLength(2);
    await auth(owner, "remove-member", { memberIdOrEmail: guest.email, organizationId: org });
    expect((await guest.api("GET", `/orgs/${org}/agents`)).status).toBe(404);
  });

  it("[SI25] whoever is in already is told so when they accept again", async () => {
    const [owner, guest] = [await Person.signUp(), await Person.signUp()];
    const org = await owner.org();
    await join(owner, guest, org);
    const again = await plantInvitation(org, guest.email);
    expect(said(await accept(guest, again))).toEqual(ALREADY_IN);
    expect(await membersOf(owner, org)).toHaveLength(2);
  });

  it("[SI25] two invitations accepted at the same moment, as an older database may hold them, make one member", async () => {
    const [owner, guest] = [await Person.signUp(), await Person.signUp()];
    const org = await owner.org();
    const one = await plantInvitation(org, guest.email);
    const other = await plantInvitation(org, guest.email.toUpperCase());
    const both = await Promise.all([accept(guest, one), accept(guest, other)]);
    expect(both.filter(({ status }) => status !== 200).map(said)).toEqual([ALREADY_IN]);
    expect(await membersOf(owner, org)).toHaveLength(2);
  });

  it("[SI25] the database itself takes no second membership", async () => {
    const owner = await Person.signUp();
    const copy = `INSERT INTO member (id, organization_id, user_id, role, created_at)
      SELECT 'second', organization_id, user_id, role, created_at FROM member WHERE organization_id = ?`;
    const again = DB.prepare(copy)
      .bind(await owner.org())
      .run();
    await expect(again).rejects.toThrow("UNIQUE constraint failed");
  });
});

describe("what lay double in the database", () => {
  const MIGRATION = MIGRATIONS.find(({ name }) => name.startsWith("0004_"))!;
  const INDEXES = ["member_user_organization", "invitation_pending"];
  const TRIGGERS = ["member_owner_goes", "member_owner_changes"];

  it("[SI25] is one after the migration: the oldest membership, with the highest role of all, and the newest invitation", async () => {
    const [owner, guest] = [await Person.signUp(), await Person.signUp()];
    const org = await owner.org();
    await join(owner, guest, org);
    const first = (await membersOf(owner, org)).find(({ role }) => role === "member")!;
    for (const name of INDEXES) await DB.exec(`DROP INDEX ${name}`);
    for (const name of TRIGGERS) await DB.exec(`DROP TRIGGER ${name}`);
    const copy = `INSERT INTO member (id, organization_id, user_id, role, created_at)
      SELECT id || ?2, organization_id, user_id, ?3, created_at + ?4 FROM member WHERE id = ?1`;
    await DB.prepare(copy).bind(first.id, "-b", "member,admin", 5).run();
    await DB.prepare(copy).bind(first.id, "-a", "member", 0).run();
    const invited = await Person.signUp();
    await plantInvitation(org, invited.email, { expiresAtMs: Date.now() + 1000 });
    const newest = await plantInvitation(org, invited.email, { expiresAtMs: Date.now() + 2000 });
    await plantInvitation(org, invited.email, {
      status: "accepted",
      expiresAtMs: Date.now() + 9000,
    });

    await DB.batch(MIGRATION.queries.map((query) => DB.prepare(query)));

    const members = await membersOf(owner, org);
    const rows = members.map(({ id, role }) => [id, role]);
    expect(rows).toHaveLength(2);
    expect(rows).toContainEqual([first.id, "admin"]);
    const open = DB.prepare("SELECT id FROM invitation WHERE email = ? AND status = 'pending'");
    expect((await open.bind(invited.email).all()).results).toEqual([{ id: newest }]);
    expect((await guest.me()).orgs).toHaveLength(2);
  });
});

describe("being in many orgs", () => {
  const MANY = 40;

  /** Puts somebody into so many orgs of others, each joined later than the one before. */
  async function plantOrgs(person: Person, count: number): Promise<void> {
    const { id } = (await person.me()).user;
    const at = Date.now() + 1000;
    const org = "INSERT INTO organization (id, name, slug, created_at) VALUES (?1, 'Many', ?1, 0)";
    const member = `INSERT INTO member (id, organization_id, user_id, role, created_at)
      VALUES (?1, ?1, ?2, 'member', ?3)`;
    for (let nth = 0; nth < count; nth += 1) {
      const made = makeId("org", at + nth, crypto.getRandomValues(new Uint8Array(10)));
      await DB.prepare(org).bind(made).run();
      await DB.prepare(member)
        .bind(made, id, at + nth)
        .run();
    }
    restart();
    person.cookies.delete("acos_access");
  }

  const create = (person: Person) =>
    auth(person, "create", { name: "More", slug: crypto.randomUUID() });

  it("[SI28] nobody gets into more than 40, by making one or by accepting, and the 40th is open to them", async () => {
    const [owner, person] = [await Person.signUp(), await Person.signUp()];
    await plantOrgs(person, MANY - 2);
    const { body } = await invite(owner, person, await owner.org());
    expect((await create(person)).status).toBe(200);
    const full = [
      403,
      "YOU_HAVE_REACHED_THE_MAXIMUM_NUMBER_OF_ORGANIZATIONS",
      "A person can be in 40 organizations at most. Leave one first.",
    ];
    expect(said(await create(person))).toEqual(full);
    expect(said(await accept(person, body.id))).toEqual(full);
    const { orgs } = await person.me();
    expect(orgs).toHaveLength(MANY);
    for (const { id } of orgs)
      expect((await person.api("GET", `/orgs/${id}/agents`)).status).toBe(200);
    const leave = { organizationId: orgs.find(({ role }) => role === "member")!.id };
    expect((await auth(person, "leave", leave)).status).toBe(200);
    expect((await accept(person, body.id)).status).toBe(200);
  });

  it("[SI28] whoever is in more, from before there was a limit, keeps their oldest ones", async () => {
    const person = await Person.signUp();
    const own = await person.org();
    await plantOrgs(person, MANY + 2);
    expect((await person.api("GET", `/orgs/${own}/agents`)).status).toBe(200);
  });
});

describe("owning an org", () => {
  async function twoOwners(): Promise<{ one: Person; other: Person; org: string }> {
    const [one, other] = [await Person.signUp(), await Person.signUp()];
    const org = await one.org();
    await join(one, other, org);
    const members = await membersOf(one, org);
    const second = members.find(({ role }) => role === "member")!;
    const change = { memberId: second.id, role: "owner", organizationId: org };
    expect((await auth(one, "update-member-role", change)).status).toBe(200);
    return { one, other, org };
  }

  async function ownersOf(org: string): Promise<number> {
    const rows = DB.prepare("SELECT 1 FROM member WHERE organization_id = ? AND role = 'owner'");
    return (await rows.bind(org).all()).results.length;
  }

  it("[SI26] of two owners who leave at the same moment one stays, and is told why", async () => {
    const { one, other, org } = await twoOwners();
    const leave = (person: Person) => auth(person, "leave", { organizationId: org });
    const both = await Promise.all([leave(one), leave(other)]);
    expect(both.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(both.filter(({ status }) => status !== 200).map(said)).toEqual([
      [
        400,
        "YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER",
        "You cannot leave the organization as the only owner",
      ],
    ]);
    expect(await ownersOf(org)).toBe(1);
  });

  it("[SI26] two owners who take each other out, or make each other members, at the same moment leave one", async () => {
    const removed = await twoOwners();
    const remove = (by: Person, whom: Person) =>
      auth(by, "remove-member", { memberIdOrEmail: whom.email, organizationId: removed.org });
    await Promise.all([remove(removed.one, removed.other), remove(removed.other, removed.one)]);
    expect(await ownersOf(removed.org)).toBe(1);

    const { one, other, org } = await twoOwners();
    const ids = Object.fromEntries(
      (await membersOf(one, org)).map(({ id, userId }) => [userId, id]),
    );
    const [oneId, otherId] = [(await one.me()).user.id, (await other.me()).user.id];
    const change = (by: Person, whom: string) =>
      auth(by, "update-member-role", { memberId: ids[whom], role: "member", organizationId: org });
    const both = await Promise.all([change(one, otherId), change(other, oneId)]);
    expect(both.map(({ status }) => status)).toContain(200);
    expect(both.map(({ status }) => status)).not.toContain(500);
    expect(await ownersOf(org)).toBe(1);
  });

  it("[SI26] an org, or a user, that is deleted in the database takes the owner's membership with it", async () => {
    const person = await Person.signUp();
    const [gone, left] = [await (await Person.signUp()).org(), await person.org()];
    const { id } = (await person.me()).user;
    await DB.prepare("DELETE FROM organization WHERE id = ?").bind(gone).run();
    await DB.prepare("DELETE FROM user WHERE id = ?").bind(id).run();
    expect([await ownersOf(gone), await ownersOf(left)]).toEqual([0, 0]);
  });
});
