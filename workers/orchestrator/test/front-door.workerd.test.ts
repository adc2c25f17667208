// What browsers are told and believed: cookies, headers, origins; and what never reaches a log or an error text.
import type { Problem, RoutingTokenAnswer } from "@acos/protocol";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { knock, Person } from "./person.ts";
import { restart } from "./worker.ts";

const HTTPS = "https://acos.example.org";
const PASSWORD = "correct horse battery";

afterEach(() => {
  restart();
  vi.restoreAllMocks();
});

/** A cookie as it was set: its name, and its attributes in lower case. */
function cookiesOf(response: Response) {
  return response.headers.getSetCookie().map((line) => {
    const [pair = "", ...attributes] = line.split("; ");
    return { name: pair.split("=")[0], attributes: attributes.map((one) => one.toLowerCase()) };
  });
}

async function signUp(origin: string): Promise<Response[]> {
  const send = (path: string, body: object, cookie = "") =>
    knock(
      path,
      {
        method: "POST",
        headers: { "content-type": "application/json", cookie },
        body: JSON.stringify(body),
      },
      origin,
    );
  const email = `p.${crypto.randomUUID()}@example.org`;
  const signedUp = await send("/api/auth/sign-up/email", { name: "P", email, password: PASSWORD });
  const cookie = signedUp.headers.getSetCookie()[0]!.split(";")[0]!;
  const me = await knock("/api/v1/me", { headers: { cookie } }, origin);
  const out = await send("/api/auth/sign-out", {}, cookie);
  return [signedUp, me, out];
}

describe("cookies", () => {
  const ALWAYS = ["path=/", "httponly", "samesite=lax"];

  it("[SI23] are HttpOnly, SameSite=Lax and for all paths over http, without Secure", async () => {
    const answers = await signUp("http://localhost:8787");
    const cookies = answers.flatMap(cookiesOf);
    const names = new Set(cookies.map(({ name }) => name));
    expect(names).toEqual(
      new Set(["acos.session_token", "acos_access", "acos.session_data", "acos.dont_remember"]),
    );
    for (const { name, attributes } of cookies) {
      expect([name, ...attributes]).toEqual(expect.arrayContaining([name, ...ALWAYS]));
      expect(attributes.some((one) => one === "secure" || one.startsWith("domain"))).toBe(false);
    }
  });

  it("[SI23] are Secure over https too, the session's under a name that browsers guard", async () => {
    restart({ PUBLIC_ORIGINS: HTTPS, EMBEDDED: "" });
    const cookies = (await signUp(HTTPS)).flatMap(cookiesOf);
    const names = cookies.map(({ name }) => name);
    expect(names).toContain("__Secure-acos.session_token");
    expect(names).toContain("acos_access");
    for (const { name, attributes } of cookies) {
      expect([name, ...attributes]).toEqual(expect.arrayContaining([name, ...ALWAYS, "secure"]));
      expect(attributes.some((one) => one.startsWith("domain"))).toBe(false);
    }
  });
});

describe("headers", () => {
  const PATHS = [
    "/healthz",
    "/.well-known/jwks.json",
    "/api/v1/me",
    "/api/v1/openapi.json",
    "/api/v1/nowhere",
    "/api/auth/get-session",
    "/api/auth/nowhere",
    "/ws/groups/x",
    "/api/nowhere",
  ];

  it.each(PATHS)("[RQ10] %s can be put into no frame", async (path) => {
    const { headers } = await knock(path);
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });

  it("[RQ10] nor can the group's refusal of a handshake", async () => {
    const person = await Person.signUp();
    const { id } = await person.welcome();
    const { body } = await person.api<RoutingTokenAnswer>("POST", `/groups/${id}/token`);
    const open = () =>
      knock(`/ws/groups/${id}?token=${body.routing_token}`, { headers: { upgrade: "websocket" } });
    const { webSocket } = await open();
    webSocket!.accept();
    webSocket!.close();
    const again = await open();
    expect(again.status).toBe(401);
    expect(again.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(again.headers.get("cache-control")).toBe("no-store");
  });

  it.each(PATHS)("[RQ11] %s over https is asked for over https from then on", async (path) => {
    restart({ PUBLIC_ORIGINS: HTTPS, EMBEDDED: "" });
    const kept = (await knock(path, {}, HTTPS)).headers.get("strict-transport-security");
    expect(kept).toBe("max-age=31536000");
    expect((await knock(path)).headers.has("strict-transport-security")).toBe(false);
  });
});

/** Origins in the place of http://localhost:8787 and http://127.0.0.1:8787, which are the ones on the list. */
const FOREIGN = {
  null: "null",
  "another site": "http://evil.example",
  "a subdomain": "http://app.localhost:8787",
  "another port": "http://localhost:8788",
  "no port": "http://localhost",
  https: "https://localhost:8787",
  "upper case": "HTTP://LOCALHOST:8787",
  "a dot at the end": "http://localhost.:8787",
  "a slash at the end": "http://localhost:8787/",
  "an IPv6 literal": "http://[::1]:8787",
  "an own name in front": "http://localhost:8787.evil.example",
  "a user in front": "http://localhost:8787@evil.example",
  "another way to write the address": "http://2130706433:8787",
  "two of them": "http://localhost:8787, http://evil.example",
} as const;
const OWN = ["http://localhost:8787", "http://127.0.0.1:8787"] as const;

interface Attempt {
  readonly what: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly passes: boolean;
}

const SITES: readonly Attempt[] = [
  ...Object.entries(FOREIGN).flatMap(([what, origin]) => [
    { what, headers: { origin }, passes: false },
    {
      what: `${what}, same-origin`,
      headers: { origin, "sec-fetch-site": "same-origin" },
      passes: false,
    },
  ]),
  ...OWN.flatMap((origin) => [
    { what: origin, headers: { origin }, passes: true },
    {
      what: `${origin}, same-origin`,
      headers: { origin, "sec-fetch-site": "same-origin" },
      passes: true,
    },
  ]),
  { what: "no origin, cross-site", headers: { "sec-fetch-site": "cross-site" }, passes: false },
  { what: "no origin, same-site", headers: { "sec-fetch-site": "same-site" }, passes: false },
  { what: "no origin, nonsense", headers: { "sec-fetch-site": "Same-Origin" }, passes: false },
  { what: "no origin, same-origin", headers: { "sec-fetch-site": "same-origin" }, passes: true },
  { what: "no origin, typed by hand", headers: { "sec-fetch-site": "none" }, passes: true },
  { what: "no browser", headers: {}, passes: true },
];

describe("origins", () => {
  let person: Person;
  let key: string;
  let group: string;

  beforeAll(async () => {
    person = await Person.signUp();
    ({ id: group } = await person.welcome());
    ({ key } = (await person.api<{ key: string }>("POST", "/api-keys", { name: "k" })).body);
  });

  async function isForeign(response: Response): Promise<boolean> {
    const text = await response.text();
    const { code } = JSON.parse(text === "" ? "{}" : text) as Partial<Problem>;
    return response.status === 403 && code === "forbidden_origin";
  }

  it.each(SITES)("[SI8] with a session cookie: $what", async ({ headers, passes }) => {
    const json = { "content-type": "application/json", ...headers };
    const patch = { method: "PATCH", headers: json, body: JSON.stringify({ name: "Welcome" }) };
    const changes = [
      await person.fetch("POST", `/api/v1/groups/${group}/token`, { headers }),
      await person.fetch("PATCH", `/api/v1/groups/${group}`, patch),
      await person.fetch("DELETE", "/api/v1/api-keys/key_none", { headers }),
      await person.fetch("POST", "/api/auth/update-user", { headers: json, body: "{}" }),
    ];
    const foreign = await Promise.all(changes.map(isForeign));
    expect(foreign).toEqual(foreign.map(() => !passes));
    expect((await person.fetch("GET", "/api/v1/me", { headers })).status).toBe(200);
  });

  it.each(SITES)("[SI8] with an API key, which no browser sends by itself: $what", async (site) => {
    const headers = { ...site.headers, authorization: `Bearer ${key}` };
    const response = await knock(`/api/v1/groups/${group}/token`, { method: "POST", headers });
    expect(response.status).toBe(200);
  });

  it.each(SITES)("[HS6] with a routing token: $what", async ({ headers, passes }) => {
    const { body } = await person.api<RoutingTokenAnswer>("POST", `/groups/${group}/token`);
    const response = await knock(`/ws/groups/${group}?token=${body.routing_token}`, {
      headers: { ...headers, upgrade: "websocket" },
    });
    // A socket needs a token, which no other site has: sec-fetch-site alone decides nothing here.
    const opens = passes || !("origin" in headers);
    expect(response.status).toBe(opens ? 101 : 403);
    response.webSocket?.accept();
    response.webSocket?.close();
  });
});

describe("what is not told", () => {
  it("[HS7] no token, key or cookie reaches a log line or an answer, however a request fails", async () => {
    const lines: string[] = [];
    for (const level of ["log", "info", "warn", "error", "debug"] as const)
      vi.spyOn(console, level).mockImplementation((...said) => void lines.push(said.join(" ")));
    const person = await Person.signUp();
    const { id } = await person.welcome();
    const { body } = await person.api<RoutingTokenAnswer>("POST", `/groups/${id}/token`);
    const { key } = (await person.api<{ key: string }>("POST", "/api-keys", { name: "k" })).body;
    const token = body.routing_token;
    const [, payload = "", signature = ""] = token.split(".");
    const session = person.cookies.get("acos.session_token")!;
    const secrets = [token, payload, signature, key, session, PASSWORD];
    const upgrade = { upgrade: "websocket" };
    const answers = [
      await knock(`/ws/groups/${id}?token=${token}x`, { headers: upgrade }),
      await knock(`/ws/groups/grp_${"0".repeat(26)}?token=${token}`, { headers: upgrade }),
      await knock(`/ws/groups/${id}?token=${token}`),
      await knock(`/ws/groups/${id}`, {
        headers: { ...upgrade, "sec-websocket-protocol": `acos.v1, acos.token.${token}x` },
      }),
      await knock(`/api/v1/groups/${id}?token=${token}`),
      await knock("/api/v1/me", { headers: { authorization: `Bearer ${key}x` } }),
      await knock("/api/v1/me", { headers: { authorization: `Bearer ${token}` } }),
      await knock("/api/v1/me", { headers: { cookie: `acos.session_token=${session}x` } }),
      await knock("/api/auth/sign-in/email", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ email: 7, password: PASSWORD }),
      }),
    ];
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status >= 400)).toEqual(answers.map(() => true));
    for (const secret of secrets) {
      expect(texts.filter((text) => text.includes(secret))).toEqual([]);
      expect(lines.filter((line) => line.includes(secret))).toEqual([]);
    }
  });
});

it("[SI22] a picture is kept neither at the sign-up nor later", async () => {
  const person = new Person();
  const image = "https://evil.example/pixel.png";
  const { name, email } = person;
  const wish = { name, email, password: PASSWORD, image };
  expect((await person.ask("POST", "/api/auth/sign-up/email", wish)).status).toBe(200);
  const pictureOf = async () =>
    (await person.ask<{ user: { image: string | null } }>("GET", "/api/auth/get-session")).body.user
      .image;
  expect(await pictureOf()).toBeNull();
  const { status } = await person.ask("POST", "/api/auth/update-user", { image, name: "Z" });
  expect([status, await pictureOf()]).toEqual([200, null]);
});
