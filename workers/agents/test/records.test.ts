// Pinned versions: never an old one, never a read too many, whatever the cache does.
import { agentVersionKey } from "@acos/protocol";
import { STALE_MS } from "@acos/testkit";
import { describe, expect, it } from "vitest";

import { agentVersion, briefing, openStar, partsOf, textIn, type Star } from "./star.ts";

const bytes = (text: string) => Uint8Array.from(new TextEncoder().encode(text)).buffer;
const say = (words: string) => agentVersion({ instructions: words });
const versionReads = (star: Star) =>
  star.records.reads.filter((path) => path.startsWith("/agent-versions/")).length;

async function run(star: Star, pin: Awaited<ReturnType<Star["records"]["agent"]>>) {
  const parts = await partsOf(await star.send("/turns", { briefing: briefing(pin, "help") }));
  await star.settled();
  return parts;
}

describe("a pinned version", () => {
  it("[R1] is read from isolate memory when warm: no KV, no record, no database", async () => {
    const star = await openStar();
    const pin = await star.records.agent(agentVersion());
    await run(star, pin);
    const [reads, records] = [star.kv.reads, star.records.reads.length];
    for (let count = 0; count < 20; count += 1) await run(star, pin);
    expect([star.kv.reads - reads, star.records.reads.length - records]).toEqual([0, 0]);
  });

  it("[R2] is read from KV by a fresh isolate, without asking the Orchestrator", async () => {
    const first = await openStar();
    const pin = await first.records.agent(agentVersion());
    first.kv.plant(
      agentVersionKey(pin),
      bytes(first.records.bodies.get(`/agent-versions/${pin.agent}/1`) ?? ""),
    );
    await run(first, pin);
    expect(versionReads(first)).toBe(0);
    expect(first.kv.reads).toBe(1);
  });

  it("[R3] that KV lacks comes from the Orchestrator and is written back", async () => {
    const star = await openStar();
    const pin = await star.records.agent(agentVersion());
    expect((await run(star, pin)).at(-1)?.type).toBe("finish");
    expect([versionReads(star), star.kv.writes]).toEqual([1, 1]);
  });

  it("[R4] is never replaced by other bytes that lie under its key", async () => {
    const star = await openStar();
    const pin = await star.records.agent(agentVersion());
    star.kv.plant(agentVersionKey(pin), bytes(JSON.stringify(agentVersion({ tools: [] }))));
    expect(textIn(await run(star, pin))).toContain("call calculate");
    expect(versionReads(star)).toBe(1);
  });

  it("[R5] of which the Orchestrator has other bytes, or none, is unavailable, in words", async () => {
    const star = await openStar();
    const pin = await star.records.agent(agentVersion());
    await star.records.agent(say("something else"));
    expect((await run(star, pin)).at(-1)).toMatchObject({
      type: "failure",
      problem: {
        code: "agent_version_unavailable",
        message: expect.stringMatching(/not the one the group pinned/) as string,
      },
    });
    star.records.bodies.clear();
    expect((await run(star, pin)).at(-1)).toMatchObject({
      problem: { code: "agent_version_unavailable" },
    });
    star.records.down = true;
    expect((await run(star, pin)).at(-1)).toMatchObject({
      problem: { code: "agent_version_unavailable" },
    });
  });

  it("[R6] is loaded once when many turns want it at the same time", async () => {
    const star = await openStar();
    const pin = await star.records.agent(agentVersion());
    await Promise.all(Array.from({ length: 20 }, () => run(star, pin)));
    expect([star.kv.reads, versionReads(star)]).toEqual([1, 1]);
  });

  it("[R7] is the one the briefing names, though KV is stale, caches misses and reorders writes", async () => {
    const star = await openStar();
    const tool = (name: "calculate" | "current_time") => ({
      tools: [{ type: "builtin" as const, name }],
    });
    const one = await star.records.agent(agentVersion({ version: 1, ...tool("calculate") }));
    const body = star.records.bodies.get(`/agent-versions/${one.agent}/1`) ?? "";
    await star.kv.get(agentVersionKey(one));
    await star.kv.put(agentVersionKey(one), body);
    expect(textIn(await run(star, one))).toContain("call calculate");
    const two = await star.records.agent(agentVersion({ version: 2, ...tool("current_time") }));
    await star.kv.get(agentVersionKey(two));
    for (let elapsed = 0; elapsed < 2 * STALE_MS; elapsed += 10_000) {
      const text = textIn(await run(star, two));
      expect(text).toContain("call current_time");
      expect(text).not.toContain("call calculate");
      star.clock.pass(10_000);
    }
    expect(textIn(await run(star, one))).toContain("call calculate");
  });

  it("[R8] is served although KV fails", async () => {
    const failing = {
      get: () => Promise.reject(new Error("KV is away")),
      put: () => Promise.reject(new Error("KV is away")),
    };
    const star = await openStar({ cache: failing });
    const pin = await star.records.agent(agentVersion());
    expect((await run(star, pin)).at(-1)?.type).toBe("finish");
  });
});
