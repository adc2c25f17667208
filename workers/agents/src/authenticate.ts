// Who sends a request: certificate, request signature and digest on every one, by CPU alone, before its body is read as JSON.
import { AGENTS_ORIGIN } from "@acos/protocol";
import {
  createRequestGate,
  TrustError,
  verifySignedRequest,
  type KeyRing,
  type RequestGate,
  type SignableRequest,
  type VerifiedRequest,
} from "@acos/trust";

import type { CertificateKeys } from "./certificate-keys.ts";
import type { KeepAlive } from "./shared-load.ts";

/**
 * Rings that one request may be verified with after the first: one that another request has fetched, one whose reading
 * began before the rotation, and one that was read for this request.
 */
const LOOKS_MAX = 3;

/** A request whose sender is proven; its body is the one that was signed. */
export interface Caller extends VerifiedRequest {
  readonly body: Uint8Array;
}

/** Verifies requests for the life of an isolate; caches of certificates and nonces live in it. */
export class Authenticator {
  readonly #keys: CertificateKeys;
  #gate: RequestGate | undefined;

  constructor(keys: CertificateKeys) {
    this.#keys = keys;
  }

  /**
   * Answers who sent a request. Throws TrustError. It does not look into the body: whether that speaks for the
   * certificate's group and run is `requireSpeaksFor`'s to check.
   */
  async authenticate(request: Request, nowMs: number, keepAlive: KeepAlive): Promise<Caller> {
    const gate = this.#gateOf(await this.#keys.ring(nowMs, keepAlive));
    const signed = { ...(await readSignable(request, gate.bodyMaxBytes)), nowMs };
    return { ...(await this.#verify(signed, gate, keepAlive)), body: signed.body };
  }

  async #verify(
    signed: SignableRequest & { nowMs: number },
    first: RequestGate,
    keepAlive: KeepAlive,
  ): Promise<VerifiedRequest> {
    let gate = first;
    for (let look = 0; ; look += 1) {
      try {
        return await verifySignedRequest(signed, gate, signed.nowMs);
      } catch (error) {
        if (!isUnknownKey(error) || look === LOOKS_MAX) throw error;
        const newer = await this.#keys.newerRing(gate.ring, signed.nowMs, keepAlive);
        if (newer === undefined) throw error;
        gate = this.#gateOf(newer);
      }
    }
  }

  #gateOf(ring: KeyRing): RequestGate {
    if (this.#gate === undefined) this.#gate = createRequestGate("acos:agents-worker", ring);
    else if (this.#gate.ring !== ring) this.#gate = { ...this.#gate, ring };
    return this.#gate;
  }
}

function isUnknownKey(error: unknown): boolean {
  return error instanceof TrustError && error.reason === "unknown_key";
}

/** A service binding or a loopback port has its own host name: what was signed names ours. */
async function readSignable(request: Request, maxBytes: number): Promise<SignableRequest> {
  const { pathname, search } = new URL(request.url);
  const body = await readBody(request, maxBytes);
  return {
    method: request.method,
    url: `${AGENTS_ORIGIN}${pathname}${search}`,
    headers: request.headers,
    body,
  };
}

/** The whole body; stops reading where it gets larger than allowed, whatever its headers say. */
async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = new TrustError("signed-request", "too_large", "body");
  const length = request.headers.get("content-length");
  if (Number(length) > maxBytes) throw tooLarge;
  if (length !== null) return new Uint8Array(await request.arrayBuffer());
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of request.body ?? []) {
    pieces.push(piece);
    bytes += piece.byteLength;
    if (bytes > maxBytes) throw tooLarge;
  }
  return joined(pieces, bytes);
}

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

/** What a body says of itself. */
export interface SpokenFor {
  readonly org: string;
  readonly group: string;
  /** Null for what no run is behind. */
  readonly run: string | null;
  readonly pin: { readonly org: string };
}

/** Throws TrustError unless the body's org, group, run and pinned agent's org are those the caller proved. */
export function requireSpeaksFor({ certificate, run }: Caller, body: SpokenFor): void {
  const isOwn =
    body.org === certificate.org &&
    body.group === certificate.group &&
    body.run === run &&
    body.pin.org === certificate.org;
  if (!isOwn) throw new TrustError("signed-request", "binding");
}
