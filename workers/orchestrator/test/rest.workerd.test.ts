// The REST interface as such: routing, bodies, problems, idempotency keys, access, groups and members, OpenAPI.
import {
  BODY_MAX_BYTES,
  OPERATIONS,
  problemSchema,
  type AgentView,
  type GroupControl,
  type GroupSummary,
  type GroupView,
  type Problem,
} from "@acos/protocol";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";

import { HANDLERS } from "../src/routes/handlers.ts";
import { down } from "./fake-group.ts";
import { knock, Person } from "./person.ts";
import type { TestBindings } from "./worker.ts";

const bindings = env as unknown as TestBindings;

let person: Person;
let org: string;
let outsider: Person;

beforeAll(async () => {
  person = await Person.signUp();
  org = await person.org();
  outsider = await Person.signUp();
});
beforeEach(() => {
  down.clear();
});

const AGENT = { handle: "h", name: "H", model: "rehearsal/rehearsal-1" };

describe("requests", () => {
  it("[RQ1] health and public keys need no sign-in", async () => {
    expect(await (await knock("/healthz")).json()).toMatchObject({ status: "ok" });
    const jwks = await (await knock("/.well-known/jwks.json")).json<{ keys: object[] }>();
    expect(jwks.keys).toHaveLength(2);
    expect(JSON.stringify(jwks)).not.toContain('"d"');
    for (const [method, path] of [
      ["GET", "/.well-known/jwks.jsonfoo"],
      ["DELETE", "/.well-known/jwks.json"],
      ["POST", "/healthz"],
    ] as const)
      expect((await knock(path, { method })).status, `${method} ${path}`).toBe(404);
  });

  it("[RQ2] unknown paths, wrong methods and anonymous callers get a Problem with the request's id", async () => {
    const nowhere = await person.api<Problem>("GET", "/nowhere");
    expect([nowhere.status, nowhere.body.code]).toEqual([404, "not_found"]);
    expect(nowhere.body.requestId).toBe(nowhere.headers.get("x-request-id"));
    expect(problemSchema.safeParse(nowhere.body).success).toBe(true);
    const wrong = await person.api<Problem>("PUT", "/me");
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET"]);
    const anonymous = await new Person().api<Problem>("GET", "/me");
    expect([anonymous.status, anonymous.body.code]).toEqual([401, "unauthenticated"]);
    expect((await knock("/api/nowhere")).status).toBe(404);
    expect((await person.fetch("HEAD", "/api/v1/me")).status).toBe(200);
  });

  it("[RQ3] answers are not cached, and tell the browser to guess nothing", async () => {
    const { headers } = await person.api("GET", "/me");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });

  it("[RQ4] a body that is too large, no JSON, no UTF-8 or of the wrong type is refused", async () => {
    const post = async (body: BodyInit, type = "application/json") => {
      const init = { body, headers: { "content-type": type } };
      const response = await person.fetch("POST", `/api/v1/orgs/${org}/agents`, init);
      return (await response.json<Problem>()).code;
    };
    expect(await post("x".repeat(BODY_MAX_BYTES + 1))).toBe("too_large");
    const signUp = { method: "POST", body: "x".repeat(BODY_MAX_BYTES + 1) };
    expect((await knock("/api/auth/sign-up/email", signUp)).status).toBe(413);
    expect(await post("{")).toBe("invalid_json");
    expect(await post(new Uint8Array([0x22, 0xff, 0x22]))).toBe("invalid_json");
    expect(await post(JSON.stringify(AGENT), "text/plain")).toBe("unsupported_media_type");
  });

  it("[RQ5] unknown fields and wrong types are refused, each named", async () => {
    const unknown = { ...AGENT, colour: "red" };
    const { body } = await person.api<Problem>("POST", `/orgs/${org}/agents`, unknown);
    expect(body.code).toBe("invalid_request");
    expect(body.message).toContain("colour");
    const limit = await person.api<Problem>("GET", `/orgs/${org}/agents?limit=0`);
    expect(limit.body.message).toContain("limit");
    for (const query of ["/me?x=1", `/orgs/${org}/agents?after=1`, `/api-keys?limit=1&limit=2`]) {
      const { body: refusal } = await person.api<Problem>("GET", query);
      expect([query, refusal.code]).toEqual([query, "invalid_request"]);
    }
  });

  it("[RQ6] every refusal of a field lists it as {field, problem}", async () => {
    const group = await person.welcome();
    const { user } = await person.me();
    const refusals: [method: string, path: string, body: unknown, field: string][] = [
      ["POST", `/orgs/${org}/agents`, { ...AGENT, model: "acme/gpt" }, "model"],
      ["POST", `/orgs/${org}/agents`, { ...AGENT, model: 7 }, "model"],
      ["GET", `/orgs/${org}/agents?colour=red`, undefined, "colour"],
      ["GET", `/orgs/${org}/agents?cursor=zzz`, undefined, "cursor"],
      ["PUT", `/orgs/${org}/providers/No`, { kind: "openai" }, "name"],
      ["PUT", `/orgs/${org}/providers/p`, { kind: "openai-compatible" }, "baseUrl"],
      ["PUT", `/groups/${group.id}/members/${user.id}`, { version: 1 }, "version"],
      ["POST", `/groups/${group.id}/token`, { x: 1 }, "x"],
      ["POST", `/groups/${group.id}/token`, [], "(whole)"],
    ];
    for (const [method, path, said, field] of refusals) {
      const { body } = await person.api<Problem>(method, path, said);
      expect([path, body.code]).toEqual([path, "invalid_request"]);
      const details = body.details as { field: string; problem: string }[];
      expect([path, details[0]]).toEqual([path, { field, problem: expect.any(String) as string }]);
    }
  });

  it("[RQ7] a cursor that is not the list's is refused on every list, never taken for its end", async () => {
    const { id } = await person.welcome();
    const { body: agents } = await person.api<{ items: AgentView[] }>("GET", `/orgs/${org}/agents`);
    const { body: made } = await person.api<{ sandbox: string }>("POST", `/groups/${id}/sandboxes`);
    const lists = [
      `/groups/${id}/sandboxes`,
      ...["processes", "ports", "terminals", "checkpoints", "changes"].map(
        (name) => `/groups/${id}/sandboxes/${made.sandbox}/${name}`,
      ),
      ...["agents", "groups", "providers", "models", "secrets", "audit"].map(
        (name) => `/orgs/${org}/${name}`,
      ),
      ...["events", "messages", "runs", "summaries", "jobs", "search?q=fish"].map(
        (name) => `/groups/${id}/${name}`,
      ),
      "/api-keys",
      `/agents/${agents.items[0]!.id}/versions`,
    ];
    const described = Object.values(OPERATIONS).filter((operation) => "list" in operation);
    expect(lists).toHaveLength(described.length);
    for (const list of lists)
      for (const cursor of ["zzz", "%25%25%25", "", "1e3", "-1"]) {
        const from = `${list}${list.includes("?") ? "&" : "?"}cursor=${cursor}`;
        const { status, body } = await person.api<Problem>("GET", from);
        expect([list, cursor, status, body.code]).toEqual([list, cursor, 400, "invalid_request"]);
      }
  });

  it("[RQ8] pages of every list of ours, one item each, are the whole list", async () => {
    interface Listed {
      items: object[];
      nextCursor: string | null;
    }
    for (const list of ["agents", "groups", "providers", "models"]) {
      const path = `/orgs/${org}/${list}`;
      const whole = (await person.api<Listed>("GET", path)).body.items;
      const paged: object[] = [];
      for (let next: string | null = ""; next !== null;) {
        const from: string = next === "" ? "" : `&cursor=${next}`;
        const { body } = await person.api<Listed>("GET", `${path}?limit=1${from}`);
        paged.push(...body.items);
        next = body.nextCursor;
      }
      expect(whole.length).toBeGreaterThan(0);
      expect(paged).toEqual(whole);
    }
  });

  it("[RQ9] an operation without a body takes none, or {}", async () => {
    const { id } = await person.welcome();
    expect((await person.api("POST", `/groups/${id}/token`)).status).toBe(200);
    expect((await person.api("POST", `/groups/${id}/token`, {})).status).toBe(200);
    const init = { body: "", headers: { "content-type": "text/plain" } };
    expect((await person.fetch("POST", `/api/v1/groups/${id}/token`, init)).status).toBe(200);
  });
});

describe("idempotency keys", () => {
  const withKey = (key: string, body: unknown) =>
    person.ask<AgentView & Problem>("POST", `/api/v1/orgs/${org}/agents`, body, {
      "idempotency-key": key,
    });

  it("[ID1] the same request again gets the first answer, and nothing is made twice", async () => {
    const first = await withKey("k-1", AGENT);
    const again = await withKey("k-1", AGENT);
    expect(again.body).toEqual(first.body);
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([201, "true"]);
  });

  it("[ID2] another request under the same key is refused", async () => {
    await withKey("k-2", AGENT);
    const other = await withKey("k-2", { ...AGENT, name: "Other" });
    expect([other.status, other.body.code]).toEqual([409, "idempotency_conflict"]);
    const bad = await withKey("two words", AGENT);
    expect(bad.body.code).toBe("invalid_request");
  });

  it("[ID3] requests at the same moment make one thing, and keys of different people do not meet", async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => withKey("k-3", AGENT)));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const theirs = await outsider.ask<AgentView>(
      "POST",
      `/api/v1/orgs/${await outsider.org()}/agents`,
      AGENT,
      { "idempotency-key": "k-3" },
    );
    expect(theirs.status).toBe(201);
  });

  it("[ID4] a failure on our side frees the key; a refusal is kept", async () => {
    const make = () =>
      person.ask<Problem>(
        "POST",
        `/api/v1/orgs/${org}/groups`,
        { name: "G" },
        {
          "idempotency-key": "k-4",
        },
      );
    down.add("createGroup");
    expect((await make()).status).toBe(503);
    down.clear();
    expect((await make()).status).toBe(201);
    const refused = await withKey("k-5", { ...AGENT, model: "acme/x" });
    expect(refused.status).toBe(400);
    expect(
      (await withKey("k-5", { ...AGENT, model: "acme/x" })).headers.get("idempotency-replayed"),
    ).toBe("true");
  });
});

describe("kept answers", () => {
  it("[ID5] a fresh API key is repeated to its owner and lies sealed in the database", async () => {
    const ask = () =>
      person.ask<{ key: string }>(
        "POST",
        "/api/v1/api-keys",
        { name: "k" },
        {
          "idempotency-key": "k-6",
        },
      );
    const { key } = (await ask()).body;
    expect((await ask()).body.key).toBe(key);
    const { results } = await bindings.DB.prepare("SELECT * FROM idempotency").all();
    expect(results.length).toBeGreaterThan(0);
    expect(JSON.stringify(results)).not.toContain(key);
  });
});

describe("access", () => {
  it("[AC1] what is somebody else's answers like what does not exist", async () => {
    const agent = (await person.api<AgentView>("POST", `/orgs/${org}/agents`, AGENT)).body;
    const group = await person.welcome();
    const unknown = (id: string) => `${id.slice(0, -4)}0000`;
    const paths: [string, string, unknown?][] = [
      ["GET", `/orgs/${org}/agents`],
      ["POST", `/orgs/${org}/agents`, AGENT],
      ["GET", `/orgs/${org}/groups`],
      ["POST", `/orgs/${org}/groups`, { name: "x" }],
      ["GET", `/orgs/${org}/providers`],
      ["PUT", `/orgs/${org}/providers/p`, { kind: "openai" }],
      ["GET", `/orgs/${org}/models`],
      ["GET", `/agents/${agent.id}`],
      ["PATCH", `/agents/${agent.id}`, {}],
      ["DELETE", `/agents/${agent.id}`],
      ["GET", `/agents/${agent.id}/versions`],
      ["POST", `/agents/${agent.id}/versions/1/restore`],
      ["GET", `/groups/${group.id}`],
      ["PATCH", `/groups/${group.id}`, { name: "x" }],
      ["DELETE", `/groups/${group.id}`],
      ["POST", `/groups/${group.id}/token`],
      ["GET", `/groups/${group.id}/events`],
      ["PUT", `/groups/${group.id}/members/${agent.id}`, {}],
      ["DELETE", `/groups/${group.id}/members/${agent.id}`],
      ...["search?q=x", "summaries", "jobs", "export", "messages/msg_0"].map(
        (name): [string, string] => ["GET", `/groups/${group.id}/${name}`],
      ),
      ...["archive", "restore", "fork"].map((name): [string, string] => [
        "POST",
        `/groups/${group.id}/${name}`,
      ]),
    ];
    for (const [method, path, body] of paths) {
      const theirs = await outsider.api<Problem>(method, path, body);
      const [, kind, id = ""] = path.split("/");
      const none = await outsider.api<Problem>(
        method,
        path.replace(`/${kind}/${id}`, `/${kind}/${unknown(id)}`),
        body,
      );
      expect([path, theirs.status]).toEqual([path, 404]);
      expect(theirs.body.message).toBe(none.body.message);
    }
    expect((await person.api("GET", "/agents/garbage")).status).toBe(404);
  });

  it("[AC2] an agent of another org cannot be put into a group", async () => {
    const theirs = await outsider.org();
    const agent = (await outsider.api<AgentView>("POST", `/orgs/${theirs}/agents`, AGENT)).body;
    const made = await person.api("POST", `/orgs/${org}/groups`, {
      name: "x",
      agents: [{ id: agent.id }],
    });
    expect(made.status).toBe(404);
    const group = await person.welcome();
    const put = await person.api("PUT", `/groups/${group.id}/members/${agent.id}`, {});
    expect(put.status).toBe(404);
  });
});

describe("groups", () => {
  const make = async (name: string) =>
    (await person.api<GroupView>("POST", `/orgs/${org}/groups`, { name })).body;
  const list = async (who: Person, query = "") =>
    (
      await who.api<{ items: GroupSummary[]; nextCursor: string | null }>(
        "GET",
        `/orgs/${org}/groups${query}`,
      )
    ).body;

  it("[GR1] a group is listed once it is made, renamed when it is renamed, gone when it is deleted", async () => {
    const group = await make("First");
    expect((await list(person)).items[0]).toMatchObject({ id: group.id, org, name: "First" });
    await person.api("PATCH", `/groups/${group.id}`, { name: "Second" });
    expect((await list(person)).items[0]!.name).toBe("Second");
    const page = await list(person, "?limit=1");
    const next = await list(person, `?limit=1&cursor=${page.nextCursor}`);
    expect(next.items[0]!.id).not.toBe(group.id);
    expect((await person.api("DELETE", `/groups/${group.id}`)).status).toBe(204);
    expect((await list(person)).items.map(({ id }) => id)).not.toContain(group.id);
  });

  it("[GR2] a group whose making failed is not listed", async () => {
    down.add("createGroup");
    const { status } = await person.api("POST", `/orgs/${org}/groups`, { name: "Never" });
    expect(status).toBe(503);
    down.clear();
    expect((await list(person)).items.map(({ name }) => name)).not.toContain("Never");
  });

  it("[GR4] a group that is gone leaves the list of who looks at it", async () => {
    const { id } = await make("Half deleted");
    const { user, orgs } = await person.me();
    const stub = bindings.GROUPS.get(bindings.GROUPS.idFromName(id)) as unknown as GroupControl;
    await stub.deleteGroup({ user: user.id, name: user.name, orgs });
    expect((await list(person)).items.map((group) => group.id)).toContain(id);
    expect((await person.api("GET", `/groups/${id}`)).status).toBe(404);
    expect((await list(person)).items.map((group) => group.id)).not.toContain(id);
  });

  it("[GR3] a guest is added by id, lists the group without being in the org, and may not add others", async () => {
    const group = await make("With guest");
    const guest = await Person.signUp("Bo");
    const { user } = await guest.me();
    const put = await person.api("PUT", `/groups/${group.id}/members/${user.id}`, {
      role: "viewer",
    });
    expect(put.status).toBe(200);
    expect((await list(guest)).items.map(({ id }) => id)).toEqual([group.id]);
    const more = await guest.api<Problem>("PUT", `/groups/${group.id}/members/${user.id}`, {
      role: "admin",
    });
    expect(more.body.code).toBe("forbidden");
    expect((await guest.api("DELETE", `/groups/${group.id}/members/${user.id}`)).status).toBe(204);
    expect((await guest.api("GET", `/orgs/${org}/groups`)).status).toBe(404);
    const nobody = await person.api("PUT", `/groups/${group.id}/members/usr_${"0".repeat(26)}`, {});
    expect(nobody.status).toBe(404);
  });
});

describe("who manages the org", () => {
  it("[GR5] is told how to join where a group is for its members only, and may then", async () => {
    const guest = await Person.signUp("Bo");
    const invitation = { email: guest.email, role: "member", organizationId: org };
    const { body: invited } = await person.ask<{ id: string }>(
      "POST",
      "/api/auth/organization/invite-member",
      invitation,
    );
    await guest.ask("POST", "/api/auth/organization/accept-invitation", {
      invitationId: invited.id,
    });
    const { body: group } = await guest.api<GroupView>("POST", `/orgs/${org}/groups`, {
      name: "Theirs",
    });
    const { user } = await person.me();
    const self = `/groups/${group.id}/members/${user.id}`;
    const command = { kind: "read-mark", seq: 1 };
    const rename = () => person.api<Problem>("PATCH", `/groups/${group.id}`, { name: "Ours" });
    for (const refusal of [
      await rename(),
      await person.api<Problem>("POST", `/groups/${group.id}/token`),
      await person.api<Problem>("POST", `/groups/${group.id}/commands`, { id: "c", command }),
    ]) {
      expect([refusal.status, refusal.body.code]).toEqual([403, "forbidden"]);
      expect(refusal.body.message).toContain(`Join it first: PUT /api/v1${self} with`);
    }
    expect((await person.api("PUT", self, { role: "admin" })).status).toBe(200);
    expect((await rename()).status).toBe(200);
  });
});

describe("the OpenAPI document", () => {
  it("[OA1] describes every operation, each of which has a handler", async () => {
    const document = await (
      await knock("/api/v1/openapi.json")
    ).json<{
      openapi: string;
      paths: Record<
        string,
        Record<string, { operationId: string; parameters: { name: string }[] }>
      >;
      components: { responses: object; schemas: object; securitySchemes: object };
    }>();
    expect(document.openapi).toBe("3.1.0");
    const described = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(described.toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
    expect(Object.keys(HANDLERS).toSorted()).toEqual(described.toSorted());
    for (const [path, methods] of Object.entries(document.paths))
      for (const [, { parameters }] of Object.entries(methods))
        for (const [, name] of path.matchAll(/\{(\w+)\}/g))
          expect(parameters.map((one) => one.name)).toContain(name);
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to!);
    expect(references.length).toBeGreaterThan(0);
    for (const reference of new Set(references))
      expect([reference, at(document, reference)]).not.toEqual([reference, undefined]);
  });

  it("[OA2] names the status a success has, and the parameters an operation takes, and no others", async () => {
    interface Described {
      responses: object;
      parameters: { name: string; in: string }[];
    }
    const { paths } = await (
      await knock("/api/v1/openapi.json")
    ).json<{ paths: Record<string, Record<string, Described>> }>();
    const said = (path: string, method: string) => {
      const { responses, parameters } = paths[path]![method]!;
      const query = parameters.filter((one) => one.in === "query").map((one) => one.name);
      return [...Object.keys(responses), ...query];
    };
    expect(said("/orgs/{org}/agents", "post")).toEqual(["201", "default"]);
    expect(said("/api-keys", "post")).toEqual(["201", "default"]);
    expect(said("/orgs/{org}/groups", "post")).toEqual(["201", "default"]);
    expect(said("/groups/{id}/token", "post")).toEqual(["200", "default"]);
    expect(said("/agents/{id}", "delete")).toEqual(["204", "default"]);
    expect(said("/me", "get")).toEqual(["200", "default"]);
    const list = ["200", "default", "limit"];
    expect(said("/orgs/{org}/agents", "get")).toEqual([...list, "cursor"]);
    expect(said("/groups/{id}/events", "get")).toEqual([...list, "after", "cursor"]);
    expect(said("/groups/{id}/messages", "get")).toEqual([...list, "before", "cursor"]);
    expect(said("/groups/{id}/runs", "get")).toEqual([...list, "before", "cursor"]);
    expect(said("/groups/{id}/jobs", "get")).toEqual([...list, "cursor"]);
    expect(said("/groups/{id}/search", "get")).toEqual(["200", "default", "q", "limit", "cursor"]);
    expect(said("/groups/{id}/fork", "post")).toEqual(["201", "default"]);
    expect(said("/orgs/{org}/groups/import", "post")).toEqual(["201", "default"]);
    const inside = "/groups/{id}/sandboxes/{sandbox}";
    expect(said("/groups/{id}/sandboxes", "post")).toEqual(["201", "default"]);
    expect(said(`${inside}/changes`, "get")).toEqual([
      "200",
      "default",
      "from",
      "to",
      "limit",
      "cursor",
    ]);
    expect(said(`${inside}/processes/{process}/output`, "get")).toEqual(["200", "default", "from"]);
    expect(said(`${inside}/processes/{process}/input`, "post")).toEqual(["204", "default"]);
    expect(said(`${inside}/files/{path}`, "put")).toEqual(["200", "default", "mode"]);
    const search = paths["/groups/{id}/search"]!["get"]!.parameters;
    expect(search).toMatchObject([
      { name: "id", required: true },
      { name: "q", required: true, schema: { minLength: 1, maxLength: 500 } },
      { name: "limit", required: false, schema: { minimum: 1, maximum: 50 } },
      { name: "cursor", required: false },
    ]);
  });

  it("[OA3] describes bundles, files and streams as the bytes they are, and what may be left out as optional", async () => {
    interface Described {
      requestBody?: { required: boolean; content: object };
      responses: Record<string, { content?: object }>;
    }
    const { paths } = await (
      await knock("/api/v1/openapi.json")
    ).json<{ paths: Record<string, Record<string, Described>> }>();
    const { requestBody } = paths["/orgs/{org}/groups/import"]!["post"]!;
    expect(requestBody).toMatchObject({
      required: true,
      content: { "application/x-tar": {}, "application/octet-stream": {} },
    });
    const { responses } = paths["/groups/{id}/export"]!["get"]!;
    expect(responses["200"]?.content).toEqual({ "application/x-tar": {} });
    const inside = "/groups/{id}/sandboxes/{sandbox}";
    const typesOf = (path: string, method: string) =>
      Object.keys(paths[`${inside}/${path}`]![method]!.responses["200"]?.content ?? {});
    expect(typesOf("files/{path}", "get")).toEqual([
      "application/octet-stream",
      "application/json",
    ]);
    expect(typesOf("processes/{process}/output", "get")).toEqual(["application/x-ndjson"]);
    expect(typesOf("exec", "post")).toEqual(["application/json", "application/x-ndjson"]);
    const file = paths[`${inside}/files/{path}`]!["put"]!.requestBody;
    expect(Object.keys(file?.content ?? {})).toEqual(["application/octet-stream"]);
    expect(paths["/groups/{id}/fork"]!["post"]!.requestBody?.required).toBe(false);
    expect(paths["/orgs/{org}/groups"]!["post"]!.requestBody?.required).toBe(true);
  });
});

/** What a reference names in a document; undefined when there is nothing. */
function at(document: unknown, reference: string): unknown {
  const steps = reference.startsWith("#/") ? reference.slice(2).split("/") : ["nowhere"];
  return steps.reduce<unknown>(
    (value, step) => (value as Record<string, unknown>)?.[step],
    document,
  );
}
