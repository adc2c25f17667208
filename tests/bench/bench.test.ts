// The benchmark in its short form: what does not depend on the machine is asserted exactly, the rest with room for noise.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { SEGMENT_MAX_EVENTS } from "@acos/protocol";
import { beforeAll, describe, expect, it } from "vitest";

import { hostIsThere } from "../conformance/sandbox/host-process.ts";
import { REPOSITORY } from "../product.ts";
import { medianOf, type ContenderName, type Figure } from "./harness/figures.ts";
import { SUITES, type BenchFlags } from "./harness/flags.ts";
import { judge } from "./harness/goals.ts";
import { CONTEXT, FIGURES } from "./harness/names.ts";
import { runSuites } from "./run-suites.ts";

/** The whole of it, product starts included, on a machine that does other things as well. */
const TIMEOUT_MS = 420_000;
const SHORT: BenchFlags = {
  suites: SUITES,
  peers: false,
  rounds: 1,
  short: true,
  seed: 1,
  later: [],
};

let figures: readonly Figure[] = [];
let failures: readonly string[] = [];
const said: string[] = [];

beforeAll(async () => {
  ({ figures, failures } = await runSuites(SHORT, (line) => said.push(line)));
}, TIMEOUT_MS);

const ours = (name: string) => medianOf(figures, name, "acos") ?? Number.NaN;
const verdict = (goal: string) => judge(figures).find((each) => each.goal === goal);

describe("the short form", () => {
  it("[B20] ends every suite, and every contender gives every figure that it can", () => {
    expect(failures).toEqual([]);
    expect(said.filter((line) => line.includes("left out"))).toEqual([]);
    const measured = (name: string, contender: ContenderName) =>
      medianOf(figures, name, contender) !== undefined;
    for (const name of [FIGURES.firstTokenMs(1), FIGURES.replyMs, FIGURES.burstMs])
      for (const contender of ["bare-room", "acos"] as const)
        expect(measured(name, contender), `${name} of ${contender}`).toBe(true);
    expect(measured(FIGURES.tokensPerSecond, "direct")).toBe(true);
  });

  it("[B16] asks no database on the hot path", () => {
    expect(verdict("P11")).toMatchObject({ verdict: "met" });
    for (const per of ["100 messages", "100 runs"])
      for (const kind of ["D1 calls", "R2 calls", "KV calls", "calls for agent records"])
        expect(ours(FIGURES.hotCalls(kind, per)), `${kind} for ${per}`).toBe(0);
    // The counters do count: what was asked before anything was warm is not 0.
    expect(ours(FIGURES.hotCalls("D1 calls", "until warm"))).toBeGreaterThan(0);
    expect(ours(FIGURES.hotCalls("KV calls", "until warm"))).toBeGreaterThan(0);
    // One turn a run, and not one call more.
    expect(ours(FIGURES.hotCalls("calls of the Agents Worker", "100 runs"))).toBe(100);
    expect(ours(FIGURES.hotCalls("calls of the Agents Worker", "100 messages"))).toBe(0);
  });

  it("[B16] reads few rows for a message or a run, however many there are before it", () => {
    expect(ours(FIGURES.hotCalls("SQL rows read", "100 messages"))).toBeLessThanOrEqual(100 * 5);
    // What moves to R2 meanwhile is read as well, a few rows for each event of a segment: six calls of R2 are one segment.
    const moved = (ours(FIGURES.movingCalls) / 6) * SEGMENT_MAX_EVENTS;
    expect(ours(FIGURES.hotCalls("SQL rows read", "100 runs"))).toBeLessThanOrEqual(
      100 * 60 + moved * 5,
    );
  });

  it("[B16] counts the moving of old events beside it", () => {
    expect(ours(FIGURES.movingCalls)).toBeGreaterThanOrEqual(6);
    expect(ours(FIGURES.movingCalls)).toBeLessThanOrEqual(12);
  });

  it("[B17] tells an onlooker as much after a thousand messages as after none", () => {
    expect(verdict("P9")).toMatchObject({ verdict: "met" });
  });

  it("[B18] verifies by CPU alone and refuses every forgery", () => {
    expect(ours(FIGURES.authenticationCalls)).toBe(0);
    expect(ours(FIGURES.forgeriesAccepted)).toBe(0);
    expect(ours(FIGURES.forgeriesRefused)).toBeGreaterThanOrEqual(9);
    // The goal is 0.3; three times as much would be another algorithm and not a slow machine.
    expect(ours(FIGURES.authenticationWarmMs)).toBeLessThan(1);
  });

  it("[B18] prints the median verification against its goal", () => {
    expect(verdict("P16")?.measured).toMatch(/^[\d.]+ ms cached; [\d.]+ ms not cached$/);
    // Under the goal on an idle core; the caches of a busy one are somebody else's half of the time.
    expect(ours(FIGURES.authenticationWarmP50Ms)).toBeGreaterThan(0.01);
    expect(ours(FIGURES.authenticationWarmP50Ms)).toBeLessThan(1);
    expect(ours(FIGURES.authenticationP50Ms)).toBeLessThan(1);
  });

  it("[B22] closes a removed member's socket within two seconds, and takes no token from before", () => {
    expect(ours(FIGURES.revocationP99Ms)).toBeGreaterThan(0);
    expect(verdict("P17")).toMatchObject({ verdict: "met" });
    expect(ours(FIGURES.revokedTokensRefused)).toBe(10);
  });

  it("[B23] tells an agent as much in an old group as in a young one", () => {
    const at = (what: string, messages: number) => ours(FIGURES.context(what, messages));
    const ratio = (what: string) => at(what, 20_000) / at(what, 5_000);
    for (const what of [CONTEXT.tokens, CONTEXT.mostTold, CONTEXT.bytes])
      expect(ratio(what), what).toBeLessThanOrEqual(1.1);
    expect(at(CONTEXT.wholeTokens, 20_000)).toBeGreaterThan(50 * at(CONTEXT.tokens, 20_000));
    // Times of a busy machine: several times as long would be work that grows with the log.
    for (const what of [CONTEXT.composeMicroseconds, CONTEXT.modelCallMs, CONTEXT.visitMs])
      expect(ratio(what), what).toBeLessThanOrEqual(3);
    expect(ratio(CONTEXT.objectKilobytes)).toBeLessThanOrEqual(1.5);
    expect(at(CONTEXT.ledgerKilobytes, 20_000)).toBeLessThan(4);
  });

  it("[B23] answers what was told among the first messages, by summary and by recall", () => {
    const at = (what: string) => ours(FIGURES.context(what, 20_000));
    expect(at(CONTEXT.facts)).toBeGreaterThanOrEqual(9);
    expect(at(CONTEXT.factsRecalled)).toBeGreaterThanOrEqual(4);
  });

  it("[B24] tells four agents the same, up to their own instructions", () => {
    expect(verdict("P19")).toMatchObject({ verdict: "met" });
  });

  it("[B26] runs twenty sandboxes within their limits, and tells what a command takes beside bare ways", () => {
    if (!hostIsThere()) {
      expect(said).toContain("sandbox: the Sandbox Host comes with a later part");
      return;
    }
    expect(verdict("P21")).toMatchObject({ verdict: "met" });
    const bare = medianOf(figures, FIGURES.sandboxTrueMs("p50"), "bubblewrap") ?? Number.NaN;
    // The goals are 15 and 250 ms on idle cores; several times as long would be another way of doing it.
    expect(ours(FIGURES.sandboxTrueMs("p50"))).toBeLessThan(Math.max(150, 20 * bare));
    expect(ours(FIGURES.sandboxRestTrueMs("p50"))).toBeLessThan(300);
    expect(ours(FIGURES.sandboxStartMs("without", "p50"))).toBeLessThan(3_000);
    expect(ours(FIGURES.sandboxStartMs("with", "p50"))).toBeGreaterThan(0);
  });

  it("[B19] loses and doubles nothing that was acknowledged", () => {
    expect(ours(FIGURES.lostMessages)).toBe(0);
    expect(ours(FIGURES.repeatedMessages)).toBe(0);
  });

  it("[B21] brings a run that was cut off to its end", () => {
    expect(ours(FIGURES.resumedMs)).toBeGreaterThan(0);
    expect(ours(FIGURES.readyMs)).toBeLessThan(30_000);
  });

  it("stays within generous reach of the bare room", () => {
    const bare = (name: string) => medianOf(figures, name, "bare-room") ?? Number.NaN;
    expect(ours(FIGURES.tokensPerSecond)).toBeGreaterThan(0.03 * bare(FIGURES.tokensPerSecond));
    expect(ours(FIGURES.messagesPerSecond)).toBeGreaterThan(100);
    expect(ours(FIGURES.restMegabytes)).toBeLessThan(600);
  });
});

describe("the command", () => {
  it("prints figures, goals and what comes later", () => {
    const program = join(REPOSITORY, "tests/bench/bench.ts");
    const printed = execFileSync(process.execPath, [program, "auth", "web", "--short"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    expect(printed).toMatch(/\| auth: CPU of one verification/);
    expect(printed).toMatch(/\| P10 .*\| met /);
    expect(printed).toMatch(/come with later parts of the product: web/);
    expect(printed).toMatch(/ratios against them are not measured/);
  });
});
