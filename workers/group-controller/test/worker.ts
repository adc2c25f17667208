// The Worker under test: the real Group Controller, with an Agents Worker and a certificate authority that do as told.
import { WorkerEntrypoint } from "cloudflare:workers";

import {
  turnRequestSchema,
  type Briefing,
  type CertificateAuthorityControl,
  type GroupDirectoryControl,
  type GroupId,
  type Result,
  type SessionCredentials,
  type TurnPart,
} from "@acos/protocol";
import { generateKeyPair, importSigningKey, signSessionCertificate } from "@acos/trust";

export { GroupController } from "../src/index.ts";

const USAGE = { inputTokens: 3, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 };
const FINISH: TurnPart = { type: "finish", reason: "stop", usage: USAGE, cost: 0.5 };
const CALLS: TurnPart = { ...FINISH, reason: "tool-calls" };

/** What the fake says follows from the message that woke the agent alone. */
function script({ trigger, steps, turn }: Briefing): readonly (TurnPart | "hang" | "break")[] {
  const words = trigger.text.replace(/^@\S+ /, "");
  const start: TurnPart = { type: "start", model: "fake/fake-1" };
  const say = (text: string): TurnPart => ({ type: "text", part: 0, text });
  const call = (effect: boolean): TurnPart => ({
    type: "tool-call",
    tool: effect ? "write" : "read",
    arguments: { path: "/a" },
    effect,
  });
  if (words.startsWith("say ")) return [start, ...words.slice(4).split(/(?= )/).map(say), FINISH];
  if (words === "read" || words === "write") {
    const result = steps.at(-1)?.calls[0]?.result.text;
    return turn === 1
      ? [start, call(words === "write"), CALLS]
      : [start, say(`got ${result}`), FINISH];
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

export class FakeAgents extends WorkerEntrypoint {
  override async fetch(request: Request): Promise<Response> {
    if (!request.headers.has("signature")) return new Response(null, { status: 401 });
    const { pathname } = new URL(request.url);
    const body: unknown = await request.json();
    if (pathname === "/tool-calls") return Response.json({ isError: false, text: "forty-two" });
    const { briefing } = turnRequestSchema.parse(body);
    if (briefing.trigger.text.endsWith("distrust") && !distrusted.has(briefing.run)) {
      distrusted.set(briefing.run, request.headers.get("acos-certificate"));
      return Response.json({ code: "invalid_certificate", message: "Too old." }, { status: 401 });
    }
    const parts = script(briefing);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    this.ctx.waitUntil(play(parts, writable.getWriter()));
    return new Response(readable);
  }
}

/** Runs whose first proof was refused, with the certificate that was not believed. */
const distrusted = new Map<string, string | null>();

/** Names as groups told them. */
export const directory = new Map<string, string>();

export class FakeDirectory extends WorkerEntrypoint implements GroupDirectoryControl {
  rename(group: GroupId, name: string): Promise<void> {
    directory.set(group, name);
    return Promise.resolve();
  }
}

export class FakeAuthority extends WorkerEntrypoint implements CertificateAuthorityControl {
  async issue(
    ...[{ group, org, epoch }]: Parameters<CertificateAuthorityControl["issue"]>
  ): Promise<Result<SessionCredentials>> {
    const [ca, session] = [await generateKeyPair(), await generateKeyPair()];
    const issuedAt = Date.now();
    const certificate = await signSessionCertificate(
      { audience: "acos:agents-worker", org, group, publicJwk: session.publicJwk, epoch, caps: {} },
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
}

export default { fetch: () => new Response(null, { status: 404 }) } satisfies ExportedHandler;
