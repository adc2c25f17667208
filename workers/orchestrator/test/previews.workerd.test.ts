// Previews: a link opens one once, a cookie goes on, and neither side hears more of the other than it should.
import type { PreviewClaims, Problem, SandboxView } from "@acos/protocol";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";

import { readPreviewDomain } from "../src/preview/preview-host.ts";
import { answerAsUsual, askedInside, inside } from "./fake-sandboxes.ts";
import { knock, Person } from "./person.ts";
import { restart } from "./worker.ts";

let person: Person;
let group: string;
let sandbox: string;

async function madeSandbox(): Promise<string> {
  return (await person.api<SandboxView>("POST", `/groups/${group}/sandboxes`)).body.sandbox;
}

beforeAll(async () => {
  person = await Person.signUp();
  group = (await person.welcome()).id;
  sandbox = await madeSandbox();
});
beforeEach(() => {
  answerAsUsual();
  inside.answer = () =>
    new Response("<h1>Hello</h1>", { headers: { "content-type": "text/html" } });
});

interface Link {
  readonly url: string;
  readonly expiresAt: string;
}

async function linkTo(port = 5173, of = sandbox): Promise<Link> {
  const path = `/groups/${group}/sandboxes/${of}/preview`;
  return (await person.api<Link>("POST", path, { port })).body;
}

/** A request to whatever host an address names, its redirects not followed. */
function visit(address: string, init: RequestInit = {}): Promise<Response> {
  const { origin } = new URL(address);
  return knock(address.slice(origin.length), { redirect: "manual", ...init }, origin);
}

interface Opened {
  readonly origin: string;
  readonly cookie: string;
}

async function openedAt(port?: number, of?: string): Promise<Opened> {
  const { url } = await linkTo(port, of);
  const response = await visit(url);
  const cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  askedInside.length = 0;
  return { origin: new URL(url).origin, cookie };
}

const claimsOf = (headers: Headers) => JSON.parse(headers.get("acos-preview")!) as PreviewClaims;

describe("a link", () => {
  it("[PV1] leads to a host of its own for this port of this sandbox, for a minute", async () => {
    const { url, expiresAt } = await linkTo(3000);
    const { host, pathname } = new URL(url);
    expect(host).toBe(`3000--${sandbox.slice(4)}.preview.localhost:8787`);
    expect(pathname).toBe("/");
    const leftMs = Date.parse(expiresAt) - Date.now();
    expect(leftMs).toBeGreaterThan(50_000);
    expect(leftMs).toBeLessThanOrEqual(60_000);
  });

  it("[PV2] leaves a cookie on that host and leads to the same address without itself", async () => {
    const { url } = await linkTo();
    const deep = url.replace("/?", "//docs/a%2Fb?x=1&").concat("&y=%20");
    const response = await visit(deep);
    expect(response.status).toBe(303);
    const { origin } = new URL(url);
    expect(response.headers.get("location")).toBe(`${origin}//docs/a%2Fb?x=1&y=%20`);
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    const [cookie = ""] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^acos_preview=[^;]+; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/);
    const claims = claimsOf(askedInside[0]!.headers);
    expect(claims).toMatchObject({ group, sandbox, port: 5173 });
    expect(claims.jti).toMatch(/./);
    const [pair = ""] = cookie.split(";");
    const page = await visit(`${origin}/docs`, { headers: { cookie: pair } });
    expect(await page.text()).toBe("<h1>Hello</h1>");
    expect(askedInside[1]!.target).toBe(`/previews/${sandbox}/5173/docs`);
    expect(claimsOf(askedInside[1]!.headers)).not.toHaveProperty("jti");
  });

  it("[PV2] over https the cookie is guarded by its name, and the browser stays on https", async () => {
    const { url } = await linkTo();
    const response = await visit(url.replace("http:", "https:"));
    const [cookie = ""] = response.headers.getSetCookie();
    expect(cookie).toMatch(
      /^__Host-acos_preview=[^;]+; .*Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(response.headers.get("strict-transport-security")).toBe("max-age=31536000");
    const [pair = ""] = cookie.split(";");
    const { origin } = new URL(url.replace("http:", "https:"));
    expect((await visit(origin, { headers: { cookie: pair } })).status).toBe(200);
    const bare = pair.replace("__Host-", "");
    expect((await visit(origin, { headers: { cookie: bare } })).status).toBe(401);
    const asked = askedInside.at(-1)!;
    expect(asked.headers.get("cookie")).toBeNull();
  });

  it("[PV2] opens also where the server does not answer yet, and not where the group refuses", async () => {
    const refused = (code: Problem["code"], status: number) => {
      inside.answer = () => Response.json({ code, message: "Words." }, { status });
    };
    refused("unavailable", 503);
    expect((await visit((await linkTo()).url)).status).toBe(303);
    refused("forbidden", 403);
    const response = await visit((await linkTo()).url);
    expect([response.status, response.headers.getSetCookie()]).toEqual([403, []]);
    expect(await response.text()).toContain("Words.");
  });

  it("[PV3] opens nothing twice, at another port, in another form or as another kind", async () => {
    const { url } = await linkTo();
    expect((await visit(url)).status).toBe(303);
    const token = new URL(url).searchParams.get("__acos_preview")!;
    const other = url.replace("5173--", "5174--");
    const routing = await person.api<{ routing_token: string }>("POST", `/groups/${group}/token`);
    const { cookie } = await openedAt();
    for (const address of [
      url,
      other,
      url.replace(token, "x"),
      url.replace(token, routing.body.routing_token),
      url.replace(token, cookie.split("=")[1]!),
    ]) {
      const refused = await visit(address);
      expect([address.length, refused.status]).toEqual([address.length, 401]);
      expect(refused.headers.getSetCookie()).toEqual([]);
      expect(await refused.text()).not.toContain(token);
    }
    const asCookie = { cookie: `acos_preview=${token}` };
    expect((await visit(new URL(url).origin, { headers: asCookie })).status).toBe(401);
  });
});

describe("without a cookie that holds", () => {
  it("[PV4] a page says to open the preview from the group; nothing is asked of the sandbox", async () => {
    const { origin } = await openedAt();
    const response = await visit(`${origin}/`);
    expect(response.status).toBe(401);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await response.text()).toContain("Open this preview from the group");
    expect(askedInside).toEqual([]);
  });

  it("[PV4] another preview's cookie proves nothing, and does not hide the right one", async () => {
    const [own, other] = [await openedAt(5173), await openedAt(5173, await madeSandbox())];
    const at = (cookie: string) => visit(`${own.origin}/`, { headers: { cookie } });
    expect((await at(other.cookie)).status).toBe(401);
    expect((await at(`${other.cookie}; ${own.cookie}`)).status).toBe(200);
  });

  it("[PV7] the product is not there: no page, no API, no sign-in, no socket, on any domain", async () => {
    const { origin } = await openedAt();
    const elsewhere = origin.replace("localhost", "evil.example");
    const hosts = [origin, elsewhere, origin.replace("5173--", "0--")];
    for (const host of hosts)
      for (const path of [
        "/",
        "/api/v1/me",
        "/healthz",
        "/.well-known/jwks.json",
        "/ws/groups/x",
      ]) {
        const { status, headers } = await visit(`${host}${path}`);
        expect([host, path, status]).toEqual([host, path, host === origin ? 401 : 404]);
        expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
      }
    const signIn = `${origin}/api/auth/sign-in/email`;
    expect((await visit(signIn, { method: "POST", body: "{}" })).status).toBe(401);
  });
});

describe("with the cookie", () => {
  it("[PV5] a request passes with nothing of ours, and the page's own things stay", async () => {
    const { origin, cookie } = await openedAt();
    await visit(`${origin}/save?x=1`, {
      method: "PUT",
      headers: {
        cookie: `theme=dark; ${cookie}; sid=7`,
        authorization: "Bearer acos_key_of_somebody",
        "acos-principal": "{}",
        "acos-preview": '{"user":"usr_forged"}',
        "cf-connecting-ip": "1.2.3.4",
        "x-forwarded-host": "evil.example",
        "proxy-authorization": "Basic x",
        "content-type": "text/plain",
        origin,
      },
      body: "words",
    });
    const { method, target, headers, body } = askedInside[0]!;
    expect([method, target, body]).toEqual(["PUT", `/previews/${sandbox}/5173/save?x=1`, "words"]);
    expect(headers.get("cookie")).toBe("theme=dark; sid=7");
    expect(headers.get("content-type")).toBe("text/plain");
    expect(claimsOf(headers).user).toBe((await person.me()).user.id);
    for (const name of [
      "authorization",
      "acos-principal",
      "x-forwarded-host",
      "proxy-authorization",
    ])
      expect([name, headers.get(name)]).toEqual([name, null]);
    await visit(`${origin}/`, { headers: { cookie, authorization: "Bearer its-own" } });
    expect(askedInside[1]!.headers.get("authorization")).toBe("Bearer its-own");
    expect(askedInside[1]!.headers.get("cookie")).toBeNull();
  });

  it("[PV6] an answer sets cookies for its own host alone, and leads back to it", async () => {
    const { origin, cookie } = await openedAt();
    inside.answer = () => {
      const headers = new Headers({
        location: "http://localhost:5173/next?a=1#b",
        "strict-transport-security": "max-age=1",
        "acos-entry": "x",
        "content-security-policy": "frame-ancestors 'self'",
        etag: '"e"',
      });
      headers.append("set-cookie", "sid=1; Domain=preview.localhost; Path=/; HttpOnly");
      headers.append("set-cookie", "acos_preview=stolen; Path=/");
      headers.append("set-cookie", "__Host-acos_preview=stolen; Path=/");
      return new Response("made", { status: 201, headers });
    };
    const response = await visit(`${origin}/`, { headers: { cookie } });
    expect([response.status, await response.text()]).toEqual([201, "made"]);
    expect(response.headers.getSetCookie()).toEqual(["sid=1; Path=/; HttpOnly"]);
    expect(response.headers.get("location")).toBe(`${origin}/next?a=1#b`);
    expect(response.headers.get("content-security-policy")).toBe("frame-ancestors 'self'");
    expect(response.headers.get("etag")).toBe('"e"');
    expect(response.headers.get("strict-transport-security")).toBeNull();
    expect(response.headers.get("acos-entry")).toBeNull();
    for (const location of ["/login", "https://example.org/x", "http://localhost:9999/"]) {
      inside.answer = () => new Response(null, { status: 302, headers: { location } });
      const led = await visit(`${origin}/`, { headers: { cookie } });
      expect([led.status, led.headers.get("location")]).toEqual([302, location]);
    }
  });

  it("[PV8] other websites change nothing and open no socket, other previews included", async () => {
    const { origin, cookie } = await openedAt();
    const own = { cookie, origin };
    const foreign = { cookie, origin: origin.replace("5173--", "5174--") };
    const post = (headers: Record<string, string>) =>
      visit(`${origin}/`, { method: "POST", headers, body: "x" });
    expect([(await post(own)).status, (await post({ cookie })).status]).toEqual([200, 200]);
    expect([(await post(foreign)).status, (await post({ ...own, origin: "null" })).status]).toEqual(
      [403, 403],
    );
    const socket = await visit(`${origin}/`, { headers: { ...foreign, upgrade: "websocket" } });
    expect(socket.status).toBe(403);
    expect(askedInside).toHaveLength(2);
  });

  it("[PV9] a socket passes both ways with the protocol that was chosen", async () => {
    const { origin, cookie } = await openedAt();
    inside.answer = () => {
      const [client, server] = Object.values(new WebSocketPair());
      server!.accept();
      server!.addEventListener("message", ({ data }) => server!.send(`heard ${data as string}`));
      const headers = { "sec-websocket-protocol": "vite-hmr" };
      return new Response(null, { status: 101, webSocket: client!, headers });
    };
    const { webSocket, headers } = await visit(`${origin}/hmr?token=1`, {
      headers: { cookie, origin, upgrade: "websocket", "sec-websocket-protocol": "vite-hmr, b" },
    });
    expect(headers.get("sec-websocket-protocol")).toBe("vite-hmr");
    const heard = new Promise((resolve) =>
      webSocket!.addEventListener("message", ({ data }) => resolve(data)),
    );
    webSocket!.accept();
    webSocket!.send("you");
    expect(await heard).toBe("heard you");
    webSocket!.close();
    const asked = askedInside[0]!;
    expect(asked.target).toBe(`/previews/${sandbox}/5173/hmr?token=1`);
    expect(asked.headers.get("sec-websocket-protocol")).toBe("vite-hmr, b");
    expect(asked.headers.get("upgrade")).toBe("websocket");
  });

  it("[PV10] a sandbox that does not run is a page; the server's own errors pass as they are", async () => {
    const { origin, cookie } = await openedAt();
    const shown = async () => {
      const response = await visit(`${origin}/`, { headers: { cookie } });
      return [response.status, await response.text()] as const;
    };
    const refusal: Problem = { code: "unavailable", message: "Not <up>." };
    inside.answer = () => Response.json(refusal, { status: 503 });
    const [status, page] = await shown();
    expect(status).toBe(503);
    expect(page).toContain("The sandbox is not running");
    expect(page).not.toContain("<up>");
    for (const body of ['{"error":"no such item"}', `"${"x".repeat(40_000)}"`, "{"]) {
      const headers = { "content-type": "application/json" };
      inside.answer = () => new Response(body, { status: 404, headers });
      expect(await shown()).toEqual([404, body]);
    }
    inside.answer = () => new Response("down", { status: 503 });
    expect(await shown()).toEqual([503, "down"]);
  });

  it("[PV12] requests to previews are counted by user, apart from the product's", async () => {
    const { origin, cookie } = await openedAt();
    restart({ PREVIEW_REQUESTS_PER_MINUTE_USER: "1", REQUESTS_PER_MINUTE_USER: "1" });
    const shown = () => visit(`${origin}/`, { headers: { cookie } });
    expect([(await shown()).status, (await shown()).status]).toEqual([200, 429]);
    expect((await person.api("GET", "/me")).status).toBe(200);
    restart();
  });
});

describe("the domain", () => {
  const at = (text: string | undefined, embedded = false) =>
    readPreviewDomain(text, { embedded, publicOrigins: ["https://acos.example.com"] });

  it("[PV11] is localhost on one's own machine, the operator's elsewhere, and never the product's own", () => {
    expect([at(undefined, true), at(""), at(" Example.NET ")]).toEqual([
      "localhost",
      undefined,
      "example.net",
    ]);
    for (const own of ["acos.example.com", "example.com", "p.acos.example.com"])
      expect(() => at(own)).toThrow(/another domain/);
    for (const none of ["https://example.net", "example", "a b.c", "-a.example", "1.2.3.4:80"])
      expect(() => at(none)).toThrow(/must be a domain/);
  });

  it("[PV11] without one there are no links, and no preview's host is one", async () => {
    const { origin, cookie } = await openedAt();
    restart({ EMBEDDED: "false" });
    const path = `/groups/${group}/sandboxes/${sandbox}/preview`;
    const { status, body } = await person.api<Problem>("POST", path, { port: 80 });
    expect([status, body.code]).toEqual([503, "sandboxes_off"]);
    expect(body.message).toContain("PREVIEW_DOMAIN");
    expect((await visit(`${origin}/`, { headers: { cookie } })).status).toBe(404);
    restart();
  });
});
