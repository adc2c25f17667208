// The group's session key and certificate: made by the Orchestrator, kept in memory only, renewed at half their life.
// A session signs what belongs together, a request and the grant in its body, with one and the same key.
import type { GroupState } from "@acos/group";
import {
  ProblemError,
  type AgentId,
  type CertificateAuthorityControl,
  type GroupId,
  type OrgId,
  type RunId,
  type SessionCredentials,
} from "@acos/protocol";
import {
  importSigningKey,
  NONCE_BYTES,
  signRequest,
  signToolGrant,
  type SigningKey,
  type ToolGrantClaims,
} from "@acos/trust";

/** A certificate is not used in its last seconds: a signed request must outlive its way. */
const SAFETY_MS = 40_000;

interface Held {
  /** For whom the certificate was asked. */
  readonly subject: Subject;
  readonly credentials: SessionCredentials;
  readonly key: SigningKey;
}

export interface Subject {
  readonly group: GroupId;
  readonly org: OrgId;
  readonly epoch: number;
  /** Agents that the certificate must cover: the Orchestrator names those that it knew when it was asked. */
  readonly agents: readonly AgentId[];
}

/** For whom a group's requests speak; null before the group exists. */
export function subjectOf({ group, members }: GroupState): Subject | null {
  if (!group) return null;
  const agents = [...members.values()].flatMap((each) =>
    each.type === "agent" ? [each.agent] : [],
  );
  return { group: group.id, org: group.org, epoch: group.epoch, agents };
}

/** Whether what was got for one subject serves another: the same epoch, and no agent that has come since. */
function serves(got: Subject, wanted: Subject): boolean {
  return got.epoch === wanted.epoch && wanted.agents.every((agent) => got.agents.includes(agent));
}

export interface UnsignedRequest {
  /** POST where none is given. */
  readonly method?: string;
  readonly url: string;
  readonly body: Uint8Array;
  readonly headers?: Headers;
  /** Null where no run is behind the request. */
  readonly run: RunId | null;
}

/** A certified key, ready to sign. */
export class Session {
  readonly #held: Held;
  readonly #now: () => number;

  constructor(held: Held, now: () => number) {
    this.#held = held;
    this.#now = now;
  }

  /** Headers of a signed request: those given, a content type in any case, and the proof. */
  async sign(request: UnsignedRequest): Promise<Headers> {
    const { credentials, key } = this.#held;
    const headers = new Headers(request.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    const { method = "POST", url, body } = request;
    const signed = await signRequest(
      { method, url, headers, body },
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

  /** A Tool Grant. Contract: the log has dispatched the call, with these arguments. */
  grant(claims: ToolGrantClaims): Promise<string> {
    return signToolGrant(claims, this.#held.key, this.#now());
  }
}

export class SessionKeys {
  readonly #authority: Pick<CertificateAuthorityControl, "issue">;
  readonly #now: () => number;
  readonly #audience: "acos:sandbox-host" | undefined;
  #held: Held | null = null;
  #renewal: { readonly subject: Subject; readonly held: Promise<Held> } | null = null;

  /** Without an audience the certificates are for the Agents Worker. */
  constructor(
    authority: Pick<CertificateAuthorityControl, "issue">,
    now: () => number,
    audience?: "acos:sandbox-host",
  ) {
    this.#authority = authority;
    this.#now = now;
    this.#audience = audience;
  }

  /** The session to sign with; renews in the background past half of the certificate's life. */
  async session(subject: Subject): Promise<Session> {
    return new Session(await this.#current(subject), this.#now);
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
    if (!held || !serves(held.subject, subject) || now > held.credentials.expiresAt - SAFETY_MS)
      return this.#renew(subject);
    const { issuedAt, expiresAt } = held.credentials;
    if (now > (issuedAt + expiresAt) / 2)
      this.#renew(subject).catch(() => {
        // The one held is still good; the next signing tries again.
      });
    return held;
  }

  #renew(subject: Subject): Promise<Held> {
    if (!this.#renewal || !serves(this.#renewal.subject, subject)) {
      const renewal = { subject, held: this.#issue(subject) };
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
    const { group, org, epoch } = subject;
    const issued = await this.#authority.issue({
      group,
      org,
      epoch,
      ...(this.#audience && { audience: this.#audience }),
    });
    if (!issued.ok) throw new ProblemError(issued.problem);
    const key = await importSigningKey(issued.value.privateJwk);
    const held = { subject, credentials: issued.value, key };
    if (!this.#held || isNewer(subject, this.#held.subject)) this.#held = held;
    return held;
  }
}

/** An answer that comes late, to a question of before, does not take the place of what is held. */
function isNewer(subject: Subject, held: Subject): boolean {
  return subject.epoch > held.epoch || (subject.epoch === held.epoch && serves(subject, held));
}
