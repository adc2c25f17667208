// The inner gateway by itself: what the Sandbox Host is told of a group's secrets, and who else is told nothing.
import { describe, expect, it } from "vitest";

import gateway from "../src/workerd/gateway.ts";

const SECRET = "this start's secret";
const KEPT = { value: "desk-token", hosts: ["api.example.com"] };
const ASKED = { org: "org_1", group: "grp_1", name: "desk" };

async function ask(init: RequestInit, secret = SECRET) {
  const asked: unknown[] = [];
  const reveal = async (of: object) => {
    asked.push(of);
    return "name" in of && of.name === "desk" ? KEPT : null;
  };
  const env = { INNER_SECRET: SECRET, SANDBOX_SECRETS: { reveal } };
  const request = new Request("http://127.0.0.1/inner/sandbox-secrets", {
    method: "POST",
    headers: { "acos-inner-secret": secret },
    ...init,
  });
  const response = await gateway.fetch(
    request,
    env as unknown as Parameters<typeof gateway.fetch>[1],
  );
  return { status: response.status, body: await response.text(), asked };
}

describe("the way to a group's secrets", () => {
  it("[S5] is open to a process of this start, one name at a time", async () => {
    const { status, body, asked } = await ask({ body: JSON.stringify(ASKED) });
    expect([status, JSON.parse(body), asked]).toEqual([200, KEPT, [ASKED]]);
    expect((await ask({ body: JSON.stringify({ ...ASKED, name: "other" }) })).status).toBe(404);
  });

  it("[S5] is closed to everybody else, and to what is no question", async () => {
    const stranger = await ask({ body: JSON.stringify(ASKED) }, "guessed");
    expect(stranger).toEqual({ status: 403, body: "", asked: [] });
    expect((await ask({ method: "GET" })).status).toBe(405);
    for (const body of ["", "x", "null", "7"]) expect((await ask({ body })).status).toBe(400);
  });
});
