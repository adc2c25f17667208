// Limits as callers meet them: 429 with the time to wait, at REST, at sign-in and at the handshake.
import type { Problem } from "@acos/protocol";
import { afterEach, expect, it } from "vitest";

import { knock, Person } from "./person.ts";
import { restart, type TestBindings } from "./worker.ts";

afterEach(() => restart());

const SHARED = { EMBEDDED: "" };

/** The Worker from here on, as strangers reach it, with these limits. */
function limited(limits: Partial<TestBindings>): void {
  restart({ ...SHARED, ...limits });
}

interface Outcome {
  readonly status: number;
  readonly code?: string;
  readonly waits: boolean;
}

async function outcomeOf(response: Response): Promise<Outcome> {
  const { status } = response;
  const text = await response.text();
  const { code, retryAfterMs } = JSON.parse(text === "" ? "{}" : text) as Partial<Problem>;
  const header = Number(response.headers.get("retry-after"));
  const waits = header > 0 && header === Math.ceil((retryAfterMs ?? 0) / 1000);
  return { status, waits, ...(code !== undefined && { code }) };
}

const RIGHT = "correct horse battery";

const post = (path: string, body: object, address: string, headers: Record<string, string> = {}) =>
  knock(path, {
    method: "POST",
    headers: { "content-type": "application/json", "cf-connecting-ip": address, ...headers },
    body: JSON.stringify(body),
  });

const signIn = (email: string, password: string, address: string) =>
  post("/api/auth/sign-in/email", { email, password }, address);

const LIMITED = { status: 429, code: "rate_limited", waits: true };

it("[LI5] a user's requests are counted, whichever way they come, and others go on", async () => {
  const [person, other] = [await Person.signUp(), await Person.signUp()];
  limited({ REQUESTS_PER_MINUTE_USER: "3" });
  const me = () => person.fetch("GET", "/api/v1/me");
  for (let count = 0; count < 3; count += 1) expect((await outcomeOf(await me())).status).toBe(200);
  expect(await outcomeOf(await me())).toEqual(LIMITED);
  expect(await outcomeOf(await person.fetch("GET", "/api/auth/list-sessions"))).toEqual(LIMITED);
  expect((await other.api("GET", "/me")).status).toBe(200);
});

it("[LI5] an org's requests are counted over its members, and strangers use nothing up", async () => {
  const [owner, stranger] = [await Person.signUp(), await Person.signUp()];
  const org = await owner.org();
  limited({ REQUESTS_PER_MINUTE_ORG: "2" });
  const path = `/api/v1/orgs/${org}/agents`;
  for (let count = 0; count < 4; count += 1)
    expect((await outcomeOf(await stranger.fetch("GET", path))).status).toBe(404);
  for (let count = 0; count < 2; count += 1)
    expect((await outcomeOf(await owner.fetch("GET", path))).status).toBe(200);
  expect(await outcomeOf(await owner.fetch("GET", path))).toEqual(LIMITED);
});

it("[LI5] an address is counted before anybody is proven, at REST, sign-in and handshake alike", async () => {
  const person = await Person.signUp();
  limited({ REQUESTS_PER_MINUTE_ADDRESS: "3" });
  const headers = { "cf-connecting-ip": "203.0.113.7" };
  for (let count = 0; count < 3; count += 1)
    expect((await person.fetch("GET", "/api/v1/me", { headers })).status).toBe(200);
  for (const path of ["/api/v1/me", "/api/auth/get-session", "/ws/groups/x"])
    expect(await outcomeOf(await person.fetch("GET", path, { headers }))).toEqual(LIMITED);
  const elsewhere = { "cf-connecting-ip": "203.0.113.8" };
  expect((await person.fetch("GET", "/api/v1/me", { headers: elsewhere })).status).toBe(200);
});

it("[LI5] requests without proof are counted by address, and a signed-in caller there goes on", async () => {
  const person = await Person.signUp();
  limited({ REQUESTS_PER_MINUTE_UNPROVEN: "2" });
  const headers = { "cf-connecting-ip": "203.0.113.7" };
  const forged = { ...headers, authorization: "Bearer acos_nonsense" };
  expect((await knock("/api/v1/me", { headers: forged })).status).toBe(401);
  expect((await knock("/api/auth/get-session", { headers })).status).toBe(200);
  expect(await outcomeOf(await knock("/api/v1/me", { headers: forged }))).toEqual(LIMITED);
  const group = `/ws/groups/grp_${"0".repeat(26)}?token=x`;
  const upgrade = { ...headers, upgrade: "websocket" };
  expect(await outcomeOf(await knock(group, { headers: upgrade }))).toEqual(LIMITED);
  expect((await person.fetch("GET", "/api/v1/me", { headers })).status).toBe(200);
});

it("[LI5] a session cookie that was not signed here is no proof", async () => {
  const person = await Person.signUp();
  limited({ REQUESTS_PER_MINUTE_UNPROVEN: "2" });
  const session = person.cookies.get("acos.session_token")!;
  const ask = (cookie: string) =>
    knock("/api/auth/get-session", {
      headers: {
        "cf-connecting-ip": "203.0.113.7",
        cookie: `acos.session_token=${cookie}`,
      },
    });
  expect((await ask("junk")).status).toBe(200);
  expect((await ask(session.replace(".", "x."))).status).toBe(200);
  expect(await outcomeOf(await ask(crypto.randomUUID()))).toEqual(LIMITED);
  expect(await outcomeOf(await ask(""))).toEqual(LIMITED);
  for (let count = 0; count < 3; count += 1) expect((await ask(session)).status).toBe(200);
});

it("[LI5] sign-ups are counted by address", async () => {
  limited({ SIGN_UPS_PER_HOUR_ADDRESS: "1" });
  const signUp = (address: string) =>
    knock("/api/auth/sign-up/email", {
      method: "POST",
      headers: { "content-type": "application/json", "cf-connecting-ip": address },
      body: JSON.stringify({
        name: "N",
        email: `n.${crypto.randomUUID()}@example.org`,
        password: "correct horse battery",
      }),
    });
  expect((await signUp("203.0.113.7")).status).toBe(200);
  expect(await outcomeOf(await signUp("203.0.113.7"))).toEqual(LIMITED);
  expect((await signUp("203.0.113.8")).status).toBe(200);
});

it("[LI5] what another website's page sends in somebody's browser is no sign-up of theirs", async () => {
  limited({ SIGN_UPS_PER_HOUR_ADDRESS: "1" });
  const address = { "cf-connecting-ip": "203.0.113.7" };
  const path = "/api/auth/sign-up/email";
  expect((await knock(path, { headers: address })).status).toBe(404);
  const evil = { ...address, origin: "http://evil.example" };
  expect((await knock(path, { method: "POST", headers: evil, body: "{}" })).status).toBe(403);
  const body = { name: "N", email: `n.${crypto.randomUUID()}@example.org`, password: RIGHT };
  expect((await post(path, body, "203.0.113.7")).status).toBe(200);
});

it("[LI5] routing tokens are counted by user", async () => {
  const person = await Person.signUp();
  const { id } = await person.welcome();
  limited({ TOKENS_PER_MINUTE_USER: "1" });
  const ask = () => person.fetch("POST", `/api/v1/groups/${id}/token`);
  expect((await ask()).status).toBe(200);
  expect(await outcomeOf(await ask())).toEqual(LIMITED);
});

it("[LI6] wrong passwords are counted by network address, over all e-mail addresses; a right one there waits too", async () => {
  const person = await Person.signUp();
  limited({});
  const guess = (count: number) => signIn(`nobody${count}@example.org`, "x", "203.0.113.7");
  for (let count = 0; count < 20; count += 1) expect((await guess(count)).status).toBe(401);
  expect(await outcomeOf(await guess(20))).toEqual(LIMITED);
  expect((await signIn(person.email, RIGHT, "203.0.113.7")).status).toBe(429);
  expect((await signIn(person.email, RIGHT, "203.0.113.8")).status).toBe(200);
});

it("[LI6] guesses at the same moment count before they are wrong", async () => {
  limited({});
  const guess = (_: unknown, nth: number) => signIn(`no${nth}@example.org`, "x", "203.0.113.7");
  const answers = await Promise.all(Array.from({ length: 30 }, guess));
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(20);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(10);
});

it("[LI6] what is no wrong password is not counted: right ones, and requests that no password is looked at for", async () => {
  const person = await Person.signUp();
  limited({});
  for (let count = 0; count < 21; count += 1) {
    expect((await signIn(person.email, RIGHT, "203.0.113.7")).status).toBe(200);
    expect((await signIn("no address", "x", "203.0.113.7")).status).toBe(400);
  }
});

it("[LI6] wrong ones for a change of password are counted with them", async () => {
  const person = await Person.signUp();
  limited({});
  const cookie = `acos.session_token=${person.cookies.get("acos.session_token")!}`;
  const change = { currentPassword: "wrong", newPassword: "another battery" };
  const path = "/api/auth/change-password";
  for (let count = 0; count < 19; count += 1)
    expect((await signIn(`no${count}@example.org`, "x", "203.0.113.7")).status).toBe(401);
  expect((await post(path, change, "203.0.113.7", { cookie })).status).toBe(400);
  expect(await outcomeOf(await signIn(person.email, RIGHT, "203.0.113.7"))).toEqual(LIMITED);
});

it("[LI3] on one's own machine nobody is believed what address they come from", async () => {
  restart({ REQUESTS_PER_MINUTE_ADDRESS: "1", REQUESTS_PER_MINUTE_UNPROVEN: "1" });
  const headers = { "cf-connecting-ip": "203.0.113.7" };
  for (let count = 0; count < 3; count += 1)
    expect((await knock("/api/v1/me", { headers })).status).toBe(401);
});
