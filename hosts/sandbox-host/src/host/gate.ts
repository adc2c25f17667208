// Who may ask: the secret of this start, then the group's signature and certificate. Whose a sandbox is comes after it.
import { timingSafeEqual } from "node:crypto";

import { problem, ProblemError, SANDBOX_BODY_MAX_BYTES } from "@acos/protocol";
import {
  createRequestGate,
  NonceCache,
  TrustError,
  verifySandboxRequest,
  type KeyRing,
  type RequestGate,
  type SandboxRequest,
  type SignableRequest,
} from "@acos/trust";

import type { AuthorityKeys } from "./authority-keys.ts";

const AUDIENCE = "acos:sandbox-host";

/** Whether a text is the secret, in a time that does not tell how much of it is. */
export function isSecret(given: string, secret: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Verifies requests with what is remembered of earlier ones: nonces, grants, and the newest epoch of each group's certificate. */
export class Gate {
  readonly #keys: AuthorityKeys;
  readonly #usedGrants = new NonceCache();
  #gate: RequestGate | undefined;

  constructor(keys: AuthorityKeys) {
    this.#keys = keys;
  }

  /** Throws TrustError or ProblemError. An unknown key is looked for once before it is refused. */
  async verify(request: SignableRequest, nowMs: number): Promise<SandboxRequest> {
    const ring = await this.#keys.ring(nowMs);
    return this.#verifyWith(ring, request, nowMs).catch(async (error: unknown) => {
      if (!isUnknownKey(error)) throw error;
      const newer = await this.#keys.newerRing(ring, nowMs);
      if (newer === undefined) throw error;
      return this.#verifyWith(newer, request, nowMs);
    });
  }

  #verifyWith(ring: KeyRing, request: SignableRequest, nowMs: number): Promise<SandboxRequest> {
    if (this.#gate?.ring !== ring) {
      const fresh = this.#gate ?? createRequestGate(AUDIENCE, ring);
      this.#gate = { ...fresh, ring, bodyMaxBytes: SANDBOX_BODY_MAX_BYTES };
    }
    return verifySandboxRequest(request, { gate: this.#gate, usedGrants: this.#usedGrants }, nowMs);
  }
}

const isUnknownKey = (error: unknown): boolean =>
  error instanceof TrustError && error.reason === "unknown_key";

/** A refusal as the caller is told it; `undefined` for what is not a refusal. */
export function refusalOf(error: unknown) {
  if (error instanceof TrustError || error instanceof ProblemError) return error.problem;
  return undefined;
}

export const notFound = (): ProblemError =>
  new ProblemError(
    problem("not_found", "There is no such sandbox here. Open it with PUT before it is used."),
  );
