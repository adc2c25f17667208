// The group's session key and certificate: made by the Orchestrator, kept in memory only, renewed at half their life.
import type { GroupState } from "@acos/group";
import {
  ProblemError,
  type CertificateAuthorityControl,
  type GroupId,
  type OrgId,
  type RunId,
  type SessionCredentials,
} from "@acos/protocol";
import { importSigningKey, NONCE_BYTES, signRequest, type SigningKey } from "@acos/trust";

/** A certificate is not used in its last seconds: a signed request must outlive its way. */
const SAFETY_MS = 40_000;

interface Held {
  readonly epoch: number;
  readonly credentials: SessionCredentials;
  readonly key: SigningKey;
}

export interface Subject {
  readonly group: GroupId;
  readonly org: OrgId;
  readonly epoch: number;
}

/** For whom a group's requests speak; null before the group exists. */
export function subjectOf({ group }: GroupState): Subject | null {
  return group && { group: group.id, org: group.org, epoch: group.epoch };
}

export class SessionKeys {
  readonly #authority: CertificateAuthorityControl;
  readonly #now: () => number;
  #held: Held | null = null;
  #renewal: { readonly epoch: number; readonly held: Promise<Held> } | null = null;

  constructor(authority: CertificateAuthorityControl, now: () => number) {
    this.#authority = authority;
    this.#now = now;
  }

  /** Signs a request body for a target; renews in the background past half of the certificate's life. */
  async sign(
    subject: Subject,
    request: { readonly url: string; readonly body: Uint8Array; readonly run: RunId },
  ): Promise<Headers> {
    const { credentials, key } = await this.#current(subject);
    const headers = new Headers({ "content-type": "application/json" });
    const signed = await signRequest(
      { method: "POST", url: request.url, headers, body: request.body },
      {
        ...key,
        certificate: credentials.certificate,
        run: request.run,
        nonce: crypto.getRandomValues(new Uint8Array(NONCE_BYTES)),
        nowMs: this.#now(),
      },
    );
    for (const [name, value] of Object.entries(signed)) headers.set(name, value);
    return headers;
  }

  /** Gets a certificate ready before it is needed; a failure shows when it is needed. */
  warm(subject: Subject): void {
    this.#current(subject).catch(() => {
      // The next signing tries again and reports.
    });
  }

  /** Drops what is held: the next signing asks for a new one. */
  forget(): void {
    this.#held = null;
  }

  async #current(subject: Subject): Promise<Held> {
    const held = this.#held;
    const now = this.#now();
    if (held?.epoch !== subject.epoch || now > held.credentials.expiresAt - SAFETY_MS)
      return this.#renew(subject);
    const { issuedAt, expiresAt } = held.credentials;
    if (now > (issuedAt + expiresAt) / 2)
      this.#renew(subject).catch(() => {
        // The one held is still good; the next signing tries again.
      });
    return held;
  }

  #renew(subject: Subject): Promise<Held> {
    if (this.#renewal?.epoch !== subject.epoch) {
      const renewal = { epoch: subject.epoch, held: this.#issue(subject) };
      this.#renewal = renewal;
      renewal.held
        .catch(() => {
          // Whoever asked hears of it; here it only counts that the asking is over.
        })
        .finally(() => {
          if (this.#renewal === renewal) this.#renewal = null;
        });
    }
    return this.#renewal.held;
  }

  async #issue(subject: Subject): Promise<Held> {
    const issued = await this.#authority.issue(subject);
    if (!issued.ok) throw new ProblemError(issued.problem);
    const key = await importSigningKey(issued.value.privateJwk);
    const held = { epoch: subject.epoch, credentials: issued.value, key };
    if (!this.#held || held.epoch >= this.#held.epoch) this.#held = held;
    return held;
  }
}
