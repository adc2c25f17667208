// The Worker under test: the real Group Controller, with an Agents Worker and a certificate authority that do as told.
import { WorkerEntrypoint } from "cloudflare:workers";

import {
  GROUP_ORIGIN,
  LOOKING_TOOLS,
  SUMMARIES_PATH,
  SUMMARY_SECTIONS,
  summaryRequestSchema,
  TOOL_CALL_CLAIMS_PATH,
  toolCallRequestSchema,
  turnRequestSchema,
  type AuditTrailControl,
  type Briefing,
  type CertificateAuthorityControl,
  type GroupDirectoryControl,
  type GroupId,
  type GroupNews,
  type Result,
  type SessionCredentials,
  type SummaryRequest,
  type ToolArguments,
  type ToolCallClaim,
  type ToolCallRequest,
  type TurnPart,
} from "@acos/protocol";
import {
  argumentsDigest,
  generateKeyPair,
  importSigningKey,
  KeyRing,
  publicJwks,
  signSessionCertificate,
  verifyToolGrant,
  type KeyPair,
  type PublicJwk,
} from "@acos/trust";

import { answerAsHost } from "./fake-sandbox-host.ts";
import type { Bindings } from "../src/env.ts";
import { GroupController as RealGroupController } from "../src/index.ts";

/** What befalls the groups' cold storage: its `at`-th use from now on ends the object, before or after it was done. */
export const mishap: { at: number; when: "before" | "after" | "refused" } = {
  at: 0,
  when: "before",
};

/** What cold storage keeps holding before it takes it: whatever has this in its key. */
export const holding: { puts: string | null; held: number } = { puts: null, held: 0 };

async function whileHeld(key: string): Promise<void> {
  if (holding.puts === null || !key.includes(holding.puts)) return;
  holding.held += 1;
  while (holding.puts !== null && key.includes(holding.puts)) await scheduler.wait(5);
}

/** A bucket that has mishaps. */
function unlucky(bucket: R2Bucket, die: () => void): R2Bucket {
  const use = async <T>(done: () => Promise<T>): Promise<T> => {
    const isNow = mishap.at > 0 && (mishap.at -= 1) === 0;
    if (isNow && mishap.when === "refused") throw new Error("the bucket does not answer");
    if (isNow && mishap.when === "before") die();
    const answer = await done();
    if (isNow && mishap.when === "after") die();
    return answer;
  };
  return {
    get: (...given: Parameters<R2Bucket["get"]>) => use(() => bucket.get(...given)),
    put: async (...given: Parameters<R2Bucket["put"]>) => {
      await whileHeld(given[0]);
      return use(() => bucket.put(...given));
    },
    list: (...given: Parameters<R2Bucket["list"]>) => use(() => bucket.list(...given)),
    delete: (...given: Parameters<R2Bucket["delete"]>) => use(() => bucket.delete(...given)),
  } as unknown as R2Bucket;
}

/** How far the groups' clock is ahead of the machine's, in milliseconds. */
export const clock = { aheadMs: 0 };

export class GroupController extends RealGroupController {
  constructor(context: DurableObjectState, bindings: Bindings) {
    const die = (): void => context.abort("a mishap");
    super(context, { ...bindings, ARCHIVE: unlucky(bindings.ARCHIVE, die) });
  }

  protected override now(): number {
    return super.now() + clock.aheadMs;
  }
}

export { ToolCallClaims } from "../src/index.ts";

const USAGE = { inputTokens: 3, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 };
const FINISH: TurnPart = { type: "finish", reason: "stop", usage: USAGE, cost: 0.5 };
const CALLS: TurnPart = { ...FINISH, reason: "tool-calls" };

/** What the fake says follows from the message that woke the agent alone. */
function script({ trigger, steps, turn }: Briefing): readonly (TurnPart | "hang" | "break")[] {
  const words = trigger.text.replace(/^@\S+ /, "");
  const start: TurnPart = { type: "start", model: "fake/fake-1" };
  const say = (text: string): TurnPart => ({ type: "text", part: 0, text });
  const call = ([tool = "", path = "/a"]: readonly string[]): TurnPart => ({
    type: "tool-call",
    tool,
    arguments: { path },
    effect: tool === "write",
  });
  if (words.startsWith("say ")) return [start, ...words.slice(4).split(/(?= )/).map(say), FINISH];
  if (/^(?:read|write)(?: \w+)?$/.test(words)) {
    const result = steps.at(-1)?.calls[0]?.result.text;
    return turn === 1
      ? [start, call(words.split(" ")), CALLS]
      : [start, say(`got ${result}`), FINISH];
  }
  if (words.startsWith("use ")) {
    const calls = words.slice("use ".length).split(" & ").map(callIn);
    const results = steps.at(-1)?.calls.map(({ result }) => result.text);
    return turn === 1
      ? [start, ...calls, CALLS]
      : [start, say(`got ${results?.join(" | ")}`), FINISH];
  }
  if (words.startsWith("recall ")) {
    const query = words.slice("recall ".length);
    const look: TurnPart = {
      type: "tool-call",
      tool: "recall",
      arguments: { query },
      effect: false,
    };
    const result = steps.at(-1)?.calls[0]?.result.text;
    return turn === 1 ? [start, look, CALLS] : [start, say(`found ${result}`), FINISH];
  }
  if (words === "hang") return [start, say("so far"), "hang"];
  if (words === "break") return [start, say("half"), "break"];
  if (words === "fail")
    return [
      start,
      { type: "failure", problem: { code: "provider_refused", message: "The key is wrong." } },
    ];
  return [start, FINISH];
}

/** A call written as `tool {arguments}`; only looking tools say that they have no effect. */
function callIn(words: string): TurnPart {
  const [tool = ""] = words.split(" ");
  const args = JSON.parse(words.slice(tool.length)) as ToolArguments;
  const looks = (LOOKING_TOOLS as readonly string[]).includes(tool);
  return { type: "tool-call", tool, arguments: args, effect: !looks };
}

/** Writes the parts; a hanging turn beats on until its reader has gone. */
async function play(
  parts: ReturnType<typeof script>,
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  const encoder = new TextEncoder();
  const send = (part: TurnPart): Promise<void> =>
    writer.write(encoder.encode(`${JSON.stringify(part)}\n`));
  try {
    for (const part of parts) {
      if (part === "break") break;
      if (part !== "hang") await send(part);
      else for (;;) await beat(send);
    }
    await writer.close();
  } catch {
    // The reader has gone: a turn that nobody waits for ends here.
  }
}

async function beat(send: (part: TurnPart) => Promise<void>): Promise<void> {
  await scheduler.wait(BEAT_MS);
  await send({ type: "beat" });
}

const BEAT_MS = 20;

/** Claims as the group answers them, in the order of asking. */
async function claim(desk: Fetcher, claims: readonly ToolCallClaim[]): Promise<string> {
  const statuses: number[] = [];
  for (const body of claims) {
    const url = `${GROUP_ORIGIN}${TOOL_CALL_CLAIMS_PATH}`;
    const response = await desk.fetch(url, { method: "POST", body: JSON.stringify(body) });
    await response.body?.cancel();
    statuses.push(response.status);
  }
  return statuses.join(" ");
}

/** Throws TrustError unless the call carries the grant of the request's own session key for exactly this call. */
async function requireGrant(wanted: ToolCallRequest, certificate: string): Promise<void> {
  const claims = JSON.parse(atob(certificate.split(".")[1] ?? "")) as { cnf: { jwk: PublicJwk } };
  const { grant, group, run, turn, call, dispatch } = wanted;
  const digest = await argumentsDigest(wanted.tool, wanted.arguments);
  const bound = { group, run, turn, call, dispatch, argumentsDigest: digest };
  const keys = await KeyRing.of([claims.cnf.jwk]);
  const expected = { audience: "acos:tool-gateway", ...bound, nowMs: Date.now() } as const;
  await verifyToolGrant(grant, keys, expected);
}

export class FakeAgents extends WorkerEntrypoint<{ readonly CLAIMS: Fetcher }> {
  override async fetch(request: Request): Promise<Response> {
    if (!request.headers.has("signature")) return new Response(null, { status: 401 });
    const { pathname } = new URL(request.url);
    const body: unknown = await request.json();
    if (pathname === "/tool-calls")
      return this.#toolCall(
        toolCallRequestSchema.parse(body),
        request.headers.get("acos-certificate") ?? "",
      );
    if (pathname === SUMMARIES_PATH) {
      const wanted = summaryRequestSchema.parse(body);
      summaries.asked.push(wanted);
      return this.#stream(summaryOf(wanted));
    }
    const { briefing } = turnRequestSchema.parse(body);
    if (briefing.trigger.text.endsWith("distrust") && !distrusted.has(briefing.run)) {
      distrusted.set(briefing.run, request.headers.get("acos-certificate"));
      return Response.json({ code: "invalid_certificate", message: "Too old." }, { status: 401 });
    }
    return this.#stream(script(briefing));
  }

  #stream(parts: ReturnType<typeof script>): Response {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    this.ctx.waitUntil(play(parts, writable.getWriter()));
    return new Response(readable);
  }

  /** What a call with an effect answers is how its claims were answered. */
  async #toolCall(wanted: ToolCallRequest, certificate: string): Promise<Response> {
    await requireGrant(wanted, certificate);
    const { group, run, call, dispatch } = wanted;
    const digest = await argumentsDigest(wanted.tool, wanted.arguments);
    const right = { group, run, call, dispatch, digest };
    const { path } = wanted.arguments;
    if (wanted.tool === "read") {
      const text = path === "claimed" ? await claim(this.env.CLAIMS, [right]) : "forty-two";
      return Response.json({ isError: false, text });
    }
    if (path === "taken") return Response.json({ code: "conflict", message: "" }, { status: 409 });
    if (path === "away")
      return Response.json({ code: "unavailable", message: "not made" }, { status: 503 });
    const wrong = [
      { ...right, digest: "0".repeat(64) },
      { ...right, dispatch: 2 },
      { ...right, run: run.replace(/.$/, (last) => (last === "0" ? "1" : "0")) as typeof run },
    ];
    if (path === "hold") {
      await claim(this.env.CLAIMS, [right]);
      givenAway.add(call);
      await scheduler.wait(HOLD_MS);
    }
    const text = await claim(this.env.CLAIMS, [...wrong, right, right]);
    return Response.json({ isError: false, text });
  }
}

/** How summaries turn out, and every one that was asked for. */
export const summaries: { outcome: "good" | "empty" | "hang"; asked: SummaryRequest[] } = {
  outcome: "good",
  asked: [],
};

function summaryOf({ messages }: SummaryRequest): ReturnType<typeof script> {
  const start: TurnPart = { type: "start", model: "fake/fake-1" };
  if (summaries.outcome === "hang") return [start, "hang"];
  const cited = /^\[#(\d+)/.exec(messages[0]?.text ?? "")?.[1] ?? "0";
  const lines = SUMMARY_SECTIONS.flatMap((section) => [
    `## ${section}`,
    ...(section === "Decisions" && summaries.outcome === "good" ? [`- Said much [#${cited}]`] : []),
  ]);
  return [start, { type: "text", part: 0, text: lines.join("\n") }, FINISH];
}

/** Longer than a test waits: what is held is never answered. */
const HOLD_MS = 60_000;

/** Calls that were claimed and are being made. */
export const givenAway = new Set<string>();

/** Runs whose first proof was refused, with the certificate that was not believed. */
const distrusted = new Map<string, string | null>();

/** Names as groups told them. */
export const directory = new Map<string, string>();

/** Groups that said they lie in cold storage. */
export const archivedGroups = new Set<string>();

export class FakeDirectory extends WorkerEntrypoint implements GroupDirectoryControl {
  rename(group: GroupId, name: string): Promise<void> {
    directory.set(group, name);
    return Promise.resolve();
  }

  noteArchived(group: GroupId, archived: boolean): Promise<void> {
    if (archived) archivedGroups.add(group);
    else archivedGroups.delete(group);
    return Promise.resolve();
  }
}

/** The authority's key pair, made when it is first asked for. */
export async function authorityKey(): Promise<KeyPair> {
  authorityPair ??= await generateKeyPair();
  return authorityPair;
}

let authorityPair: KeyPair | undefined;

export class FakeSandboxHost extends WorkerEntrypoint {
  override async fetch(request: Request): Promise<Response> {
    const authority = (await authorityKey()).publicJwk;
    return answerAsHost(request, { authority, nowMs: Date.now() + clock.aheadMs });
  }
}

/** What groups told the audit trail, call by call; `audit.down` lets it fail. */
export const audit = { down: false, told: new Map<string, GroupNews[][]>() };

export class FakeAudit extends WorkerEntrypoint implements AuditTrailControl {
  record(...[{ group }, news]: Parameters<AuditTrailControl["record"]>): Promise<void> {
    if (audit.down) return Promise.reject(new Error("the audit trail is down"));
    audit.told.set(group, [...(audit.told.get(group) ?? []), [...news]]);
    return Promise.resolve();
  }
}

export class FakeAuthority extends WorkerEntrypoint implements CertificateAuthorityControl {
  async issue(
    ...[{ group, org, epoch, audience = "acos:agents-worker" }]: Parameters<
      CertificateAuthorityControl["issue"]
    >
  ): Promise<Result<SessionCredentials>> {
    const [ca, session] = [await authorityKey(), await generateKeyPair()];
    const issuedAt = Date.now();
    const certificate = await signSessionCertificate(
      { audience, org, group, publicJwk: session.publicJwk, epoch, caps: {} },
      await importSigningKey(ca.privateJwk),
      issuedAt,
    );
    const value = {
      privateJwk: { ...session.privateJwk },
      keyId: session.kid,
      certificate,
      issuedAt,
      expiresAt: issuedAt + 900_000,
    };
    return { ok: true, value };
  }

  async publicKeys(): ReturnType<CertificateAuthorityControl["publicKeys"]> {
    const { keys } = await publicJwks([(await authorityKey()).privateJwk]);
    return { keys: keys.map((key) => ({ ...key })) };
  }
}

export default { fetch: () => new Response(null, { status: 404 }) } satisfies ExportedHandler;
