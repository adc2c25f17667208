// Tokens made by the test itself with the installation's own key, to vary what an honest issuer never would.
import { createHash, createPrivateKey, randomUUID, sign, type JsonWebKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Signs a routing token with these claims on top of those that are always there. It is valid from `issuedAt` for a minute. */
export function ownRoutingToken(
  data: string,
  issuedAtMs: number,
  claims: { aud: string } & Readonly<Record<string, string>>,
): string {
  const times = { issuedAtMs, lifeS: 60 };
  const jti = randomUUID();
  return ownToken(data, { typ: "acos-route+jwt", ...times }, { iss: ISSUER, jti, ...claims });
}

export const ISSUER = "acos:orchestrator";

interface Kind {
  readonly typ: string;
  readonly issuedAtMs: number;
  readonly lifeS: number;
}

/** Signs any claims as a token of any kind. */
export function ownToken(data: string, kind: Kind, claims: object): string {
  const [jwk] = JSON.parse(readFileSync(join(data, "keys/ca.json"), "utf8")) as JsonWebKey[];
  if (jwk === undefined) throw new Error("The data folder holds no signing key.");
  const iat = Math.floor(kind.issuedAtMs / 1000);
  // RFC 7638: a key's name is the hash of exactly these members in this order.
  const members = JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x });
  const kid = createHash("sha256").update(members).digest("base64url");
  const header = { alg: "EdDSA", typ: kind.typ, kid };
  const payload = { iat, exp: iat + kind.lifeS, ...claims };
  const signed = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  return `${signed}.${sign(null, Buffer.from(signed), key).toString("base64url")}`;
}
