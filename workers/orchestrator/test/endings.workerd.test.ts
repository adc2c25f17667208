// What groups are told when a session, an API key or a membership of an org has ended.
import { fromBase64url } from "@acos/trust";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";

import { down, endedSessions } from "./fake-group.ts";
import { Person } from "./person.ts";
import { restart, type TestBindings } from "./worker.ts";

const { DB } = env as unknown as TestBindings;

beforeEach(() => {
  down.clear();
  endedSessions.length = 0;
});

/** The session or API key that a person's routing tokens name. */
async function sidOf(person: Person, group: string): Promise<string> {
  const { body } = await person.api<{ routing_token: string }>("POST", `/groups/${group}/token`);
  const claims = fromBase64url(body.routing_token.split(".")[1] ?? "");
  const { sid } = JSON.parse(new TextDecoder().decode(claims)) as { sid: string };
  return sid;
}

const auth = (person: Person, path: string, body: object = {}) =>
  person.ask("POST", `/api/auth${path}`, body);

/** The same person in another browser. */
async function elsewhere(person: Person): Promise<Person> {
  const other = Object.assign(new Person(person.name), { email: person.email });
  expect((await other.signIn()).status).toBe(200);
  return other;
}

describe("ended sessions", () => {
  it("[EN1] a sign-out tells every group of the user which session has ended", async () => {
    const person = await Person.signUp();
    const { user } = await person.me();
    const { id: group } = await person.welcome();
    const sid = await sidOf(person, group);
    expect((await auth(person, "/sign-out")).status).toBe(200);
    expect(endedSessions).toEqual([[user.id, sid]]);
  });

  it("[EN1] however its cookie is written, a session has one name", async () => {
    const person = await Person.signUp();
    const { id: group } = await person.welcome();
    const sid = await sidOf(person, group);
    const cookie = person.cookies.get("acos.session_token")!;
    person.cookies.set("acos.session_token", decodeURIComponent(cookie));
    person.cookies.delete("acos_access");
    expect(await sidOf(person, group)).toBe(sid);
  });

  it("[EN1] revoking one session names that one, revoking all the others names those", async () => {
    const person = await Person.signUp();
    const { id: group } = await person.welcome();
    const [second, third] = [await elsewhere(person), await elsewhere(person)];
    const [own, two, three] = [
      await sidOf(person, group),
      await sidOf(second, group),
      await sidOf(third, group),
    ];
    const listed = await person.ask<{ token: string }[]>("GET", "/api/auth/list-sessions");
    const token = decodeURIComponent(second.cookies.get("acos.session_token")!).split(".")[0];
    expect(listed.body.map((one) => one.token)).toContain(token);
    expect((await auth(person, "/revoke-session", { token })).status).toBe(200);
    expect(endedSessions.map(([, sid]) => sid)).toEqual([two]);
    expect((await auth(person, "/revoke-other-sessions")).status).toBe(200);
    expect(endedSessions.map(([, sid]) => sid)).toEqual([two, three]);
    expect((await auth(person, "/revoke-sessions")).status).toBe(200);
    expect(endedSessions.map(([, sid]) => sid)).toEqual([two, three, own]);
  });

  it("[EN1] a new password ends the other sessions where that is asked for", async () => {
    const person = await Person.signUp();
    const { id: group } = await person.welcome();
    const other = await elsewhere(person);
    const sid = await sidOf(other, group);
    const change = { currentPassword: "correct horse battery", newPassword: "a better battery" };
    const body = { ...change, revokeOtherSessions: true };
    expect((await auth(person, "/change-password", body)).status).toBe(200);
    expect(endedSessions.map(([, ended]) => ended)).toContain(sid);
    expect((await other.api("GET", "/me")).status).toBe(401);
  });

  it("[EN2] a revoked API key tells every group which key has ended", async () => {
    const person = await Person.signUp();
    const { user } = await person.me();
    await person.welcome();
    const { body } = await person.api<{ id: string }>("POST", "/api-keys", { name: "script" });
    expect((await person.api("DELETE", `/api-keys/${body.id}`)).status).toBe(204);
    expect(endedSessions).toEqual([[user.id, body.id]]);
  });

  it("[EN1] a group that does not answer does not hold up a sign-out", async () => {
    const person = await Person.signUp();
    await person.welcome();
    down.add("endSession");
    expect((await auth(person, "/sign-out")).status).toBe(200);
    expect((await person.api("GET", "/me")).status).toBe(401);
  });
});

async function invite(owner: Person, guest: Person, org: string): Promise<void> {
  const invitation = { email: guest.email, role: "member", organizationId: org };
  const path = "/api/auth/organization/invite-member";
  const { body } = await owner.ask<{ id: string }>("POST", path, invitation);
  const acceptance = { invitationId: body.id };
  expect((await auth(guest, "/organization/accept-invitation", acceptance)).status).toBe(200);
}

const remove = (owner: Person, guest: Person, org: string) =>
  auth(owner, "/organization/remove-member", { memberIdOrEmail: guest.email, organizationId: org });

/** How many groups are still to be told that a user has left their org. */
async function owedOf(user: string): Promise<number> {
  const rows = DB.prepare("SELECT 1 FROM departure WHERE user_id = ?").bind(user);
  return (await rows.all()).results.length;
}

describe("leaving an org", () => {
  async function guestOf(
    owner: Person,
  ): Promise<{ guest: Person; org: string; group: string; own: string }> {
    const guest = await Person.signUp("Gus");
    const { id: own } = await guest.welcome();
    const org = await owner.org();
    await invite(owner, guest, org);
    const made = await guest.api<{ id: string }>("POST", `/orgs/${org}/groups`, { name: "Ours" });
    expect(made.status).toBe(201);
    return { guest, org, group: made.body.id, own };
  }

  it("[EN3] somebody who is taken out of an org is out of its groups, and stays in others", async () => {
    const owner = await Person.signUp();
    const { guest, org, group, own } = await guestOf(owner);
    expect((await remove(owner, guest, org)).status).toBe(200);
    expect((await guest.api("GET", `/groups/${group}`)).status).toBe(404);
    expect((await guest.api("GET", `/groups/${own}`)).status).toBe(200);
    expect((await owner.api("GET", `/groups/${group}`)).status).toBe(200);
  });

  it("[EN3] so is somebody who leaves by themselves", async () => {
    const owner = await Person.signUp();
    const { guest, org, group } = await guestOf(owner);
    expect((await auth(guest, "/organization/leave", { organizationId: org })).status).toBe(200);
    expect((await guest.api("GET", `/orgs/${org}/agents`)).status).toBe(404);
    expect((await guest.api("GET", `/groups/${group}`)).status).toBe(404);
  });

  it("[EN4] a group that does not answer holds nothing up, and lets go as soon as it does", async () => {
    const owner = await Person.signUp();
    const { guest, org, group, own } = await guestOf(owner);
    down.add("letGo");
    expect((await remove(owner, guest, org)).status).toBe(200);
    expect((await guest.api("GET", `/orgs/${org}/agents`)).status).toBe(404);
    down.clear();
    const seen = async () => (await guest.api("GET", `/groups/${group}`)).status;
    await expect.poll(seen, { timeout: 10_000 }).toBe(404);
    expect((await guest.api("GET", `/groups/${own}`)).status).toBe(200);
  });

  it("[EN4] a membership that ended without a word, as in a crash, is made good after the next start", async () => {
    const owner = await Person.signUp();
    const { guest, org, group } = await guestOf(owner);
    const { user } = await guest.me();
    const end = DB.prepare("DELETE FROM member WHERE user_id = ? AND organization_id = ?");
    await end.bind(user.id, org).run();
    expect(await owedOf(user.id)).toBe(1);
    restart();
    const seen = async () => (await guest.api("GET", `/groups/${group}`)).status;
    await expect.poll(seen, { timeout: 10_000 }).toBe(404);
    expect(await owedOf(user.id)).toBe(0);
  });

  it("[EN4] more groups than one request tells are told by those that follow", async () => {
    const owner = await Person.signUp();
    const { guest, org } = await guestOf(owner);
    const { user } = await guest.me();
    const count = 201;
    const group = `INSERT INTO groups (id, org_id, name, policy, state, created_by, created_at)
      VALUES (?1, ?2, 'Many', '{}', 'ready', ?3, 0)`;
    const member = "INSERT INTO group_member (group_id, user_id) VALUES (?1, ?2)";
    for (let nth = 0; nth < count; nth += 1) {
      const id = `grp_many${nth}`;
      await DB.prepare(group).bind(id, org, user.id).run();
      await DB.prepare(member).bind(id, user.id).run();
    }
    expect((await remove(owner, guest, org)).status).toBe(200);
    expect(await owedOf(user.id)).toBeGreaterThan(0);
    const owed = async () => {
      await owner.me();
      return owedOf(user.id);
    };
    await expect.poll(owed, { timeout: 10_000 }).toBe(0);
  });

  it("[EN4] whoever is in the org again before the group was told stays in it", async () => {
    const owner = await Person.signUp();
    const { guest, org, group } = await guestOf(owner);
    const { user } = await guest.me();
    down.add("letGo");
    await remove(owner, guest, org);
    expect(await owedOf(user.id)).toBe(1);
    await invite(owner, guest, org);
    down.clear();
    const owed = async () => {
      await owner.me();
      return owedOf(user.id);
    };
    await expect.poll(owed, { timeout: 10_000 }).toBe(0);
    expect((await guest.api("GET", `/groups/${group}`)).status).toBe(200);
  });
});
