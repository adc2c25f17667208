// The gate of a Sandbox Host: who asks what of which sandbox, and every way in which a request is none.
import { describe, expect, it } from "vitest";
import { makeId, SANDBOX_ORIGIN, type RunId, type SandboxId } from "@acos/protocol";

import { argumentsDigest, sandboxTarget, verifySandboxRequest } from "../src/index.ts";
import {
  attackerKey,
  certificateWith,
  CALL,
  GROUP,
  MEMBER,
  NOW_MS,
  ORG,
  OTHER_GROUP,
  OTHER_SANDBOX,
  reasonOf,
  RUN,
  SANDBOX,
  withHeaders,
} from "./builders.ts";
import {
  asActor,
  asked,
  at,
  CALLING,
  calling,
  grantFor,
  hostCertificate,
  sandboxGate,
} from "./sandbox-builders.ts";

const otherRun: RunId = makeId("run", NOW_MS + 1, new Uint8Array(10));
type Arrived = Awaited<ReturnType<typeof asked>>;
const verified = async (request: Arrived, nowMs = NOW_MS) =>
  verifySandboxRequest(request, await sandboxGate(), nowMs);
const refusal = (request: Arrived, nowMs = NOW_MS) => reasonOf(verified(request, nowMs));

describe("a request to a sandbox", () => {
  it("[B1] says who asks what of which sandbox", async () => {
    const certificate = await hostCertificate({ caps: { maxSandboxes: 3 } });
    const path = "/agent/files?path=a%2Fb";
    expect(await verified(await asked({ path, certificate, run: RUN }))).toEqual({
      org: ORG,
      group: GROUP,
      maxSandboxes: 3,
      run: RUN,
      actor: null,
      sandbox: SANDBOX,
      path: "/agent/files",
      search: "?path=a%2Fb",
      call: null,
    });
  });

  it("[B1] is without a run, a cap and a path where it names none", async () => {
    const certificate = await hostCertificate({ caps: {} });
    const found = await verified(await asked({ method: "PUT", body: "{}", certificate }));
    expect(found).toMatchObject({ run: null, maxSandboxes: undefined, path: "", search: "" });
  });

  it("[B2] is refused unsigned, for another audience, late, again, and with a changed body", async () => {
    const request = await asked({ path: "/agent/ports" });
    expect(await refusal(withHeaders(request, { signature: null }))).toBe("field");
    expect(await refusal(withHeaders(request, { "acos-certificate": null }))).toBe("field");
    const toAgents = await asked({ certificate: await certificateWith() });
    expect(await refusal(toAgents)).toBe("audience");
    expect(await refusal(request, NOW_MS + 30_000)).toBe("expired");
    const gate = await sandboxGate();
    await verifySandboxRequest(request, gate, NOW_MS);
    expect(await reasonOf(verifySandboxRequest(request, gate, NOW_MS))).toBe("used");
    const put = await asked({ method: "PUT", body: "{}" });
    expect(await refusal({ ...put, body: new Uint8Array([123]) })).toBe("digest");
    expect(await refusal({ ...put, method: "DELETE" })).toBe("signature");
    expect(await refusal({ ...put, url: at("/stop") })).toBe("signature");
  });

  it.each([
    "/",
    "/v1/sandboxes",
    "/v1/sandboxes/",
    "/v1/sandboxes//agent/files",
    `/v2/sandboxes/${SANDBOX}`,
    `/v1/sandboxes/${GROUP}/agent/files`,
    `/v1/sandboxes/${SANDBOX}x/agent/files`,
    `/v1/sandboxes/${SANDBOX.toUpperCase()}`,
    `/v1/sandboxes/%73${SANDBOX.slice(1)}/agent/files`,
    `/x/v1/sandboxes/${SANDBOX}`,
  ])("[B3] is refused at %s, where no sandbox is named", async (path) => {
    expect(await refusal(await asked({ url: `${SANDBOX_ORIGIN}${path}` }))).toBe("target");
  });
});

describe("the member a request is made for", () => {
  it("[B4] is told and taken off, and the rest of the query stays byte for byte", async () => {
    const kept = "?path=%e4%20+b&&x=1&x&=&y=a=b;c&";
    for (const path of [`${kept}&${asActor(MEMBER)}`, `?${asActor(MEMBER)}&${kept.slice(1)}`])
      expect(await verified(await asked({ path: `/agent/files${path}` }))).toMatchObject({
        actor: MEMBER,
        search: kept,
      });
    const alone = await verified(await asked({ path: `?${asActor(MEMBER)}` }));
    expect(alone).toMatchObject({ actor: MEMBER, path: "", search: "" });
  });

  it("[B4] leaves a path as it was written", async () => {
    const path = "/agent/ports/5173/proxy/a%2fb//c;d=%C3%A4/%25/.well-known/@fs/";
    expect(await verified(await asked({ path }))).toMatchObject({ path, search: "" });
  });

  it.each([
    "acos-actor",
    "acos-actor=",
    asActor("usr_01h00000000000000000000000"),
    asActor(`${MEMBER}x`),
    asActor(MEMBER.toUpperCase()),
    asActor(`%6d${MEMBER.slice(1)}`),
    `${asActor(MEMBER)}&${asActor(MEMBER)}`,
    `acos-actor=&${asActor(MEMBER)}`,
    `${asActor(MEMBER)}&x=1&acos-actor`,
  ])("[B4] is refused as %s", async (query) => {
    expect(await refusal(await asked({ path: `/agent/procs?${query}` }))).toBe("target");
  });

  it("[B4] is the one the signer says, whatever the asker's own query says", async () => {
    const other = makeId("member", NOW_MS + 1, new Uint8Array(10));
    const search = `?${asActor(other)}&path=x`;
    const url = sandboxTarget(SANDBOX, "/agent/files", { search, actor: MEMBER });
    expect(await verified(await asked({ url }))).toMatchObject({
      actor: MEMBER,
      search: "?path=x",
    });
    const nobody = await asked({ url: sandboxTarget(SANDBOX, "/agent/files", { search }) });
    expect(await verified(nobody)).toMatchObject({ actor: null, search: "?path=x" });
  });
});

describe("a target", () => {
  it.each(["", "?", "?a=1", "?a=1&", "?&", "?a=%20&b=ü"])(
    "[B4] with the query %s arrives with it and its member",
    async (search) => {
      const url = sandboxTarget(SANDBOX, "/agent/files", { search, actor: MEMBER });
      const written = new URL(`https://x.test/${search}`).search;
      expect(await verified(await asked({ url }))).toMatchObject({
        actor: MEMBER,
        search: written,
      });
    },
  );

  it.each([
    `/../${OTHER_SANDBOX}`,
    `/agent/../../${OTHER_SANDBOX}/agent/procs`,
    `/agent/%2e%2e/%2E%2e/${OTHER_SANDBOX}`,
    `\\..\\${OTHER_SANDBOX}`,
    "/../../health",
    "x/agent/procs",
    "/agent/files#x",
  ])("[B3] is not made that leaves its sandbox by %s", (path) => {
    expect(() => sandboxTarget(SANDBOX, path)).toThrow(
      expect.objectContaining({ reason: "target" }) as Error,
    );
  });

  it("[B3] of a sandbox whose id holds a way out is not made", () => {
    const sly = `${SANDBOX}/../${OTHER_SANDBOX}` as SandboxId;
    expect(() => sandboxTarget(sly, "/agent/procs")).toThrow(/target/);
  });
});

describe("a tool call", () => {
  it("[B5] is handed out with the group's grant for exactly it", async () => {
    expect(await verified(await calling())).toMatchObject({ run: RUN, call: CALLING });
  });

  it("[B5] is read on and cancelled without a grant", async () => {
    const path = `/agent/tool-calls/${CALL}`;
    for (const method of ["GET", "DELETE"])
      expect(await verified(await asked({ path, method, run: RUN }))).toMatchObject({ call: null });
  });

  it("[B5] without a grant is refused", async () => {
    expect(await refusal(await calling({ grant: null }))).toBe("field");
  });

  it.each([
    ["another call", { call: makeId("toolCall", NOW_MS + 1, new Uint8Array(10)) }, "binding"],
    ["another run", { run: otherRun }, "binding"],
    ["another turn", { turn: 3 }, "binding"],
    ["another handing out", { dispatch: 2 }, "binding"],
    ["other arguments", { argumentsDigest: "cd".repeat(32) }, "binding"],
    ["another group", { group: OTHER_GROUP }, "issuer"],
    ["another audience", { audience: "acos:tool-gateway" }, "audience"],
  ] as const)("[B5] with a grant for %s is refused", async (_, changes, reason) => {
    expect(await refusal(await calling({ grant: await grantFor(changes) }))).toBe(reason);
  });

  it("[B5] with the same arguments of another tool is refused", async () => {
    const digest = await argumentsDigest("write_file", CALLING.arguments);
    const grant = await grantFor({ argumentsDigest: digest });
    expect(await refusal(await calling({ grant }))).toBe("binding");
  });

  it("[B5] with a grant that has expired, or that another key signed, is refused", async () => {
    const old = await grantFor({}, { nowMs: NOW_MS - 60_000 });
    expect(await refusal(await calling({ grant: old }))).toBe("expired");
    const forged = await grantFor({}, { key: await attackerKey() });
    expect(await refusal(await calling({ grant: forged }))).toBe("unknown_key");
  });

  it("[B5] whose body is not what its path and its signature say is refused", async () => {
    const grant = await grantFor({ run: otherRun });
    expect(await refusal(await calling({ call: { run: otherRun }, grant }))).toBe("binding");
    expect(await refusal(await calling({ run: otherRun }))).toBe("binding");
    expect(await refusal(await calling({ run: null }))).toBe("binding");
    const other = makeId("toolCall", NOW_MS + 1, new Uint8Array(10));
    expect(await refusal(await calling({ path: `/agent/tool-calls/${other}` }))).toBe("binding");
    expect(await refusal(await calling({ call: { arguments: { command: "false" } } }))).toBe(
      "binding",
    );
  });

  it.each([{ turn: 0 }, { tool: "Run Command" }, { more: 1 }, { arguments: "true" }])(
    "[B5] whose body has %j is refused as no call",
    async (call) => {
      await expect(verified(await calling({ call }))).rejects.toMatchObject({
        problem: { code: "invalid_request" },
      });
    },
  );

  it.each([
    `/agent/tool-calls/${CALL}/`,
    `/agent/tool-calls/${CALL}/x`,
    `/agent/tool-calls`,
    `/agent/tool-calls/`,
    `/agent//tool-calls/${CALL}`,
    `//agent/tool-calls/${CALL}`,
    `/agent/tool%2Dcalls/${CALL}`,
    `/agent/tool-calls%2F${CALL}`,
    `/%61gent/tool-calls/${CALL}`,
    `/agent/Tool-Calls/${CALL}`,
    `/agent/tool-calls;x/${CALL}`,
    `/agent/tool-calls%5c${CALL}`,
  ])("[B5] is not handed out by a path like %s", async (path) => {
    for (const method of ["POST", "PUT"])
      expect(await refusal(await calling({ path, method, grant: null }))).toBe("target");
  });

  it("[B6] is handed out once, and again only as another handing out", async () => {
    const gate = await sandboxGate();
    const grant = await grantFor();
    await verifySandboxRequest(await calling({ grant }), gate, NOW_MS);
    const again = verifySandboxRequest(await calling({ grant }), gate, NOW_MS);
    expect(await reasonOf(again)).toBe("used");
    const fresh = verifySandboxRequest(await calling({ grant: await grantFor() }), gate, NOW_MS);
    expect(await reasonOf(fresh)).toBe("used");
    const second = { call: { dispatch: 2 }, grant: await grantFor({ dispatch: 2 }) };
    expect(await reasonOf(verifySandboxRequest(await calling(second), gate, NOW_MS))).toBe(
      "accepted",
    );
  });

  it("[B6] does not use its grant up where it is refused", async () => {
    const gate = await sandboxGate();
    const grant = await grantFor();
    const wrong = await calling({ grant, call: { turn: 3 } });
    expect(await reasonOf(verifySandboxRequest(wrong, gate, NOW_MS))).toBe("binding");
    const right = verifySandboxRequest(await calling({ grant }), gate, NOW_MS);
    expect(await reasonOf(right)).toBe("accepted");
  });
});
