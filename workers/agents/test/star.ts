// A small star around the Worker under test: a certificate authority, a group that signs, records, a cache, a clock.
import {
  AGENTS_ORIGIN,
  makeId,
  toolCallClaimSchema,
  type AgentPin,
  type AgentVersion,
  type Briefing,
  type ProviderPin,
  type ProviderVersion,
  type RunId,
  type SummaryRequest,
  type ToolArguments,
  type ToolCallClaim,
  type ToolCallRequest,
  type TurnPart,
  type WindowMessage,
} from "@acos/protocol";
import { StaleKv } from "@acos/testkit";
import {
  argumentsDigest,
  generateKeyPair,
  importSigningKey,
  publicJwks,
  sha256Hex,
  signRequest,
  signSessionCertificate,
  signToolGrant,
  type Caps,
  type KeyPair,
  type SigningKey,
} from "@acos/trust";

import { createAgentsWorker, type AgentsWorker } from "../src/agents-worker.ts";
import type { Clock } from "../src/clock.ts";
import type { AgentsBindings, RecordCache } from "../src/env.ts";

export const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);

let made = 0;
const random = () => {
  made += 1;
  return new Uint8Array(10).map((_, index) =>
    index === 9 ? made & 255 : index === 8 ? made >> 8 : 7,
  );
};
export const ORG = makeId("org", NOW, random());
export const GROUP = makeId("group", NOW, random());
const AGENT = makeId("agent", NOW, random());
export const RUN = makeId("run", NOW, random());
export const CALL = makeId("toolCall", NOW, random());
export const OTHER_GROUP = makeId("group", NOW, random());
export const OTHER_ORG = makeId("org", NOW, random());

export function agentVersion(over: Partial<AgentVersion> = {}): AgentVersion {
  return {
    agent: AGENT,
    org: ORG,
    version: 1,
    handle: "ada",
    name: "Ada",
    instructions: "You are Ada.",
    model: "rehearsal/rehearsal-1",
    tools: [
      { type: "builtin", name: "calculate" },
      { type: "builtin", name: "current_time" },
    ],
    ...over,
  };
}

/** The Orchestrator's records as the Worker reaches them, with every read counted. */
export class FakeRecords {
  readonly bodies = new Map<string, string>();
  readonly reads: string[] = [];
  down = false;

  fetch = (url: string): Promise<Response> => {
    const path = new URL(url).pathname;
    this.reads.push(path);
    if (this.down) return Promise.reject(new TypeError("no route"));
    const body = this.bodies.get(path);
    return Promise.resolve(
      body === undefined ? new Response(null, { status: 404 }) : new Response(body),
    );
  };

  async keys(pairs: readonly KeyPair[]): Promise<void> {
    const jwks = await publicJwks(pairs.map(({ privateJwk }) => privateJwk));
    this.bodies.set("/.well-known/jwks.json", JSON.stringify(jwks));
  }

  async agent(version: AgentVersion): Promise<AgentPin> {
    const body = JSON.stringify(version);
    this.bodies.set(`/agent-versions/${version.agent}/${version.version}`, body);
    const { agent, org, model } = version;
    const sha256 = await sha256Hex(body);
    return {
      agent,
      org,
      model,
      version: version.version,
      sha256,
      provider: null,
      revision: version.version,
    };
  }

  async provider(provider: ProviderVersion): Promise<ProviderPin> {
    const body = JSON.stringify(provider);
    const { org, name, version } = provider;
    this.bodies.set(`/provider-versions/${org}/${name}/${version}`, body);
    return { name, version, sha256: await sha256Hex(body) };
  }
}

/** The group's word on effects: each call is given away once, by default; counts and failures are a test's to set. */
export class FakeClaims {
  readonly asked: ToolCallClaim[] = [];
  /** What happens to a claim instead of being granted: a Problem's status, or a desk that is not there. */
  refusal: Response | "away" | undefined;

  fetch = (_url: string, { body }: RequestInit): Promise<Response> => {
    const claim = toolCallClaimSchema.parse(JSON.parse(String(body)));
    const isTaken = this.asked.some(({ call, run }) => call === claim.call && run === claim.run);
    this.asked.push(claim);
    if (this.refusal === "away") return Promise.reject(new TypeError("no route"));
    if (this.refusal !== undefined) return Promise.resolve(this.refusal);
    const refused = { code: "conflict", message: "taken" };
    return Promise.resolve(
      isTaken ? Response.json(refused, { status: 409 }) : new Response(null, { status: 204 }),
    );
  };
}

/** Time that passes when a test says so; timers fire in their order. A timer of 0 ms fires by itself, soon. */
export class FakeClock implements Clock {
  #now: number;
  #timers: { at: number; run: () => void }[] = [];

  constructor(nowMs: number) {
    this.#now = nowMs;
  }

  now = (): number => this.#now;

  after = (ms: number, run: () => void): (() => void) => {
    if (ms === 0) {
      const soon = setImmediate(run);
      return () => clearImmediate(soon);
    }
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** Timers that wait for time to pass. */
  get waiting(): number {
    return this.#timers.length;
  }

  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.at;
      next.run();
    }
    this.#now = until;
  }
}

export interface Signing {
  readonly run?: RunId | null;
  readonly caps?: Caps;
  readonly certificate?: string;
  readonly nowMs?: number;
  readonly epoch?: number;
}

export interface Star {
  readonly worker: AgentsWorker;
  readonly clock: FakeClock;
  readonly records: FakeRecords;
  readonly claims: FakeClaims;
  readonly kv: StaleKv;
  readonly bindings: AgentsBindings;
  readonly logged: Readonly<Record<string, unknown>>[];
  readonly authority: KeyPair;
  /** The group's session key. */
  readonly session: SigningKey;
  /** Issues a certificate for the star's session key. */
  certify(caps?: Caps, authority?: KeyPair, epoch?: number): Promise<string>;
  /** A call as the group sends it, with its grant. */
  toolCall(pin: AgentPin, deed: Deed): Promise<ToolCallRequest>;
  /** Another isolate of the same deployment: it remembers nothing of what this one saw. */
  isolate(): AgentsWorker;
  sign(path: string, body: unknown, signing?: Signing): Promise<Request>;
  send(path: string, body: unknown, signing?: Signing): Promise<Response>;
  /** Resolves when all work that outlives its request has ended. */
  settled(): Promise<void>;
}

/** What a call does, and which one it is: a fresh one unless a test says so. */
export interface Deed extends Partial<Pick<ToolCallRequest, "call" | "dispatch">> {
  readonly tool: string;
  readonly arguments: ToolArguments;
}

export interface StarOptions {
  readonly env?: Partial<Omit<AgentsBindings, "AGENT_CACHE" | "RECORDS" | "CLAIMS">>;
  readonly cache?: RecordCache;
  readonly fetcher?: (url: string, init: RequestInit) => Promise<Response>;
}

export async function openStar(options: StarOptions = {}): Promise<Star> {
  const [authority, session] = await Promise.all([generateKeyPair(), generateKeyPair()]);
  const sessionKey = await importSigningKey(session.privateJwk);
  const clock = new FakeClock(NOW);
  const records = new FakeRecords();
  const claims = new FakeClaims();
  const kv = new StaleKv({ now: clock.now, random: () => 0.5 });
  await records.keys([authority]);
  const bindings = {
    AGENT_CACHE: options.cache ?? kv,
    RECORDS: records,
    CLAIMS: claims,
    REHEARSAL_DELAY_MS: "0",
    ...options.env,
  };
  const logged: Readonly<Record<string, unknown>>[] = [];
  const fetcher = options.fetcher ?? ((url: string, init: RequestInit) => fetch(url, init));
  const isolate = () =>
    createAgentsWorker({
      clock,
      fetcher,
      log: (event, fields) => logged.push({ event, ...fields }),
    });
  const worker = isolate();
  const alive: Promise<unknown>[] = [];
  const star: Star = {
    worker,
    clock,
    records,
    claims,
    kv,
    bindings,
    logged,
    authority,
    session: sessionKey,
    isolate,
    toolCall: (pin, deed) => toolCallOf(star, pin, deed),
    certify: async (caps = {}, signer = authority, epoch = 1) =>
      signSessionCertificate(
        {
          audience: "acos:agents-worker",
          org: ORG,
          group: GROUP,
          publicJwk: session.publicJwk,
          epoch,
          caps,
        },
        await importSigningKey(signer.privateJwk),
        clock.now(),
      ),
    sign: async (path, body, signing = {}) => {
      const bytes = new TextEncoder().encode(
        typeof body === "string" ? body : JSON.stringify(body),
      );
      const url = `${AGENTS_ORIGIN}${path}`;
      const headers = new Headers({ "content-type": "application/json" });
      const signed = await signRequest(
        { method: "POST", url, headers, body: bytes },
        {
          ...sessionKey,
          certificate:
            signing.certificate ?? (await star.certify(signing.caps, authority, signing.epoch)),
          run: signing.run === undefined ? RUN : signing.run,
          nonce: crypto.getRandomValues(new Uint8Array(16)),
          nowMs: signing.nowMs ?? clock.now(),
        },
      );
      for (const [name, value] of Object.entries(signed)) headers.set(name, value);
      return new Request(url, { method: "POST", headers, body: bytes });
    },
    send: async (path, body, signing) =>
      worker.fetch(await star.sign(path, body, signing), bindings, {
        waitUntil: (work) => void alive.push(work),
      }),
    settled: async () => {
      await Promise.all(alive.splice(0));
    },
  };
  return star;
}

async function toolCallOf(star: Star, pin: AgentPin, deed: Deed): Promise<ToolCallRequest> {
  const call = deed.call ?? makeId("toolCall", NOW, random());
  const bound = { group: GROUP, run: RUN, turn: 1, call, dispatch: deed.dispatch ?? 1 };
  const digest = await argumentsDigest(deed.tool, deed.arguments);
  const claims = { audience: "acos:tool-gateway", ...bound, argumentsDigest: digest } as const;
  const grant = await signToolGrant(claims, star.session, star.clock.now());
  return { ...bound, org: ORG, pin, tool: deed.tool, arguments: deed.arguments, grant };
}

export function briefing(pin: AgentPin, text: string, over: Partial<Briefing> = {}): Briefing {
  const message = makeId("message", NOW, random());
  return {
    briefing: makeId("briefing", NOW, random()),
    group: GROUP,
    org: ORG,
    run: RUN,
    turn: 1,
    at: NOW,
    agent: { pin, member: makeId("member", NOW, random()), handle: "ada", name: "Ada" },
    charter: "This group tests.",
    pinned: [],
    summary: "",
    window: [{ message, text: `[Olive, 12:00] ${text}` }],
    closing: "It is noon.",
    trigger: { message, author: "Olive", text },
    steps: [],
    ...over,
  };
}

/** A message as the group labels it for a window. */
export function labelled(seq: number, text: string, by = "Olive (@olive, person)"): WindowMessage {
  const indented = text.replaceAll("\n", "\n  ");
  const label = `[#${seq} 2026-11-22 11:${String(seq % 60).padStart(2, "0")} UTC] ${by}:`;
  return { message: makeId("message", NOW, random()), text: `${label}\n  ${indented}` };
}

export function summaryRequest(
  pin: AgentPin,
  over: Partial<SummaryRequest> = {},
): { readonly body: SummaryRequest; readonly signing: Signing } {
  const messages = [labelled(1, "Goal: ship on Friday"), labelled(2, "remember: the key is blue")];
  const summary = makeId("summary", NOW, random());
  const named = { summary, group: GROUP, org: ORG, at: NOW, pin };
  // No run is behind a summary.
  return {
    body: { ...named, previous: "", messages, maxTokens: 800, ...over },
    signing: { run: null },
  };
}

/** All parts of a turn's stream. */
export async function partsOf(response: Response): Promise<TurnPart[]> {
  const lines = (await response.text()).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as TurnPart);
}

export function textIn(parts: readonly TurnPart[]): string {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}
