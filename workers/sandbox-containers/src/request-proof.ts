// Proof of a request: certificate, signature and grant by CPU alone, before anything of a sandbox is touched.
import { SANDBOX_BODY_MAX_BYTES, SANDBOX_ORIGIN } from "@acos/protocol";
import {
  createRequestGate,
  NonceCache,
  TrustError,
  verifySandboxRequest,
  type KeyRing,
  type SandboxGate,
  type SandboxRequest,
  type SignableRequest,
} from "@acos/trust";

import type { AuthorityRing } from "./authority-ring.ts";

/** A request whose sender is proven; its body is the one that was signed. */
export interface ProvenRequest extends SandboxRequest {
  readonly body: Uint8Array;
}

/** Verifies requests for the life of an isolate; what was used up is remembered in it. */
export class RequestProof {
  readonly #keys: AuthorityRing;
  #gate: SandboxGate | undefined;

  constructor(keys: AuthorityRing) {
    this.#keys = keys;
  }

  /** Answers who asks what. Throws TrustError or ProblemError. It does not know whose the sandbox is. */
  async verify(request: Request, nowMs: number): Promise<ProvenRequest> {
    const ring = await this.#keys.current(nowMs);
    const signed = await readSignable(request);
    try {
      return await this.#verified(signed, ring, nowMs);
    } catch (error) {
      if (!(error instanceof TrustError) || error.reason !== "unknown_key") throw error;
      const newer = await this.#keys.newer(ring, nowMs);
      if (newer === undefined) throw error;
      return this.#verified(signed, newer, nowMs);
    }
  }

  async #verified(signed: SignableRequest, ring: KeyRing, nowMs: number): Promise<ProvenRequest> {
    const proven = await verifySandboxRequest(signed, this.#gateWith(ring), nowMs);
    return { ...proven, body: signed.body };
  }

  #gateWith(ring: KeyRing): SandboxGate {
    this.#gate ??= {
      gate: {
        ...createRequestGate("acos:sandbox-host", ring),
        bodyMaxBytes: SANDBOX_BODY_MAX_BYTES,
      },
      usedGrants: new NonceCache(),
    };
    if (this.#gate.gate.ring !== ring)
      this.#gate = { ...this.#gate, gate: { ...this.#gate.gate, ring } };
    return this.#gate;
  }
}

/** A service binding has a host name of its own: what was signed names ours. */
async function readSignable(request: Request): Promise<SignableRequest> {
  const { pathname, search } = new URL(request.url);
  return {
    method: request.method,
    url: `${SANDBOX_ORIGIN}${pathname}${search}`,
    headers: request.headers,
    body: await readBody(request),
  };
}

/** The whole body; stops reading where it gets larger than allowed, whatever its headers say. */
async function readBody(request: Request): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of request.body ?? []) {
    pieces.push(piece);
    bytes += piece.byteLength;
    if (bytes > SANDBOX_BODY_MAX_BYTES) throw new TrustError("signed-request", "too_large", "body");
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
