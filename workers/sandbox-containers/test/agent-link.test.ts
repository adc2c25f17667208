// Tests of the way to the in-sandbox agent: under the right epoch, with its bearer, and with nothing of ours passed on.
import { describe, expect, it } from "vitest";

import { problemOf, scene } from "./scene.ts";

const frames = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { t: string; code?: number });

describe("a call of the agent", () => {
  it("[D1] is answered as the agent answers it, streams included", async () => {
    const { open, ask } = await scene();
    const { epoch } = await open();
    const json = { command: "echo hi; exit 3" };
    const answer = await ask({ method: "POST", path: "/agent/procs", json, epoch });
    expect(frames(await answer.text()).at(-1)).toMatchObject({ t: "exit", code: 3 });
    const written = await ask({
      method: "PUT",
      path: "/agent/files",
      search: "?path=a.txt",
      body: new TextEncoder().encode("one"),
      epoch,
    });
    expect(written.status).toBe(200);
    const read = await ask({ path: "/agent/files", search: "?path=a.txt", epoch });
    expect(await read.text()).toBe("one");
    expect(read.headers.get("acos-entry")).toBe("file");
    const missing = await ask({ path: "/agent/files", search: "?path=b.txt", epoch });
    expect(await problemOf(missing)).toMatchObject({ code: "not_found" });
  });

  it("[D2] of another start, or of none, is refused before it is made", async () => {
    const { open, ask, object } = await scene();
    await open();
    const before = object().container.seen.length;
    for (const epoch of [undefined, "0123456789abcdef"]) {
      const refused = await ask({ path: "/agent/ports", epoch });
      expect(await problemOf(refused)).toMatchObject({ code: "sandbox_replaced" });
    }
    expect(object().container.seen).toHaveLength(before);
  });

  it("[D3] carries the bearer and none of our proof, and its path and query byte for byte", async () => {
    const { open, ask, object, group, sandbox } = await scene();
    const { epoch } = await open();
    await ask({
      path: "/agent/ports/5173/proxy/a%2Fb//c",
      search: "?x=%20&&y",
      epoch,
      headers: { accept: "text/x", authorization: "Bearer mine", "x-forwarded-for": "1.2.3.4" },
    });
    const { url, headers } = object().container.seen.at(-1)!;
    expect(url.replace(/^http:\/\/[^/]+/, "")).toBe("/ports/5173/proxy/a%2Fb//c?x=%20&&y");
    const names = [...headers].map(([name]) => name).toSorted();
    expect(names).toEqual(["accept", "authorization", "content-type"]);
    const env = object().container.starts[0]!.env;
    expect(headers.get("authorization")).toBe(`Bearer ${env["ACOS_AGENT_BEARER"]}`);
    expect(JSON.stringify([...headers])).not.toContain(group.group);
    expect(url).not.toContain(sandbox);
  });

  it("[D3] asks under another bearer after another start", async () => {
    const { open, ask, object } = await scene();
    await open();
    await ask({ method: "POST", path: "/stop" });
    await open();
    const [first, second] = object().container.starts;
    expect(first?.env["ACOS_AGENT_BEARER"]).not.toBe(second?.env["ACOS_AGENT_BEARER"]);
  });

  it("[D4] does not follow where an agent's answer points", async () => {
    const { open, ask, object } = await scene();
    const { epoch } = await open();
    const headers = { location: "http://169.254.169.254/" };
    object().container.answers = () => new Response(null, { status: 302, headers });
    const answer = await ask({ path: "/agent/ports/80/proxy/", epoch });
    expect(object().container.seen.at(-1)?.redirect).toBe("manual");
    expect(answer.status).toBe(302);
    expect(answer.headers.get("location")).toBe(headers.location);
  });

  it("[D5] that gets no answer fails in words; of a container that has gone it says replaced", async () => {
    const { open, ask, object, logged } = await scene();
    const { epoch } = await open();
    object().container.looksUntilReady = Infinity;
    const silent = await ask({ path: "/agent/ports", epoch });
    expect(await problemOf(silent)).toMatchObject({ code: "sandbox_failed" });
    object().container.answers = () => {
      object().container.running = false;
      throw new Error("reset");
    };
    object().container.looksUntilReady = 1;
    const gone = await ask({ path: "/agent/ports", epoch });
    expect(await problemOf(gone)).toMatchObject({ code: "sandbox_replaced" });
    expect(await (await ask()).json()).toMatchObject({ ended: { reason: "lost" } });
    expect(logged).toEqual([]);
  });
});
