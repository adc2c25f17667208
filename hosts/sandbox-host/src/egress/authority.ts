// The certificate authority of this process, which only sandboxes trust: made at start, its key in memory alone.
import "./reflect-metadata.ts";
import type { webcrypto } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";

import * as x509 from "@peculiar/x509";

import { literalAddress } from "./judge-way.ts";

const KEY = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Longer than a process lives. Outside sandboxes nobody trusts it. */
const AUTHORITY_MS = 3_650 * DAY_MS;
const LEAF_MS = 7 * DAY_MS;
/** A certificate is made anew when less than this is left of it. */
const LEAF_LEFT_MS = DAY_MS;
/** Hosts with certificates kept; each is some kB. */
const LEAVES_MAX = 500;
/** Of clocks that do not agree, as a container's may not. */
const SKEW_MS = HOUR_MS;

interface Leaf {
  readonly context: SecureContext;
  readonly until: number;
}

export class Authority {
  readonly #root: x509.X509Certificate;
  readonly #rootKey: webcrypto.CryptoKey;
  readonly #leafKeys: webcrypto.CryptoKeyPair;
  readonly #leafPem: string;
  readonly #leaves = new Map<string, Leaf>();

  private constructor(
    root: x509.X509Certificate,
    keys: readonly webcrypto.CryptoKeyPair[],
    leafPem: string,
  ) {
    const [rootKeys, leafKeys] = keys as [webcrypto.CryptoKeyPair, webcrypto.CryptoKeyPair];
    this.#root = root;
    this.#rootKey = rootKeys.privateKey;
    this.#leafKeys = leafKeys;
    this.#leafPem = leafPem;
  }

  static async make(now: number): Promise<Authority> {
    const rootKeys = await crypto.subtle.generateKey(KEY, false, ["sign", "verify"]);
    const leafKeys = await crypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
    const root = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serialNumber(),
      name: "CN=Egress of this Sandbox Host",
      notBefore: new Date(now - SKEW_MS),
      notAfter: new Date(now + AUTHORITY_MS),
      signingAlgorithm: KEY,
      keys: rootKeys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
        await x509.SubjectKeyIdentifierExtension.create(rootKeys.publicKey),
      ],
    });
    const key = await crypto.subtle.exportKey("pkcs8", leafKeys.privateKey);
    return new Authority(root, [rootKeys, leafKeys], pem("PRIVATE KEY", key));
  }

  get caPem(): string {
    return `${this.#root.toString("pem")}\n`;
  }

  /** What a TLS server needs to be `host` for whoever trusts this authority. */
  async contextFor(host: string, now: number): Promise<SecureContext> {
    const known = this.#leaves.get(host);
    if (known && known.until - now > LEAF_LEFT_MS) return known.context;
    const until = now + LEAF_MS;
    const certificate = await this.#leaf(host, { from: now - SKEW_MS, until });
    const context = createSecureContext({
      key: this.#leafPem,
      cert: certificate.toString("pem"),
      minVersion: "TLSv1.2",
    });
    this.#keep(host, { context, until });
    return context;
  }

  async #leaf(host: string, { from, until }: { from: number; until: number }) {
    const address = literalAddress(host);
    const name =
      address === undefined
        ? { type: "dns" as const, value: host }
        : { type: "ip" as const, value: address };
    return x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: "CN=Egress",
      issuer: this.#root.subject,
      notBefore: new Date(from),
      notAfter: new Date(until),
      signingAlgorithm: KEY,
      signingKey: this.#rootKey,
      publicKey: this.#leafKeys.publicKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([name]),
        await x509.AuthorityKeyIdentifierExtension.create(this.#root),
      ],
    });
  }

  #keep(host: string, leaf: Leaf): void {
    this.#leaves.delete(host);
    this.#leaves.set(host, leaf);
    const [oldest] = this.#leaves.keys();
    if (this.#leaves.size > LEAVES_MAX && oldest !== undefined) this.#leaves.delete(oldest);
  }
}

let made: Promise<Authority> | undefined;

/** The authority of this process, the same for all its sandboxes. */
export function processAuthority(now: number): Promise<Authority> {
  made ??= Authority.make(now);
  return made;
}

/** Positive, and never the same twice (RFC 5280, section 4.1.2.2). */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) % 64) | 64;
  return Buffer.from(bytes).toString("hex");
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
