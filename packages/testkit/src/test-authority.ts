// A test's own certificate authority and the groups under it: they sign what a Group Controller would send to a Sandbox Host.
import {
  EPOCH_HEADER,
  GRANT_HEADER,
  makeId,
  type GroupId,
  type IdKind,
  type OrgId,
  type RunId,
  type SandboxCall,
} from "@acos/protocol";
import {
  argumentsDigest,
  generateKeyPair,
  importSigningKey,
  KeyRing,
  publicJwks,
  signRequest,
  signSessionCertificate,
  signToolGrant,
  type Caps,
  type CertificateAudience,
  type KeyPair,
  type SigningKey,
  type ToolGrantClaims,
} from "@acos/trust";

/** What a request is made of; what is left out is empty. */
export interface SignedPlan {
  readonly method?: string;
  /** As `sandboxTarget` writes it. */
  readonly url: string;
  readonly body?: Uint8Array;
  readonly contentType?: string;
  readonly run?: RunId | null;
  readonly epoch?: string | undefined;
  readonly grant?: string | undefined;
  /** Further fields, which are not signed. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request with its signature, to be sent once within half a minute. */
export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A fresh id of a kind. */
export function freshId<K extends IdKind>(kind: K): ReturnType<typeof makeId<K>> {
  return makeId(kind, Date.now(), crypto.getRandomValues(new Uint8Array(10)));
}

/** The authority's key, to be told to another process of the same test. */
export type TestAuthorityKey = KeyPair["privateJwk"];

export class TestAuthority {
  readonly #key: TestAuthorityKey;
  readonly #now: () => number;

  private constructor(key: TestAuthorityKey, now: () => number) {
    this.#key = key;
    this.#now = now;
  }

  static async create(now: () => number = Date.now): Promise<TestAuthority> {
    return new TestAuthority((await generateKeyPair()).privateJwk, now);
  }

  /** The authority that another process made. */
  static from(key: TestAuthorityKey): TestAuthority {
    return new TestAuthority(key, Date.now);
  }

  get key(): TestAuthorityKey {
    return this.#key;
  }

  /** What a host fetches as its JWKS. */
  async jwks(): Promise<{ keys: object[] }> {
    const { keys } = await publicJwks([this.#key]);
    return { keys: keys.map((key) => ({ ...key })) };
  }

  async ring(): Promise<KeyRing> {
    return KeyRing.fromJwks(await this.jwks());
  }

  /** A new group with a session key of its own and a certificate for it. */
  async group(
    claims: { readonly caps?: Caps; readonly audience?: CertificateAudience } = {},
  ): Promise<TestGroup> {
    const pair = await generateKeyPair();
    const { kty, crv, x } = pair.privateJwk;
    const [org, group] = [freshId("org"), freshId("group")];
    const certificate = await signSessionCertificate(
      {
        audience: claims.audience ?? "acos:sandbox-host",
        org,
        group,
        publicJwk: { kty, crv, x },
        epoch: 1,
        caps: claims.caps ?? {},
      },
      await importSigningKey(this.#key),
      this.#now(),
    );
    const key = await importSigningKey(pair.privateJwk);
    return new TestGroup({ org, group, key, certificate, now: this.#now });
  }
}

interface GroupParts {
  readonly org: OrgId;
  readonly group: GroupId;
  readonly key: SigningKey;
  readonly certificate: string;
  readonly now: () => number;
}

export class TestGroup {
  readonly #parts: GroupParts;

  constructor(parts: GroupParts) {
    this.#parts = parts;
  }

  get org(): OrgId {
    return this.#parts.org;
  }

  get group(): GroupId {
    return this.#parts.group;
  }

  /** Signs one request. It does not check that the plan makes sense: tests sign what no group would. */
  async sign(plan: SignedPlan): Promise<SignedRequest> {
    const { key, certificate, now } = this.#parts;
    const headers = new Headers(plan.headers);
    headers.set("content-type", plan.contentType ?? "application/octet-stream");
    if (plan.epoch !== undefined) headers.set(EPOCH_HEADER, plan.epoch);
    if (plan.grant !== undefined) headers.set(GRANT_HEADER, plan.grant);
    const body = Uint8Array.from(plan.body ?? []);
    const request = { method: plan.method ?? "GET", url: plan.url, headers, body };
    const added = await signRequest(request, {
      ...key,
      certificate,
      run: plan.run ?? null,
      nonce: crypto.getRandomValues(new Uint8Array(16)),
      nowMs: now(),
    });
    for (const [name, value] of Object.entries(added)) headers.set(name, value);
    return request;
  }

  /** The grant for a call, but for what is changed. */
  async grant(wanted: SandboxCall, changes: Partial<ToolGrantClaims> = {}): Promise<string> {
    const { run, turn, call, dispatch, tool, arguments: args } = wanted;
    const claims: ToolGrantClaims = {
      audience: "acos:sandbox-host",
      group: this.group,
      run,
      turn,
      call,
      dispatch,
      argumentsDigest: await argumentsDigest(tool, args),
      ...changes,
    };
    return signToolGrant(claims, this.#parts.key, this.#parts.now());
  }
}
