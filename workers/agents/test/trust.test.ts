// Proof of the sender on every request, and the caps of its certificate.
import { generateKeyPair } from "@acos/trust";
import { describe, expect, it, vi } from "vitest";

import {
  agentVersion,
  briefing,
  openStar,
  OTHER_GROUP,
  OTHER_ORG,
  partsOf,
  RUN,
  textIn,
  type Star,
} from "./star.ts";

async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { code: string }).code;
}

async function body(star: Star, over: object = {}) {
  const pin = await star.records.agent(agentVersion());
  return { briefing: { ...briefing(pin, "help"), ...over } };
}
const lifetime = { waitUntil: () => undefined };
const looksOf = ({ records }: Star) =>
  records.reads.filter((path) => path.endsWith("jwks.json")).length;

describe("the sender", () => {
  it("[A1] who signs with a certified key is served", async () => {
    const star = await openStar();
    const response = await star.send("/turns", await body(star));
    expect(response.status).toBe(200);
    expect(textIn(await partsOf(response))).toMatch(/rehearsal model/);
  });

  it.each([
    "acos-certificate",
    "acos-run",
    "content-digest",
    "signature-input",
    "signature",
    "content-type",
  ])("[A1] without the field %s is refused", async (name) => {
    const star = await openStar();
    const request = await star.sign("/turns", await body(star));
    request.headers.delete(name);
    const response = await star.worker.fetch(request, star.bindings, lifetime);
    expect(response.status).toBe(401);
  });

  it("[A1] whose body was changed on the way is refused", async () => {
    const star = await openStar();
    const request = await star.sign("/turns", await body(star));
    const changed = new Request(request.url, {
      method: "POST",
      headers: request.headers,
      body: JSON.stringify(await body(star)),
    });
    expect(await codeOf(await star.worker.fetch(changed, star.bindings, lifetime))).toBe(
      "invalid_signature",
    );
  });

  it("[A1] whose certificate another authority signed is refused", async () => {
    const star = await openStar();
    const certificate = await star.certify({}, await generateKeyPair());
    expect(await codeOf(await star.send("/turns", await body(star), { certificate }))).toBe(
      "invalid_certificate",
    );
  });

  it("[A2] who sends the same request again is refused", async () => {
    const star = await openStar();
    const request = await star.sign("/turns", await body(star));
    const again = request.clone();
    expect((await star.worker.fetch(request, star.bindings, lifetime)).status).toBe(200);
    expect(await codeOf(await star.worker.fetch(again, star.bindings, lifetime))).toBe(
      "used_token",
    );
  });

  it("[A3] may speak for its own group, org and run only", async () => {
    const star = await openStar();
    for (const over of [
      { group: OTHER_GROUP },
      { org: OTHER_ORG },
      { run: RUN.replace(/.$/, (last) => (last === "0" ? "1" : "0")) },
    ])
      expect((await star.send("/turns", await body(star, over))).status).toBe(401);
    const pin = { ...(await star.records.agent(agentVersion())), org: OTHER_ORG };
    expect((await star.send("/turns", { briefing: briefing(pin, "x") })).status).toBe(401);
    expect((await star.send("/turns", await body(star), { run: null })).status).toBe(401);
  });

  it("[A4] reads no keys again while they are known, and looks again when a key is unknown", async () => {
    const star = await openStar();
    for (let count = 0; count < 3; count += 1) await star.send("/turns", await body(star));
    expect(looksOf(star)).toBe(1);
    const next = await generateKeyPair();
    await star.records.keys([star.authority, next]);
    const certificate = await star.certify({}, next);
    expect((await star.send("/turns", await body(star), { certificate })).status).toBe(200);
    expect(looksOf(star)).toBe(2);
  });

  it("[A4] is served under a new key at once, also after two rotations within a second", async () => {
    const star = await openStar();
    await star.send("/turns", await body(star));
    const [next, afterNext] = [await generateKeyPair(), await generateKeyPair()];
    for (const [keys, signer] of [
      [[next, star.authority], next],
      [[afterNext, next], afterNext],
    ] as const) {
      await star.records.keys(keys);
      const certificate = await star.certify({}, signer);
      expect((await star.send("/turns", await body(star), { certificate })).status).toBe(200);
    }
  });

  it("[A4] shares one look with everybody who comes under the new key at the same time", async () => {
    const star = await openStar();
    await star.send("/turns", await body(star));
    const next = await generateKeyPair();
    await star.records.keys([next, star.authority]);
    const certificate = await star.certify({}, next);
    const turn = await body(star);
    const many = Array.from({ length: 20 }, () => star.send("/turns", turn, { certificate }));
    for (const response of await Promise.all(many)) expect(response.status).toBe(200);
    expect(looksOf(star)).toBe(2);
  });

  it("[A4] is not refused for a look that began before its key was there", async () => {
    const star = await openStar();
    const turn = await body(star);
    await star.send("/turns", turn);
    const { fetch } = star.records;
    const held = Promise.withResolvers<void>();
    star.records.fetch = async (url) => {
      const response = await fetch(url);
      await held.promise;
      return response;
    };
    const unknown = await star.certify({}, await generateKeyPair());
    const refused = star.send("/turns", turn, { certificate: unknown });
    await vi.waitFor(() => expect(looksOf(star)).toBe(2));
    const next = await generateKeyPair();
    await star.records.keys([next, star.authority]);
    star.records.fetch = fetch;
    const certificate = await star.certify({}, next);
    const timers = vi.spyOn(globalThis, "setTimeout");
    const served = star.send("/turns", turn, { certificate });
    // Who joins a look that is under way sets itself a time to wait for it.
    await vi.waitFor(() => expect(timers).toHaveBeenCalledWith(expect.anything(), 2_000));
    held.resolve();
    expect((await served).status).toBe(200);
    timers.mockRestore();
    expect((await refused).status).toBe(401);
  });

  it("[A4] cannot make us look for unknown keys without end: five times at once, then every five seconds", async () => {
    const star = await openStar();
    await star.send("/turns", await body(star));
    const certificate = await star.certify({}, await generateKeyPair());
    const knock = async (times: number) => {
      for (let count = 0; count < times; count += 1)
        expect((await star.send("/turns", await body(star), { certificate })).status).toBe(401);
    };
    await knock(10);
    expect(looksOf(star)).toBe(1 + 5);
    star.clock.pass(4_999);
    await knock(3);
    expect(looksOf(star)).toBe(1 + 5);
    star.clock.pass(1);
    await knock(3);
    expect(looksOf(star)).toBe(1 + 5 + 1);
  });

  it("[A5] is served with the keys known so far while the Orchestrator is away", async () => {
    const star = await openStar();
    const turn = await body(star);
    await star.send("/turns", turn);
    star.records.down = true;
    star.clock.pass(11 * 60_000);
    const certificate = await star.certify();
    expect((await star.send("/turns", turn, { certificate })).status).toBe(200);
  });

  it("[A5] is told to come back when there have never been keys", async () => {
    const star = await openStar();
    const turn = await body(star);
    star.records.down = true;
    const response = await star.send("/turns", turn);
    expect([response.status, await codeOf(response)]).toEqual([503, "unavailable"]);
  });
});

describe("epochs", () => {
  it("[A8] a later one is served at once, and from then on no earlier one", async () => {
    const star = await openStar();
    const turn = await body(star);
    const statusIn = async (epoch: number, isolate = star.worker) => {
      const request = await star.sign("/turns", turn, { epoch });
      return (await isolate.fetch(request, star.bindings, lifetime)).status;
    };
    expect([await statusIn(1), await statusIn(2), await statusIn(2)]).toEqual([200, 200, 200]);
    const earlier = await star.send("/turns", turn, { epoch: 1 });
    expect([earlier.status, await codeOf(earlier)]).toEqual([401, "invalid_certificate"]);
    // Best effort: an isolate that has not seen the later one believes the earlier one until it ends.
    const other = star.isolate();
    expect([await statusIn(1, other), await statusIn(3, other)]).toEqual([200, 200]);
    expect([await statusIn(2, other), await statusIn(2)]).toEqual([401, 200]);
  });
});

describe("caps", () => {
  it("[A6] an agent that the certificate does not name is refused", async () => {
    const star = await openStar();
    const response = await star.send("/turns", await body(star), { caps: { agents: [] } });
    expect([response.status, await codeOf(response)]).toEqual([402, "over_cap"]);
  });

  it("[A6] a tool that the certificate does not name is neither offered nor called", async () => {
    const star = await openStar();
    const pin = await star.records.agent(agentVersion());
    const caps = { tools: ["current_time"] };
    const turn = await star.send(
      "/turns",
      { briefing: briefing(pin, "call calculate with expression=1") },
      { caps },
    );
    expect(textIn(await partsOf(turn))).toMatch(/no tool `calculate`. It has `current_time`/);
    const call = await star.toolCall(pin, { tool: "calculate", arguments: { expression: "1" } });
    expect(await codeOf(await star.send("/tool-calls", call, { caps }))).toBe("over_cap");
  });

  it("[A6] a briefing larger than the certificate's tokens is refused before a model is called", async () => {
    const star = await openStar();
    const response = await star.send("/turns", await body(star), {
      caps: { maxTokensPerTurn: 10 },
    });
    expect((await partsOf(response)).at(-1)).toMatchObject({
      type: "failure",
      problem: { code: "over_cap" },
    });
  });
});

describe("requests that are none", () => {
  it("[A7] get a Problem that says what is wrong", async () => {
    const star = await openStar();
    const get = (path: string, method = "GET") =>
      star.worker.fetch(
        new Request(`https://agents.internal${path}`, { method }),
        star.bindings,
        lifetime,
      );
    expect((await get("/nothing")).status).toBe(404);
    expect((await get("/turns")).status).toBe(405);
    expect((await get("/turns", "POST")).status).toBe(401);
    expect(await (await get("/healthz")).json()).toMatchObject({ status: "ok" });
    expect(await codeOf(await star.send("/turns", "{not json"))).toBe("invalid_json");
    expect(await codeOf(await star.send("/turns", { briefing: {} }))).toBe("invalid_request");
    expect(await codeOf(await star.send("/turns", { ...(await body(star)), extra: 1 }))).toBe(
      "invalid_request",
    );
  });

  it("[A7] are refused when they are too large, before they are read to their end", async () => {
    const star = await openStar();
    const signed = await star.sign("/turns", await body(star));
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(1024 * 1024));
      },
    });
    const request = new Request(signed.url, {
      method: "POST",
      headers: signed.headers,
      body: endless,
      duplex: "half",
    } as RequestInit);
    const response = await star.worker.fetch(request, star.bindings, lifetime);
    expect([response.status, await codeOf(response)]).toEqual([413, "too_large"]);
    expect(sent).toBeLessThan(10);
  });
});
