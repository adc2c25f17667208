// What a request and its redirects may reach and carry along, and how it ends.
import { existsSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { createEgress, UnreachableError } from "../src/index.ts";
import { cannedNetwork, redirect, request } from "./network.ts";
import { CLOSED } from "./policies.ts";
import { describeAttacks } from "./vectors.ts";

const FORBIDDEN = { problem: { code: "forbidden_address" } };

/** Scenarios of the list, each with the test that plays it; those of names are played by the runtime, in hosts/local. */
const PLAYED = [
  "302 chain of 30 public hops",
  "302 to file:///etc/passwd",
  "302 to https with bad cert",
  "Location with CRLF",
  "meta refresh (HTML; must not be followed)",
  "HTTP/2 alt-svc to 127.0.0.1",
  "DNS A: [public, 127.0.0.1] in one answer",
  "DNS AAAA ::1 with A public",
  "DNS CNAME to metadata.google.internal",
  "DNS answer changes between check and connect",
  "CONNECT through allowed host",
  "Host header of inner service on public IP",
  "endless body at 1 B/s",
  "10 MiB headers",
];

describeAttacks({ existsSync, readFileSync }, ({ urls, scenarios }) => {
  it("[E2] is never called", async () => {
    const { egress, sent } = cannedNetwork({});
    for (const url of urls) await expect(egress(url, request)).rejects.toMatchObject(FORBIDDEN);
    expect(sent).toEqual([]);
  });

  it("[E6] is never called as the target of a redirect", async () => {
    for (const url of urls) {
      const location = url.replaceAll(/[^\x20-\x7e]/g, encodeURIComponent);
      const { egress, sent } = cannedNetwork({ "https://a.com/": redirect(location) });
      await egress("https://a.com/", request).catch(() => undefined);
      const reached = sent.slice(1).map((one) => one.url);
      // What is no absolute URL is a path at the same place, whatever it looks like.
      expect(reached.filter((one) => !one.startsWith("https://a.com/"))).toEqual([]);
    }
  });

  it("[E6] has no scenario that is not played", () => {
    expect(scenarios.filter((scenario) => !PLAYED.includes(scenario))).toEqual([]);
  });
});

describe("redirects", () => {
  it("[E5] follows a redirect on the same origin with everything", async () => {
    const { egress, sent } = cannedNetwork({
      "https://a.com/1": redirect("/2"),
      "https://a.com/2": new Response("two"),
    });
    expect(await (await egress("https://a.com/1", request)).text()).toBe("two");
    expect(sent[1]?.headers["authorization"]).toBe("Bearer secret");
  });

  it.each(["https://b.com/", "http://a.com/", "https://a.com:8443/", "https://x.a.com/"])(
    "[E5] drops credentials where the origin changes: %s",
    async (to) => {
      const secret = { cookie: "a=b", "x-api-key": "k", "proxy-authorization": "p" };
      const headers = new Headers({ authorization: "Bearer secret", accept: "a/b", ...secret });
      const { egress, sent } = cannedNetwork({
        "https://a.com/1": redirect(to),
        [to]: new Response("b"),
      });
      await egress("https://a.com/1", { ...request, headers });
      expect(sent[1]?.headers).toEqual({ accept: "a/b" });
    },
  );

  it("[E5] does not bring credentials back where a redirect returns", async () => {
    const { egress, sent } = cannedNetwork({
      "https://a.com/1": redirect("https://b.com/"),
      "https://b.com/": redirect("https://a.com/2"),
      "https://a.com/2": new Response("back"),
    });
    await egress("https://a.com/1", request);
    expect(sent[2]?.headers).toEqual({ accept: "a/b" });
  });

  it.each([
    "http://127.0.0.1/",
    "file:///etc/passwd",
    "http://169.254.169.254/latest",
    "http://a:b@b.com/",
    "//[::1]/",
    "\\\\127.0.0.1\\x",
    "http:\\\\127.0.0.1",
    "https://b.com:22/",
    "ftp://b.com/",
  ])("[E6] refuses a redirect to %s", async (location) => {
    const { egress, sent } = cannedNetwork({ "https://a.com/1": redirect(location) });
    await expect(egress("https://a.com/1", request)).rejects.toMatchObject(FORBIDDEN);
    expect(sent).toHaveLength(1);
  });

  it.each(["https://a.com/1", "http://box.local/1"])(
    "[E6] refuses a redirect from %s into the local network, open though that is",
    async (from) => {
      const answers = { [from]: redirect("http://127.0.0.1:11434/") };
      const { egress, sent } = cannedNetwork(answers, { local: true, allow: ["box.local"] });
      await expect(egress(from, request)).rejects.toThrow(/redirects to a local address/);
      expect(sent).toHaveLength(1);
    },
  );

  it("[E6] refuses a location with a line end, which no runtime should hand on", async () => {
    const sent: string[] = [];
    const answer = {
      status: 302,
      headers: { get: () => "https://b.com/\r\nHost: inner" },
      body: null,
    } as unknown as Response;
    const egress = createEgress(CLOSED, (url) => {
      sent.push(url);
      return Promise.resolve(answer);
    });
    await expect(egress("https://a.com/", request)).rejects.toMatchObject(FORBIDDEN);
    expect(sent).toEqual(["https://a.com/"]);
  });

  it("[E6] gives up after five redirects, in a circle and in a chain of thirty", async () => {
    const circle = cannedNetwork({ "https://a.com/1": redirect("https://a.com/1") });
    await expect(circle.egress("https://a.com/1", request)).rejects.toThrow(/more than 5 times/);
    expect(circle.sent).toHaveLength(6);
    const hops = Array.from({ length: 30 }, (_, nth) => [
      `https://h${nth}.com/`,
      redirect(`https://h${nth + 1}.com/`),
    ]);
    const chain = cannedNetwork(Object.fromEntries(hops) as Record<string, Response>);
    await expect(chain.egress("https://h0.com/", request)).rejects.toMatchObject(FORBIDDEN);
    expect(chain.sent).toHaveLength(6);
  });

  it("[E6] follows neither a page's own refresh nor a header that names another server", async () => {
    const page = '<meta http-equiv="refresh" content="0;url=http://127.0.0.1/">';
    const headers = { refresh: "0;url=http://127.0.0.1/", "alt-svc": 'h2="127.0.0.1:443"' };
    const { egress, sent } = cannedNetwork({
      "https://a.com/": new Response(page, { headers: { ...headers, location: "http://[::1]/" } }),
    });
    expect(await (await egress("https://a.com/", request)).text()).toBe(page);
    await egress("https://a.com/", request);
    expect(sent.map(({ url }) => url)).toEqual(["https://a.com/", "https://a.com/"]);
  });

  it("[E7] turns a POST into a GET without its body at 303, and sends it again at 307 on the same origin only", async () => {
    const post = { ...request, method: "POST", body: "{}" };
    const { egress, sent } = cannedNetwork({
      "https://a.com/303": redirect("https://b.com/", 303),
      "https://a.com/307": redirect("https://a.com/ok", 307),
      "https://a.com/away": redirect("https://b.com/", 307),
      "https://a.com/ok": new Response(),
      "https://b.com/": new Response(),
    });
    await egress("https://a.com/303", post);
    expect(sent[1]).toMatchObject({ method: "GET", body: undefined });
    await egress("https://a.com/307", post);
    expect(sent[3]).toMatchObject({ method: "POST", body: "{}" });
    await expect(egress("https://a.com/away", post)).rejects.toThrow(/redirects a POST request/);
  });
});

describe("answers", () => {
  it("[E8] breaks off an answer that is larger than allowed", async () => {
    const { egress } = cannedNetwork({ "https://a.com/": new Response("x".repeat(1001)) });
    const response = await egress("https://a.com/", request);
    await expect(response.text()).rejects.toThrow(/larger than 1000 bytes/);
  });

  it("[E8] ends a body that comes byte by byte when its caller's time is over", async () => {
    const time = new AbortController();
    const dripping = (signal: AbortSignal) =>
      new ReadableStream<Uint8Array>({
        start: (controller) =>
          signal.addEventListener("abort", () => controller.error(signal.reason)),
        pull: (controller) => controller.enqueue(new Uint8Array(1)),
      });
    const egress = createEgress(CLOSED, (_url, init) =>
      Promise.resolve(new Response(dripping(init.signal as AbortSignal))),
    );
    const response = await egress("https://a.com/", { ...request, signal: time.signal });
    const reader = response.body!.getReader();
    expect((await reader.read()).value).toHaveLength(1);
    time.abort(new Error("time is over"));
    const rest = async () => {
      while (!(await reader.read()).done);
    };
    await expect(rest()).rejects.toThrow("time is over");
  });
});

describe("the way out", () => {
  it("[E9] is the network that each hop was judged for", async () => {
    const policy = { local: true, allow: ["box.local", "listed.com"] };
    const { egress, sent } = cannedNetwork(
      {
        "http://127.0.0.1:9/": redirect("http://[::1]:9/"),
        "http://[::1]:9/": redirect("http://box.local/"),
        "http://box.local/": redirect("https://listed.com/"),
        "https://listed.com/": redirect("https://a.com/"),
        "https://a.com/": new Response("there"),
      },
      policy,
    );
    await egress("http://127.0.0.1:9/", request);
    const taken = sent.map(({ network }) => network);
    expect(taken).toEqual(["local", "local", "listed", "listed", "public"]);
  });

  it.each(["https://no-such-name.com/", "https://bad-certificate.com/"])(
    "[E11] says in our own words that nothing answered at %s",
    async (url) => {
      const { egress } = cannedNetwork({ "https://a.com/": redirect(url) });
      const failed = await egress("https://a.com/", request).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(UnreachableError);
      expect(String(failed)).toMatch(/-(?:name|certificate)\.com could not be reached/);
      expect(JSON.stringify(failed) + String(failed)).not.toMatch(/internal error|reference/);
      expect((failed as Error).cause).toBeUndefined();
    },
  );

  it("[E11] leaves an abort what it is", async () => {
    const time = new AbortController();
    const egress = createEgress(CLOSED, () => {
      time.abort(new Error("time is over"));
      return Promise.reject(time.signal.reason as Error);
    });
    const asked = egress("https://a.com/", { ...request, signal: time.signal });
    await expect(asked).rejects.toThrow("time is over");
  });

  it("[E12] asks for the URL's own host, whatever a header says", async () => {
    const headers = new Headers({ host: "inner.service", accept: "a/b" });
    const { egress, sent } = cannedNetwork({ "https://8.8.8.8/": new Response("x") });
    await egress("https://8.8.8.8/", { ...request, headers });
    expect(sent[0]?.headers).toEqual({ accept: "a/b" });
  });
});
