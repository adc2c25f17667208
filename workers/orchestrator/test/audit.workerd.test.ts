// The audit log: what is recorded where, that it cannot be broken by a crowd or by a thief, and that it tells no secret.
import type {
  AuditEntryView,
  AuditHeadView,
  AuditKind,
  AuditTrailControl,
  CertificateAuthorityControl,
  GroupId,
  OrgId,
  Page,
  RoutingTokenAnswer,
  SandboxView,
} from "@acos/protocol";
import {
  AUDIT_BEGIN,
  canonicalJson,
  endFault,
  followAudit,
  generateMasterKey,
  parseMasterKeys,
} from "@acos/trust";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { readHead } from "../src/audit/audit-rows.ts";
import { isSealed } from "../src/audit/head-seal.ts";
import { noteRotation } from "../src/audit/key-notes.ts";
import { controlPlaneOf } from "../src/open-control-plane.ts";
import { careForKeys } from "../src/vault/care.ts";
import { Vault } from "../src/vault/vault.ts";
import { down } from "./fake-group.ts";
import { answerAsUsual, inside } from "./fake-sandboxes.ts";
import { knock, Person } from "./person.ts";
import { gauge, type TestBindings } from "./worker.ts";

const { DB } = env as unknown as TestBindings;
const inner = exports as unknown as {
  readonly AuditTrail: AuditTrailControl;
  readonly CertificateAuthority: CertificateAuthorityControl;
};

afterEach(() => {
  gauge.auditFails = false;
  down.clear();
});

async function chainOf(person: Person, org?: string): Promise<AuditEntryView[]> {
  const of = org ?? (await person.org());
  const items: AuditEntryView[] = [];
  let cursor = "";
  for (;;) {
    const { status, body } = await person.api<Page<AuditEntryView>>(
      "GET",
      `/orgs/${of}/audit?limit=7${cursor}`,
    );
    expect(status).toBe(200);
    items.push(...body.items);
    if (body.nextCursor === null) return items;
    cursor = `&cursor=${body.nextCursor}`;
  }
}

async function headOf(person: Person, org: string): Promise<AuditHeadView> {
  return (await person.api<AuditHeadView>("GET", `/orgs/${org}/audit/head`)).body;
}

/** What a chain told by REST is not: the first fault, as anybody can find it. */
async function faultOf(person: Person, org: string) {
  const entries = (await chainOf(person, org)).map((view) => {
    const { seq, at, hash, kind, actor, subject, details } = view;
    const body = canonicalJson({ kind, actor, subject, details });
    return { chain: org, seq, at: Date.parse(at), body, hash };
  });
  const { mark, fault } = await followAudit(AUDIT_BEGIN, entries);
  const head = await headOf(person, org);
  return fault ?? endFault(mark, head) ?? (head.sealed ? undefined : "not sealed");
}

/** Waits until an entry of a kind is there that fits, since some are written after the answer. */
async function entry(
  person: Person,
  kind: AuditKind,
  fits: (found: AuditEntryView) => boolean = () => true,
): Promise<AuditEntryView> {
  return vi.waitFor(
    async () => {
      const found = (await chainOf(person)).findLast((one) => one.kind === kind && fits(one));
      if (!found) throw new Error(`nothing of ${kind}`);
      return found;
    },
    { timeout: 5000 },
  );
}

async function installation(): Promise<{ kind: string; actor: string }[]> {
  const { results } = await DB.prepare(
    "SELECT body FROM audit_entry WHERE chain = 'installation' ORDER BY seq",
  ).all<{ body: string }>();
  return results.map(({ body }) => JSON.parse(body) as { kind: string; actor: string });
}

const agent = { handle: "bea", name: "Bea", model: "local/small", instructions: "Whisper xyzzy." };

describe("what is recorded", () => {
  let owner: Person;
  let org: string;
  let user: string;
  beforeEach(async () => {
    owner = await Person.signUp();
    org = await owner.org();
    user = (await owner.me()).user.id;
  });

  it("[AU1] signing up, in and out, and a new password", async () => {
    expect(await chainOf(owner)).toMatchObject([{ seq: 1, kind: "sign-up", actor: user }]);
    await owner.signIn();
    const password = "another horse battery";
    const change = {
      currentPassword: "correct horse battery",
      newPassword: password,
      revokeOtherSessions: true,
    };
    expect((await owner.ask("POST", "/api/auth/change-password", change)).status).toBe(200);
    await owner.ask("POST", "/api/auth/sign-out", {});
    await owner.ask("POST", "/api/auth/sign-in/email", { email: owner.email, password });
    const kinds = (await chainOf(owner)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "sign-in")).toHaveLength(2);
    expect(kinds).toContain("session-revoked");
    expect(kinds).toContain("password-changed");
    expect(kinds).toContain("sign-out");
  });

  it("[AU1] wrong passwords, and that the guessing was held up", async () => {
    const guess = () =>
      owner.ask("POST", "/api/auth/sign-in/email", { email: owner.email, password: "wrong" });
    for (let count = 0; count < 6; count += 1) await guess();
    const refused = await entry(owner, "sign-in-refused", ({ details }) => {
      return details?.["reason"] === "held-up";
    });
    expect(refused.actor).toBe(user);
    await entry(owner, "sign-in-refused", (one) => one.details?.["reason"] === "wrong-password");
  });

  it("[AU1] API keys that are made, used and revoked", async () => {
    const { body } = await owner.api<{ id: string; key: string }>("POST", "/api-keys", {
      name: "n",
      scopes: ["read"],
    });
    const script = new Person();
    script.key = body.key;
    await script.me();
    await script.me();
    await entry(owner, "api-key-used", ({ subject }) => subject === body.id);
    expect((await script.api("POST", "/api-keys", { name: "more" })).status).toBe(403);
    await entry(owner, "refused", (one) => one.details?.["operation"] === "createApiKey");
    await owner.api("DELETE", `/api-keys/${body.id}`);
    const about = (await chainOf(owner)).filter(({ subject }) => subject === body.id);
    expect(about).toMatchObject([
      { kind: "api-key-made", actor: user, details: { scopes: "read" } },
      { kind: "api-key-used", actor: user },
      { kind: "api-key-revoked", actor: user },
    ]);
  });

  it("[AU1] who comes into the org, as what, and who goes", async () => {
    const guest = await Person.signUp();
    const guestId = (await guest.me()).user.id;
    const post = (person: Person, verb: string, body: object) =>
      person.ask<{ id: string }>("POST", `/api/auth/organization/${verb}`, body);
    const invite = { email: guest.email, role: "member", organizationId: org };
    const { id: invitationId } = (await post(owner, "invite-member", invite)).body;
    expect((await post(guest, "accept-invitation", { invitationId })).status).toBe(200);
    const { body } = await guest.ask<{ id: string }>(
      "GET",
      `/api/auth/organization/get-full-organization?organizationId=${org}`,
    );
    const { members } = body as unknown as { members: { id: string; userId: string }[] };
    const memberId = members.find((one) => one.userId === guestId)!.id;
    await guest.api("PUT", `/orgs/${org}/providers/x`, { kind: "openai", apiKey: "k" });
    await post(owner, "update-member-role", { memberId, role: "admin", organizationId: org });
    await post(owner, "remove-member", { memberIdOrEmail: guest.email, organizationId: org });
    const { id: again } = (await post(owner, "invite-member", invite)).body;
    await post(owner, "cancel-invitation", { invitationId: again });
    await entry(owner, "refused", (one) => one.actor === guestId);
    const told = (await chainOf(owner)).filter(({ kind }) => /^(org|invitation)-/.test(kind));
    expect(told).toMatchObject([
      { kind: "invitation-made", actor: user, subject: invitationId, details: { role: "member" } },
      { kind: "org-member-added", actor: guestId, subject: guestId },
      { kind: "org-role-changed", actor: user, subject: guestId, details: { role: "admin" } },
      { kind: "org-member-removed", actor: user, subject: guestId },
      { kind: "invitation-made", actor: user, subject: again },
      { kind: "invitation-cancelled", actor: user, subject: again },
    ]);
  });

  it("[AU1] a new org", async () => {
    const made = await owner.ask<{ id: string }>("POST", "/api/auth/organization/create", {
      name: "More",
      slug: `more-${crypto.randomUUID()}`,
    });
    const { id } = made.body;
    expect(await chainOf(owner, id)).toMatchObject([{ kind: "org-created", actor: user }]);
  });

  it("[AU1] providers and agents, by version and never by what they say", async () => {
    await owner.api("PUT", `/orgs/${org}/providers/mine`, { kind: "openai", apiKey: "sk-plugh" });
    const { body } = await owner.api<{ id: string }>("POST", `/orgs/${org}/agents`, agent);
    await owner.api("PATCH", `/agents/${body.id}`, { about: "changed" });
    await owner.api("POST", `/agents/${body.id}/versions/1/restore`);
    await owner.api("DELETE", `/agents/${body.id}`);
    await owner.api("DELETE", `/orgs/${org}/providers/mine`);
    const told = (await chainOf(owner)).filter(({ kind }) => /^(agent|provider)-/.test(kind));
    expect(told).toMatchObject([
      { kind: "provider-put", subject: "mine", details: { version: 1, newKey: true } },
      { kind: "agent-created", subject: body.id, details: { version: 1 } },
      { kind: "agent-changed", subject: body.id, details: { version: 2 } },
      { kind: "agent-restored", subject: body.id, details: { version: 3, from: 1 } },
      { kind: "agent-deleted", subject: body.id },
      { kind: "provider-deleted", subject: "mine" },
    ]);
    expect(told.every(({ actor }) => actor === user)).toBe(true);
  });

  it("[AU1] a change that is saved although groups could not be told", async () => {
    const { body } = await owner.api<{ id: string }>("POST", `/orgs/${org}/agents`, agent);
    await owner.api("POST", `/orgs/${org}/groups`, { name: "G", agents: [{ id: body.id }] });
    down.add("adopt");
    expect((await owner.api("PATCH", `/agents/${body.id}`, { about: "x" })).status).toBe(503);
    const told = await entry(owner, "agent-changed");
    expect(told).toMatchObject({ subject: body.id, details: { failed: "unavailable" } });
  });

  it("[AU1] groups, and who was put into and taken out of them", async () => {
    const guest = (await (await Person.signUp()).me()).user.id;
    const { body } = await owner.api<{ id: string }>("POST", `/orgs/${org}/groups`, { name: "G" });
    const path = `/groups/${body.id}`;
    await owner.api("PUT", `${path}/members/${guest}`, { role: "viewer" });
    await owner.api("DELETE", `${path}/members/${guest}`);
    await owner.api("DELETE", path);
    const told = (await chainOf(owner)).filter(({ kind }) => /^(group|member)-/.test(kind));
    expect(told).toMatchObject([
      { kind: "group-created", subject: body.id },
      { kind: "member-put", subject: guest, details: { group: body.id, role: "viewer" } },
      { kind: "member-removed", subject: guest, details: { group: body.id } },
      { kind: "group-deleted", subject: body.id },
    ]);
  });

  it("[AU1] groups that are archived, restored, forked, exported, imported; the entries outlive them", async () => {
    const { body } = await owner.api<{ id: string }>("POST", `/orgs/${org}/groups`, { name: "G" });
    const path = `/groups/${body.id}`;
    await owner.api("POST", `${path}/archive`);
    await owner.api("POST", `${path}/restore`);
    const fork = await owner.api<{ id: string }>("POST", `${path}/fork`, { atSeq: 3 });
    const file = await (await owner.fetch("GET", `/api/v1${path}/export`)).arrayBuffer();
    const headers = { "content-type": "application/x-tar" };
    const init = { body: file, headers };
    const answer = await owner.fetch("POST", `/api/v1/orgs/${org}/groups/import`, init);
    const brought = await answer.json<{ id: string }>();
    await owner.api("DELETE", path);
    await entry(owner, "group-restored", ({ subject }) => subject === body.id);
    await entry(owner, "group-exported", ({ subject }) => subject === body.id);
    const told = (await chainOf(owner)).filter(({ kind }) =>
      /^group-(?!restored|exported)/.test(kind),
    );
    expect(told).toMatchObject([
      { kind: "group-created", subject: body.id },
      { kind: "group-archived", subject: body.id },
      { kind: "group-forked", subject: fork.body.id, details: { from: body.id, atSeq: 3 } },
      { kind: "group-imported", subject: brought.id },
      { kind: "group-deleted", subject: body.id },
    ]);
    expect(told.every(({ actor }) => actor === user)).toBe(true);
  });

  it("[AU1] routing tokens that are issued, open a socket, are used twice or are none", async () => {
    const { id } = await owner.welcome();
    const { body } = await owner.api<RoutingTokenAnswer>("POST", `/groups/${id}/token`);
    const open = (token: string) =>
      knock(`/ws/groups/${id}?token=${token}`, { headers: { upgrade: "websocket" } });
    (await open(body.routing_token)).webSocket?.accept();
    await open(body.routing_token);
    await open(`${body.routing_token.slice(0, -4)}AAAA`);
    await entry(owner, "token-issued", ({ subject }) => subject === id);
    await entry(owner, "socket-opened", ({ actor }) => actor === user);
    await entry(owner, "token-refused", (one) => one.details?.["code"] === "used_token");
    const forged = await entry(owner, "token-refused", ({ actor }) => actor === "unknown");
    expect(forged).toMatchObject({ subject: id, details: { code: "invalid_token" } });
  });

  it("[AU1] commands that people run, terminals and links to previews, and no word of them", async () => {
    const { id } = await owner.welcome();
    const made = await owner.api<SandboxView>("POST", `/groups/${id}/sandboxes`);
    const { sandbox } = made.body;
    const path = `/groups/${id}/sandboxes/${sandbox}`;
    const exit = { t: "exit", seq: 2, code: 0, signal: null, timedOut: false };
    inside.answer = () => new Response(`${JSON.stringify(exit)}\n`);
    await owner.api("POST", `${path}/exec`, { command: "echo xyzzy-in-a-command" });
    const view = { terminal: "t1", cols: 80, rows: 24, viewers: 0 };
    inside.answer = () => Response.json(view);
    await owner.api("POST", `${path}/terminals`, { command: "xyzzy-in-a-terminal" });
    await owner.api("POST", `${path}/preview`, { port: 3_000 });
    answerAsUsual();
    const of = ({ subject }: AuditEntryView) => subject === sandbox;
    const details = { group: id };
    expect(await entry(owner, "sandbox-command-run", of)).toMatchObject({ actor: user, details });
    expect(await entry(owner, "terminal-opened", of)).toMatchObject({ actor: user, details });
    expect(await entry(owner, "token-issued", of)).toMatchObject({
      actor: user,
      details: { group: id, port: 3_000 },
    });
    expect(JSON.stringify(await chainOf(owner))).not.toContain("xyzzy-in");
  });

  it("[AU1] certificates of a group", async () => {
    const { id } = await owner.welcome();
    const subject = { group: id as GroupId, org: org as OrgId, epoch: 4 };
    await inner.CertificateAuthority.issue(subject);
    const issued = await entry(owner, "certificate-issued");
    const audience = "acos:agents-worker";
    expect(issued).toMatchObject({ actor: id, details: { epoch: 4, audience } });
  });
});

describe("secrets of an org", () => {
  it("[AU1] that are put and deleted are told by name, version and hosts", async () => {
    const owner = await Person.signUp();
    const org = await owner.org();
    const path = `/orgs/${org}/secrets/desk`;
    await owner.api("PUT", path, { value: "desk-frotz-frotz", hosts: ["api.example.com"] });
    await owner.api("DELETE", path);
    const told = (await chainOf(owner)).filter(({ kind }) => kind.startsWith("secret-"));
    const details = { version: 1, hosts: "api.example.com", newValue: true };
    expect(told).toMatchObject([
      { kind: "secret-put", subject: "desk", details },
      { kind: "secret-deleted", subject: "desk" },
    ]);
  });
});

describe("refusals", () => {
  it("[AU6] are told to the org whose thing was asked for, and to nobody where nothing is", async () => {
    const owner = await Person.signUp();
    const org = await owner.org();
    const eve = await Person.signUp();
    const evil = (await eve.me()).user.id;
    const { id } = await owner.welcome();
    const { body } = await owner.api<{ id: string }>("POST", `/orgs/${org}/agents`, agent);
    const nowhere = `grp_${"0".repeat(26)}`;
    for (const path of [`/groups/${id}`, `/agents/${body.id}`, `/groups/${nowhere}`])
      expect((await eve.api("GET", path)).status).toBe(404);
    expect((await eve.api("PUT", `/orgs/${org}/providers/x`, { kind: "openai" })).status).toBe(404);
    for (const [subject, operation] of [
      [id, "getGroup"],
      [body.id, "getAgent"],
      [org, "putProvider"],
    ] as const) {
      const told = await entry(owner, "refused", (one) => one.subject === subject);
      expect(told).toMatchObject({ actor: evil, details: { operation, code: "not_found" } });
    }
    const { results } = await DB.prepare("SELECT body FROM audit_entry").all();
    expect(JSON.stringify(results)).not.toContain(nowhere);
  });

  it("[AU6] of strangers stand in the installation's chain, with no address in clear", async () => {
    const stranger = new Person();
    await stranger.signIn();
    await stranger.api("GET", "/me");
    await knock(`/ws/groups/grp_${"1".repeat(26)}?token=x`, { headers: { upgrade: "websocket" } });
    await vi.waitFor(async () => {
      const told = await installation();
      expect(told).toContainEqual({
        kind: "refused",
        actor: "unknown",
        details: { operation: "getMe", code: "unauthenticated" },
      });
      expect(told.some(({ actor }) => /^person:[0-9a-f]{12}$/.test(actor))).toBe(true);
      expect(told.some(({ kind }) => kind === "token-refused")).toBe(true);
      expect(JSON.stringify(told)).not.toContain(stranger.email);
    });
  });

  it("[AU5] that are the same are recorded once a minute", async () => {
    const owner = await Person.signUp();
    const eve = await Person.signUp();
    const { id } = await owner.welcome();
    for (let count = 0; count < 5; count += 1) await eve.api("GET", `/groups/${id}`);
    await eve.api("GET", `/groups/${id}/events`);
    await entry(owner, "refused", (one) => one.details?.["operation"] === "listEvents");
    const told = (await chainOf(owner)).filter(({ kind }) => kind === "refused");
    expect(told.map(({ details }) => details?.["operation"])).toEqual(["getGroup", "listEvents"]);
  });
});

describe("who is refused often", () => {
  it("[AU5] is seen all the same in what succeeds", async () => {
    const owner = await Person.signUp();
    const { id } = await owner.welcome();
    const of = (count: number) => `/groups/grp_${String(count).padStart(26, "0")}`;
    for (let count = 0; count < 61; count += 1) await owner.api("GET", of(count));
    expect((await owner.api("POST", `/groups/${id}/token`)).status).toBe(200);
    expect((await entry(owner, "token-issued")).subject).toBe(id);
  });
});

describe("the chain", () => {
  it("[AU2] stays unbroken when many write to it at the same moment, each entry at a seq of its own", async () => {
    const owner = await Person.signUp();
    const org = await owner.org();
    const before = (await chainOf(owner)).length;
    const made = Array.from({ length: 20 }, (_, number) =>
      owner.api("POST", `/orgs/${org}/agents`, { ...agent, handle: `a-${number}` }),
    );
    for (const { status } of await Promise.all(made)) expect(status).toBe(201);
    const chain = await chainOf(owner);
    expect(chain).toHaveLength(before + 20);
    expect(await faultOf(owner, org)).toBeUndefined();
  });

  it("[AU3] that cannot be written fails no request", async () => {
    const owner = await Person.signUp();
    const org = await owner.org();
    gauge.auditFails = true;
    expect((await owner.api("POST", `/orgs/${org}/agents`, agent)).status).toBe(201);
    expect((await owner.signIn()).status).toBe(200);
    expect((await owner.api("GET", "/orgs/org_none/agents")).status).toBe(404);
    gauge.auditFails = false;
    expect((await chainOf(owner)).map(({ kind }) => kind)).toEqual(["sign-up"]);
  });

  it("[AU7] tells that its end was forged: by the seal, and for good by an entry when it goes on", async () => {
    const owner = await Person.signUp();
    const org = await owner.org();
    expect((await headOf(owner, org)).sealed).toBe(true);
    const forge =
      "UPDATE audit_entry SET body = replace(body, 'sign-up', 'sign-in') WHERE chain = ?";
    await DB.prepare(forge).bind(org).run();
    expect(await faultOf(owner, org)).toEqual({ seq: 1, wrong: "altered" });
    // A thief who can hash makes the chain whole again, head included; but has no key for the seal.
    const [first] = await chainOf(owner, org);
    const content = canonicalJson([
      "acos-audit-entry-v1",
      AUDIT_BEGIN.hash,
      org,
      1,
      Date.parse(first!.at),
      canonicalJson({ kind: "sign-in", actor: first!.actor }),
    ]);
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content));
    const hash = Array.from(new Uint8Array(digest), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
    for (const table of ["audit_entry", "audit_head"])
      await DB.prepare(`UPDATE ${table} SET hash = ? WHERE chain = ?`).bind(hash, org).run();
    expect(await faultOf(owner, org)).toBe("not sealed");
    await owner.signIn();
    expect((await chainOf(owner)).map(({ kind }) => kind)).toEqual([
      "sign-in",
      "seal-broken",
      "sign-in",
    ]);
    expect((await headOf(owner, org)).sealed).toBe(true);
  });

  it("[AU7] goes on after its end was cut off, and says so", async () => {
    const owner = await Person.signUp();
    const org = await owner.org();
    await owner.signIn();
    await DB.prepare("DELETE FROM audit_entry WHERE chain = ? AND seq = 2").bind(org).run();
    expect(await faultOf(owner, org)).toEqual({ seq: 2, wrong: "cut-off" });
    await owner.signIn();
    expect((await chainOf(owner)).map(({ seq, kind }) => [seq, kind])).toEqual([
      [1, "sign-up"],
      [3, "seal-broken"],
      [4, "sign-in"],
    ]);
    expect(await faultOf(owner, org)).toEqual({ seq: 2, wrong: "missing" });
  });

  it("[AU7] stays sealed when the master key is exchanged, and not for one who has another", async () => {
    const owner = await Person.signUp();
    const org = await owner.org();
    const plane = await controlPlaneOf(env as unknown as TestBindings);
    const head = await readHead(plane.db, org);
    const first = (env as unknown as TestBindings).MASTER_KEY!;
    const second = generateMasterKey();
    const planeWith = async (text: string) => {
      const master = await parseMasterKeys(text);
      const vault = new Vault({ db: plane.db, clock: plane.clock, masterKeys: () => master });
      return { ...plane, vault, keys: { ...plane.keys, master } };
    };
    const sealedUnder = async (text: string) => isSealed((await planeWith(text)).vault, org, head!);
    expect(await sealedUnder(second)).toBe(false);
    while ((await careForKeys(await planeWith(`${second}\n${first}`))).left > 0);
    expect(await sealedUnder(second)).toBe(true);
    while ((await careForKeys(await planeWith(`${first}\n${second}`))).left > 0);
  });

  it("[AU8] is read by who manages the org, in pages, with all that its hashes are made of", async () => {
    const owner = await Person.signUp();
    const org = await owner.org();
    for (let count = 0; count < 9; count += 1) await owner.signIn();
    const chain = await chainOf(owner);
    expect(chain.map(({ seq }) => seq)).toEqual(chain.map((_, place) => place + 1));
    const hashes = [AUDIT_BEGIN.hash, ...chain.map(({ hash }) => hash)];
    expect(chain.map(({ previous }) => previous)).toEqual(hashes.slice(0, -1));
    expect(await faultOf(owner, org)).toBeUndefined();
    const eve = await Person.signUp();
    for (const path of ["", "/head"])
      expect((await eve.api("GET", `/orgs/${org}/audit${path}`)).status).toBe(404);
  });

  it("[AU8] lists what somebody wrote into it, whatever it is", async () => {
    const owner = await Person.signUp();
    const org = await owner.org();
    for (const forged of ["no json", '{"kind":"x"}', '{ "actor":"a","kind":"k"}']) {
      const forge = "UPDATE audit_entry SET body = ?, at = 9e99 WHERE chain = ?";
      await DB.prepare(forge).bind(forged, org).run();
      expect(await chainOf(owner)).toMatchObject([{ kind: "unreadable" }]);
      expect(await faultOf(owner, org)).toEqual({ seq: 1, wrong: "altered" });
    }
  });
});

describe("the installation's own keys", () => {
  it("[AU1] are told to be others, by name, and only when they are", async () => {
    const { audit, keys } = await controlPlaneOf(env as unknown as TestBindings);
    const count = async () =>
      (await installation()).filter(({ kind }) => kind === "keys-rotated").length;
    noteRotation(audit, keys, { ...keys });
    noteRotation(audit, keys, { ...keys, dataKeysSince: 5 });
    await vi.waitFor(async () => expect(await count()).toBe(1));
  });
});

describe("news of groups", () => {
  it("[AU9] is recorded once, in order, however often it is told", async () => {
    const owner = await Person.signUp();
    const org = await owner.org();
    const { id } = await owner.welcome();
    const from = { group: id as GroupId, org: org as OrgId };
    const news = (seq: number) =>
      ({ seq, at: seq * 1000, note: { kind: "member-joined", actor: org, subject: "u" } }) as const;
    await inner.AuditTrail.record(from, [news(2), news(3)]);
    await inner.AuditTrail.record(from, [news(3), news(7)]);
    await Promise.all([
      inner.AuditTrail.record(from, [news(8)]),
      inner.AuditTrail.record(from, [news(8)]),
    ]);
    const told = (await chainOf(owner)).filter(({ kind }) => kind === "member-joined");
    expect(told.map(({ details }) => details)).toEqual(
      [2, 3, 7, 8].map((event) => ({ group: id, event })),
    );
    expect(told[0]!.at).toBe("1970-01-01T00:00:02.000Z");
    expect(await faultOf(owner, org)).toBeUndefined();
  });

  it("[AU9] is not kept out by an entry that only pretends to be it", async () => {
    const owner = await Person.signUp();
    const org = await owner.org();
    const { id } = await owner.welcome();
    const forge = "UPDATE audit_entry SET source = ? WHERE chain = ? AND seq = 1";
    await DB.prepare(forge).bind(`${id}:5`, org).run();
    const note = { kind: "member-left", actor: org } as const;
    const from = { group: id as GroupId, org: org as OrgId };
    await inner.AuditTrail.record(from, [{ seq: 5, at: 5, note }]);
    expect((await chainOf(owner)).map(({ kind }) => kind)).toContain("member-left");
  });
});

describe("no entry", () => {
  it("[AU4] holds a key, a token, a password, an address or anybody's words", async () => {
    const owner = await Person.signUp("Quentin Quux");
    const org = await owner.org();
    await owner.api("PUT", `/orgs/${org}/providers/mine`, { kind: "openai", apiKey: "sk-plugh" });
    const secret = { value: "desk-frotz-frotz", hosts: ["api.example.com"] };
    await owner.api("PUT", `/orgs/${org}/secrets/desk`, secret);
    await owner.api("POST", `/orgs/${org}/agents`, agent);
    const { body: key } = await owner.api<{ key: string }>("POST", "/api-keys", { name: "zork" });
    const { id } = await owner.welcome();
    const { body } = await owner.api<RoutingTokenAnswer>("POST", `/groups/${id}/token`);
    const headers = { upgrade: "websocket" };
    (await knock(`/ws/groups/${id}?token=${body.routing_token}`, { headers })).webSocket?.accept();
    const guess = { email: owner.email, password: "hunter2 wrong" };
    await owner.ask("POST", "/api/auth/sign-in/email", guess);
    const invite = { email: "friend@example.org", role: "member", organizationId: org };
    await owner.ask("POST", "/api/auth/organization/invite-member", invite);
    await owner.api("GET", `/orgs/${encodeURIComponent(key.key)}/agents`);
    await owner.api("GET", `/groups/${encodeURIComponent(key.key)}`);
    await entry(owner, "sign-in-refused");
    await entry(owner, "socket-opened");
    const { results } = await DB.prepare("SELECT * FROM audit_entry").all();
    const all = JSON.stringify(results);
    expect(all).toContain("invitation-made");
    for (const hidden of [
      "sk-plugh",
      "frotz",
      "xyzzy",
      "Quux",
      key.key,
      key.key.slice(5, 30),
      body.routing_token.slice(-40),
      "hunter2",
      "correct horse",
      "example.org",
    ])
      expect(all, hidden).not.toContain(hidden);
    for (const value of owner.cookies.values()) expect(all).not.toContain(value.slice(0, 20));
  });
});
