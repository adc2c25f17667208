// What ends, ends on the wire: sockets of a revoked key, a sign-out and a member taken out of the org; and what pages and logs tell.
import type { RoutingTokenAnswer } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { authenticate, restOf, signUp, type Rest, type SignedUpUser } from "../rest.ts";
import { connect, type GroupSocket, type HandshakeError } from "../socket.ts";
import { enter, only, openScene, say, type Scene } from "./scene.ts";

/** "At once" for a person: closing costs a few calls inside one machine. */
const AT_ONCE_MS = 2_000;

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

interface Closed {
  readonly code: number;
  readonly reason: string;
  readonly afterMs: number;
}

/** Does something that must close the socket, and tells how long after its beginning the socket was closed. */
async function closedBy(socket: GroupSocket, act: () => Promise<unknown>): Promise<Closed> {
  const begun = performance.now();
  const [closed] = await Promise.all([socket.closed, act()]);
  return { ...closed, afterMs: performance.now() - begun };
}

async function post(cookie: string, path: string, body: object): Promise<{ id?: string }> {
  const response = await fetch(`${scene.product.url}/api/auth${path}`, {
    method: "POST",
    headers: { cookie, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as { id?: string };
}

async function joinOrg(guest: SignedUpUser, ownerCookie: string): Promise<void> {
  const organizationId = scene.owner.org;
  const invitation = { email: guest.email, role: "member", organizationId };
  const { id } = await post(ownerCookie, "/organization/invite-member", invitation);
  await post(guest.cookie, "/organization/accept-invitation", { invitationId: id });
}

const sockets = (group: string, ...callers: Rest[]): Promise<GroupSocket[]> =>
  Promise.all(callers.map((rest) => enter(rest, group)));

describe("ended proofs", () => {
  it("[orchestrator:EN2] a revoked key's socket closes at once; one from another key goes on", async () => {
    const { owner, product } = scene;
    const group = await scene.group([]);
    const made = await owner.rest.post<{ id: string; key: string }>("/api-keys", { name: "k" });
    const keyed = restOf(product.url, { authorization: `Bearer ${made.key}` });
    const [ending, other] = await sockets(group.id, keyed, owner.rest);
    const closed = await closedBy(ending!, () => owner.rest.delete(`/api-keys/${made.id}`));
    expect(closed).toMatchObject({ code: 4401, reason: "unauthenticated" });
    expect(closed.afterMs).toBeLessThan(AT_ONCE_MS);
    await say(other!, "still here");
  });

  it("[orchestrator:EN1] a sign-out closes the sockets of its session at once, and of no other", async () => {
    const { owner, product } = scene;
    const group = await scene.group([]);
    const cookie = await authenticate(product.url, "sign-in", owner);
    const [ending, other] = await sockets(group.id, restOf(product.url, { cookie }), owner.rest);
    const closed = await closedBy(ending!, () => post(cookie, "/sign-out", {}));
    expect(closed).toMatchObject({ code: 4401, reason: "unauthenticated" });
    expect(closed.afterMs).toBeLessThan(AT_ONCE_MS);
    await say(other!, "still here");
  });

  it("[orchestrator:EN3] who is taken out of the org is out of its groups at once, also as the last admin", async () => {
    const { owner, product } = scene;
    const guest = await signUp(product.url, "Gus");
    const ownerCookie = await authenticate(product.url, "sign-in", owner);
    await joinOrg(guest, ownerCookie);
    const path = `/orgs/${owner.org}/groups`;
    const group = await guest.rest.post<{ id: string }>(path, { name: "Of Gus" });
    const [ending] = await sockets(group.id, guest.rest);
    const removal = { memberIdOrEmail: guest.email, organizationId: owner.org };
    const closed = await closedBy(ending!, () =>
      post(ownerCookie, "/organization/remove-member", removal),
    );
    expect(closed).toMatchObject({ code: 4403, reason: "forbidden" });
    expect(closed.afterMs).toBeLessThan(AT_ONCE_MS);
    expect((await guest.rest.call("GET", `/groups/${group.id}`)).status).toBe(404);
    const seat = `/groups/${group.id}/members/${owner.id}`;
    await owner.rest.put(seat, { role: "admin" });
    await sockets(group.id, owner.rest);
  });

  it("[group-controller:S9] an open socket is proven again with a fresh token, once", async () => {
    const { owner } = scene;
    const group = await scene.group([]);
    const [socket] = await sockets(group.id, owner.rest);
    const { proveBy } = await socket!.waitFor(only("welcome"), "welcome");
    expect(Math.abs(proveBy! - Date.now() - 900_000)).toBeLessThan(30_000);
    const path = `/groups/${group.id}/token`;
    const { routing_token: token } = await owner.rest.post<{ routing_token: string }>(path);
    socket!.send({ type: "prove", token });
    const { until } = await socket!.waitFor(only("proved"), "proved");
    expect(until).toBeGreaterThanOrEqual(proveBy!);
    socket!.send({ type: "prove", token });
    const refused = await socket!.waitFor(only("refused"), "refused");
    expect(refused.problem.code).toBe("used_token");
  });
});

describe("pages and logs", () => {
  it.each(["/", "/sign-in", "/groups/x", "/index.html"])(
    "[orchestrator:RQ10] the page %s can be put into no frame",
    async (path) => {
      const { headers } = await fetch(`${scene.product.url}${path}`, { redirect: "manual" });
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      expect(headers.get("x-frame-options")).toBe("DENY");
    },
  );

  it("[orchestrator:HS7] no token and no key is in the program's log, whatever went wrong with them", async () => {
    const { owner, product } = scene;
    const group = await scene.group([]);
    const path = `/groups/${group.id}/token`;
    const { routing_token: token, ws_url } = await owner.rest.post<RoutingTokenAnswer>(path);
    const { key } = await owner.rest.post<{ key: string }>("/api-keys", { name: "k" });
    for (const by of ["query", "subprotocol"] as const) {
      const refusal = await connect(ws_url, `${token}x`, { by }).catch((error: unknown) => error);
      expect((refusal as HandshakeError).status).toBe(401);
      expect((refusal as HandshakeError).body).not.toContain(token);
    }
    for (const [address, headers] of [
      [`/ws/groups/${group.id}?token=${token}`, {}],
      [`/api/v1/groups/${group.id}?token=${token}`, {}],
      ["/api/v1/me", { authorization: `Bearer ${key}x` }],
      ["/api/v1/me", { authorization: `Bearer ${token}` }],
    ] as const) {
      const answer = await fetch(`${product.url}${address}`, { headers: { ...headers } });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      const text = await answer.text();
      for (const secret of [token, key]) expect(text).not.toContain(secret);
    }
    for (const secret of [token, token.split(".")[2]!, key, owner.cookie.split("=")[1]!])
      expect(product.stderr()).not.toContain(secret);
  });
});
