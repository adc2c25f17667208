// Accounts: sign-up, the welcome, sessions, access tokens, API keys and what other sites may not do.
import {
  isId,
  SANDBOX_TOOLS,
  type AgentView,
  type ApiKeyView,
  type GroupView,
  type Problem,
} from "@acos/protocol";
import { beforeEach, describe, expect, it } from "vitest";

import { down } from "./fake-group.ts";
import { knock, Person } from "./person.ts";
import { gauge, restart } from "./worker.ts";

beforeEach(() => {
  down.clear();
});

describe("sign-up", () => {
  it("[SI1] gives a personal org, owned, and ids of ours", async () => {
    const person = await Person.signUp();
    const { user, orgs } = await person.me();
    expect(isId("user", user.id)).toBe(true);
    expect(user.email).toBe(person.email);
    expect(orgs).toHaveLength(1);
    expect(isId("org", orgs[0]!.id)).toBe(true);
    expect(orgs[0]!.role).toBe("owner");
  });

  it("[SI27] an e-mail address that is too long for an access token is refused with words, and one that just fits works", async () => {
    const signUp = async (email: string) => {
      const person = new Person();
      const body = { name: "Z", email, password: "correct horse battery" };
      return { person, answer: await person.ask<Problem>("POST", "/api/auth/sign-up/email", body) };
    };
    const unique = crypto.randomUUID().slice(0, 8);
    const ofLength = (chars: number) => {
      const domain = `.${"d".repeat(60)}`.repeat(3);
      const start = `${unique}@`;
      return `${start}${"e".repeat(chars - start.length - domain.length - 4)}${domain}.org`;
    };
    expect(ofLength(255)).toHaveLength(255);
    const { answer, person } = await signUp(ofLength(255));
    expect([answer.status, answer.body.code]).toEqual([400, "INVALID_EMAIL"]);
    expect(answer.body.message).toContain("254");
    expect(person.cookies.size).toBe(0);
    const fits = await signUp(ofLength(254));
    expect(fits.answer.status).toBe(200);
    await fits.person.me();
    restart();
    expect((await fits.person.me()).user.email).toHaveLength(254);
  });

  it("[SI2] gives the group Welcome with Ada and Grace, who answer everyone, on the best model", async () => {
    const view = await (await Person.signUp()).welcome();
    expect(view.name).toBe("Welcome");
    expect(view.policy.wake).toBe("everyone");
    const handles = view.members.map(({ handle }) => handle);
    expect(handles).toEqual(["zoe-kim", "ada", "grace"]);
    const models = view.members.flatMap((one) => (one.type === "agent" ? [one.pin.model] : []));
    expect(models).toEqual(["local/small", "local/small"]);
  });

  it("[SI2] lets one of them work in sandboxes, and the other not", async () => {
    const person = await Person.signUp();
    const org = await person.org();
    const { body } = await person.api<{ items: AgentView[] }>("GET", `/orgs/${org}/agents`);
    const inSandboxes = ({ tools }: AgentView) =>
      SANDBOX_TOOLS.filter((name) => tools.some((tool) => tool.name === name)).length;
    const able = body.items.map((agent) => [agent.handle, inSandboxes(agent)]);
    expect(Object.fromEntries(able)).toEqual({ ada: 0, grace: SANDBOX_TOOLS.length });
  });

  it("[SI3] succeeds while groups are down, and the welcome is made good at the next sign-in or GET /me", async () => {
    down.add("createGroup");
    const person = await Person.signUp();
    const org = await person.org();
    const before = await person.api<{ items: unknown[] }>("GET", `/orgs/${org}/groups`);
    expect(before.body.items).toEqual([]);
    down.clear();
    expect((await person.welcome()).name).toBe("Welcome");
    await person.me();
    const after = await person.api<{ items: unknown[] }>("GET", `/orgs/${org}/groups`);
    expect(after.body.items).toHaveLength(1);
  });
});

describe("sessions", () => {
  it("[SI4] a warm caller is proven without the database, by memory or by the access token", async () => {
    const person = await Person.signUp();
    const group = await person.welcome();
    const useTheGroup = async () => {
      gauge.databaseCalls = 0;
      for (const path of ["", "/events", "/messages", "/runs"])
        expect((await person.api("GET", `/groups/${group.id}${path}`)).status).toBe(200);
      expect((await person.api("POST", `/groups/${group.id}/token`)).status).toBe(200);
      const command = { kind: "message-post", parts: [{ type: "text", text: "hi" }] };
      const body = { id: "c-1", command };
      expect((await person.api("POST", `/groups/${group.id}/commands`, body)).status).toBe(200);
      return gauge.databaseCalls;
    };
    expect(await useTheGroup()).toBe(0);
    restart();
    // What every fresh process does once: it looks what it owes to groups.
    await knock("/.well-known/jwks.json");
    expect(await useTheGroup()).toBe(0);
    restart();
    await knock("/.well-known/jwks.json");
    person.cookies.delete("acos_access");
    expect(await useTheGroup()).toBeGreaterThan(0);
  });

  it("[SI5] the access token counts only beside the session it was made for", async () => {
    const person = await Person.signUp();
    const other = await Person.signUp();
    await person.me();
    expect(person.cookies.has("acos_access")).toBe(true);
    const stolen = person.cookies.get("acos_access")!;
    person.cookies.clear();
    person.cookies.set("acos_access", stolen);
    expect((await person.api("GET", "/me")).status).toBe(401);
    await other.signIn();
    other.cookies.set("acos_access", stolen);
    expect((await other.me()).user.email).toBe(other.email);
  });

  it("[SI6] sign-out ends the session at once and clears the access cookie", async () => {
    const person = await Person.signUp();
    await person.me();
    const kept = new Map(person.cookies);
    expect((await person.ask("POST", "/api/auth/sign-out", {})).status).toBe(200);
    expect(person.cookies.has("acos_access")).toBe(false);
    for (const [name, value] of kept) person.cookies.set(name, value);
    const { status, body } = await person.api<Problem>("GET", "/me");
    expect(status).toBe(401);
    expect(body.code).toBe("unauthenticated");
  });

  it("[SI7] signing in again finds everything as it was", async () => {
    const person = await Person.signUp();
    const { id } = await person.welcome();
    person.cookies.clear();
    expect((await person.signIn()).status).toBe(200);
    expect((await person.welcome()).id).toBe(id);
  });

  it("[SI8] refuses another site's request, and a browser's without an origin from another site", async () => {
    const person = await Person.signUp();
    const body = { name: "k" };
    const post = (headers: Record<string, string>) =>
      person.ask<Problem>("POST", "/api/v1/api-keys", body, headers);
    expect((await post({ origin: "http://evil.example" })).body.code).toBe("forbidden_origin");
    expect((await post({ origin: "null" })).body.code).toBe("forbidden_origin");
    expect((await post({ "sec-fetch-site": "cross-site" })).body.code).toBe("forbidden_origin");
    expect((await post({ origin: "http://127.0.0.1:8787" })).status).toBe(201);
    expect((await post({})).status).toBe(201);
    const signUp = await person.ask<Problem>(
      "POST",
      "/api/auth/sign-out",
      {},
      { origin: "http://evil.example" },
    );
    expect(signUp.body.code).toBe("forbidden_origin");
  });
});

describe("a changed name", () => {
  it("[SI29] is seen by the next request, by what a key asks and in a group that is made then", async () => {
    const person = await Person.signUp("Zoë Kim");
    const made = await person.api<{ key: string }>("POST", "/api-keys", { name: "script" });
    const script = new Person();
    script.key = made.body.key;
    expect([(await person.me()).user.name, (await script.me()).user.name]).toEqual([
      "Zoë Kim",
      "Zoë Kim",
    ]);
    const old = person.cookies.get("acos_access");
    expect((await person.ask("POST", "/api/auth/update-user", { name: "Zed" })).status).toBe(200);
    expect(person.cookies.get("acos_access")).toBeUndefined();
    expect((await person.me()).user.name).toBe("Zed");
    expect((await script.me()).user.name).toBe("Zed");
    person.cookies.set("acos_access", old!);
    expect((await person.me()).user.name).toBe("Zed");
    const org = await person.org();
    const group = await person.api<GroupView>("POST", `/orgs/${org}/groups`, { name: "New" });
    const view = await person.api<GroupView>("GET", `/groups/${group.body.id}`);
    expect(view.body.members.map(({ name }) => name)).toContain("Zed");
  });
});

describe("guessing passwords", () => {
  const guess = (email: string, password: string) =>
    new Person().ask<Problem>("POST", "/api/auth/sign-in/email", { email, password });

  it("[SI15] the sixth wrong one for an address answers 429 with Retry-After, and other addresses go on", async () => {
    const person = await Person.signUp();
    const other = await Person.signUp();
    for (let count = 0; count < 5; count += 1) {
      const { status, body } = await guess(person.email.toUpperCase(), `wrong ${count}`);
      expect([status, body.code]).toEqual([401, "INVALID_EMAIL_OR_PASSWORD"]);
    }
    const held = await person.signIn();
    expect([held.status, held.body]).toMatchObject([429, { code: "rate_limited" }]);
    const waitS = Number(held.headers.get("retry-after"));
    expect(waitS).toBeGreaterThan(25);
    expect(waitS).toBeLessThanOrEqual(30);
    expect((await person.api("GET", "/me")).status).toBe(200);
    expect((await other.signIn()).status).toBe(200);
    expect((await Person.signUp()).cookies.size).toBeGreaterThan(0);
  });

  it("[SI15] it makes no difference whether anybody has the address", async () => {
    const nobody = `nobody.${crypto.randomUUID()}@example.org`;
    const statuses: number[] = [];
    for (let count = 0; count < 6; count += 1) statuses.push((await guess(nobody, "x")).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  });

  it("[SI15] a right one clears the count", async () => {
    const person = await Person.signUp();
    for (let round = 0; round < 2; round += 1) {
      for (let count = 0; count < 4; count += 1) await guess(person.email, "wrong");
      expect((await person.signIn()).status).toBe(200);
    }
  });

  it("[SI16] many right ones at the same moment all pass, many wrong ones do not", async () => {
    const person = await Person.signUp();
    const right = await Promise.all(Array.from({ length: 8 }, () => person.signIn()));
    expect(right.map(({ status }) => status)).toEqual(Array(8).fill(200));
    const wrong = await Promise.all(Array.from({ length: 8 }, () => guess(person.email, "wrong")));
    expect(wrong.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(wrong.filter(({ status }) => status === 429)).toHaveLength(3);
  });
});

describe("guessing the password of a session's user", () => {
  const RIGHT = "correct horse battery";
  const change = (person: Person, currentPassword: string, more: object = {}) =>
    person.ask<Problem>("POST", "/api/auth/change-password", {
      currentPassword,
      newPassword: RIGHT,
      ...more,
    });

  it("[SI24] the sixth wrong one waits, from whichever session of the user; others go on, and so does signing in", async () => {
    const [person, other] = [await Person.signUp(), await Person.signUp()];
    const elsewhere = Object.assign(new Person(), { email: person.email });
    expect((await elsewhere.signIn()).status).toBe(200);
    for (let count = 0; count < 5; count += 1) {
      const { status, body } = await change(count % 2 ? person : elsewhere, `wrong ${count}`);
      expect([status, body.code]).toEqual([400, "INVALID_PASSWORD"]);
    }
    const held = await change(person, RIGHT);
    expect([held.status, held.body.code]).toEqual([429, "rate_limited"]);
    expect(Number(held.headers.get("retry-after"))).toBeGreaterThan(25);
    expect((await change(elsewhere, RIGHT)).status).toBe(429);
    expect((await change(other, RIGHT)).status).toBe(200);
    expect((await person.signIn()).status).toBe(200);
  });

  it("[SI24] a right one clears the count, also where it ends the session that it came with", async () => {
    const person = await Person.signUp();
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 4; count += 1)
        expect((await change(person, "wrong")).status).toBe(400);
      expect((await change(person, RIGHT, { revokeOtherSessions: true })).status).toBe(200);
    }
  });

  it("[SI24] guesses at the same moment count before they are wrong", async () => {
    const person = await Person.signUp();
    const wrong = await Promise.all(Array.from({ length: 8 }, () => change(person, "wrong")));
    expect(wrong.filter(({ status }) => status === 400)).toHaveLength(5);
    expect(wrong.filter(({ status }) => status === 429)).toHaveLength(3);
  });

  it("[SI24] without a session nobody's password is looked at, and nobody waits", async () => {
    for (let count = 0; count < 7; count += 1)
      expect((await change(new Person(), "wrong")).status).toBe(401);
  });
});

describe("refusals of the sign-in surface", () => {
  it("[SI17] are Problems with the request's id that keep the library's own code", async () => {
    const person = await Person.signUp();
    const nowhere = await person.ask<Problem>("GET", "/api/auth/nowhere");
    expect([nowhere.status, nowhere.body.code]).toEqual([404, "not_found"]);
    expect(nowhere.body.message).not.toBe("");
    expect(nowhere.body.requestId).toBe(nowhere.headers.get("x-request-id"));
    const again = await person.ask<Problem>("POST", "/api/auth/sign-up/email", {
      name: "Z",
      email: person.email,
      password: "correct horse battery",
    });
    expect(again.status).toBe(422);
    expect(again.body.code).toMatch(/^USER_ALREADY_EXISTS/);
    expect(isId("request", again.body.requestId!)).toBe(true);
    const garbage = await person.ask<Problem>("POST", "/api/auth/sign-in/email", { email: 7 });
    expect([garbage.status, typeof garbage.body.message]).toEqual([400, "string"]);
  });
});

describe("API keys", () => {
  async function keyOf(person: Person, scopes?: string[]): Promise<ApiKeyView & { key: string }> {
    const { body, status } = await person.api<ApiKeyView & { key: string }>("POST", "/api-keys", {
      name: "script",
      ...(scopes && { scopes }),
    });
    expect(status).toBe(201);
    return body;
  }

  it("[SI9] a key acts as its user, is shown once, and is verified without the database when warm", async () => {
    const person = await Person.signUp();
    const made = await keyOf(person);
    expect(made.key.startsWith("acos_")).toBe(true);
    expect(made.scopes).toEqual(["read", "write"]);
    const listed = await person.api<{ items: ApiKeyView[] }>("GET", "/api-keys");
    expect(listed.body.items.map(({ id }) => id)).toEqual([made.id]);
    expect(JSON.stringify(listed.body)).not.toContain(made.key);
    const group = await person.welcome();
    const script = new Person();
    script.key = made.key;
    expect((await script.me()).user.email).toBe(person.email);
    gauge.databaseCalls = 0;
    expect((await script.api<GroupView>("GET", `/groups/${group.id}`)).body.id).toBe(group.id);
    expect(gauge.databaseCalls).toBe(0);
  });

  it("[SI10] a key without the scope is refused, and cannot make a key that has it", async () => {
    const person = await Person.signUp();
    const script = new Person();
    script.key = (await keyOf(person, ["read"])).key;
    expect((await script.api("GET", "/me")).status).toBe(200);
    const { status, body } = await script.api<Problem>("POST", "/api-keys", { name: "more" });
    expect([status, body.code]).toEqual([403, "forbidden"]);
    script.key = (await keyOf(person, ["write"])).key;
    expect((await script.api("GET", "/me")).status).toBe(403);
    const { id } = await person.welcome();
    script.key = (await keyOf(person, ["read"])).key;
    const token = await script.api<Problem>("POST", `/groups/${id}/token`);
    expect([token.status, token.body.code]).toEqual([403, "forbidden"]);
    expect(token.body.message).toContain("/events?after=N");
    script.key = (await keyOf(person, ["write"])).key;
    const wider = await script.api<Problem>("POST", "/api-keys", { name: "m", scopes: ["read"] });
    expect(wider.body.code).toBe("forbidden");
  });

  it("[SI11] a revoked key is refused at once, a garbled one without a look into the database", async () => {
    const person = await Person.signUp();
    const { key, id } = await keyOf(person);
    const script = new Person();
    script.key = key;
    expect((await script.api("GET", "/me")).status).toBe(200);
    const other = await Person.signUp();
    expect((await other.api("DELETE", `/api-keys/${id}`)).status).toBe(404);
    expect((await person.api("DELETE", `/api-keys/${id}`)).status).toBe(204);
    expect((await script.api("GET", "/me")).status).toBe(401);
    gauge.databaseCalls = 0;
    for (const garbled of [`${key}x`, key.replace("acos_", "acos_A"), "nonsense"]) {
      script.key = garbled;
      expect((await script.api("GET", "/me")).status).toBe(401);
    }
    expect(gauge.databaseCalls).toBe(0);
  });

  it("[SI12] the sign-in surface offers no API key routes beside /api/v1/api-keys", async () => {
    const person = await Person.signUp();
    const { status } = await person.fetch("GET", "/api/auth/api-key/list");
    expect(status).toBe(404);
  });

  it("[SI18] links that would come by mail open nothing, since no mail is sent", async () => {
    const person = await Person.signUp();
    expect((await person.fetch("GET", "/api/auth/verify-email?token=x")).status).toBe(404);
    for (const path of ["send-verification-email", "change-email", "request-password-reset"]) {
      const body = JSON.stringify({ email: "a@example.com", newEmail: "b@example.com" });
      const headers = { "content-type": "application/json" };
      const { status } = await person.fetch("POST", `/api/auth/${path}`, { body, headers });
      expect(status, path).toBe(404);
    }
  });
});

describe("organizations", () => {
  it("[SI13] somebody invited is in the org as soon as they accept, and out as soon as they are removed", async () => {
    const owner = await Person.signUp();
    const guest = await Person.signUp();
    const org = await owner.org();
    const { body: before } = await guest.api<Problem>("GET", `/orgs/${org}/agents`);
    expect(before.code).toBe("not_found");
    const invited = await owner.ask<{ id: string }>(
      "POST",
      "/api/auth/organization/invite-member",
      {
        email: guest.email,
        role: "member",
        organizationId: org,
      },
    );
    expect(invited.status).toBe(200);
    const accepted = await guest.ask("POST", "/api/auth/organization/accept-invitation", {
      invitationId: invited.body.id,
    });
    expect(accepted.status).toBe(200);
    expect((await guest.api("GET", `/orgs/${org}/agents`)).status).toBe(200);
    const provider = await guest.api<Problem>("PUT", `/orgs/${org}/providers/x`, {
      kind: "openai",
      apiKey: "k",
    });
    expect(provider.body.code).toBe("forbidden");
    const removed = await owner.ask("POST", "/api/auth/organization/remove-member", {
      memberIdOrEmail: guest.email,
      organizationId: org,
    });
    expect(removed.status).toBe(200);
    expect((await guest.api("GET", `/orgs/${org}/agents`)).status).toBe(404);
  });

  it("[SI14] an unverified address becomes a member by an invitation, never an admin", async () => {
    const owner = await Person.signUp();
    const guest = await Person.signUp();
    const organizationId = await owner.org();
    const invitation = { email: guest.email, role: "admin", organizationId };
    const invited = await owner.ask<{ id: string }>(
      "POST",
      "/api/auth/organization/invite-member",
      invitation,
    );
    const accepted = await guest.ask("POST", "/api/auth/organization/accept-invitation", {
      invitationId: invited.body.id,
    });
    expect(accepted.status).toBe(403);
    expect((await guest.api("GET", `/orgs/${organizationId}/agents`)).status).toBe(404);
  });
});
