// Turns each entry of the attack list into forged tokens of one kind; an entry nobody wrote a forgery for throws.
import { confusedSecret, type Hmac } from "./confused-keys.ts";
import { attackerKey, ATTACKER_JWK, NOW_S, publicHalf } from "./builders.ts";
import { forge, utf8, type ForgedSignature } from "./forge.ts";
import type { TokenAttack as Attack } from "./vectors.ts";
import { decodeToken, TOKEN_FIXTURES, type TokenFixture } from "./token-fixtures.ts";
import { fromBase64url, toBase64url, type SigningKey } from "../src/index.ts";

/** A valid token taken apart, and everything needed to build a false one. */
export interface Victim {
  readonly fixture: TokenFixture;
  readonly token: string;
  readonly header: Record<string, unknown>;
  readonly payload: Record<string, unknown>;
  readonly signature: Uint8Array;
  readonly issuer: SigningKey;
  readonly attacker: SigningKey;
  readonly hmac: Hmac;
}

export async function victimOf(fixture: TokenFixture, hmac: Hmac): Promise<Victim> {
  const token = await fixture.sign();
  const { header, payload, segments } = decodeToken(token);
  const signature = fromBase64url(segments[2]) ?? new Uint8Array();
  const [issuer, attacker] = [await fixture.signer(), await attackerKey()];
  return { fixture, token, header, payload, signature, issuer, attacker, hmac };
}

/** All forgeries of one entry of the list; each must be refused. */
export function forgeriesOf(attack: Attack, victim: Victim): Promise<string[]> {
  const forgeries = BY_CATEGORY[attack.cat];
  if (forgeries === undefined) throw new Error(`no forgery for category ${attack.cat}`);
  return forgeries(attack, victim);
}

/** Everything applies to every kind, but a claim it does not have cannot be left out. */
export function appliesTo({ id }: Attack, { lacks }: TokenFixture): boolean {
  return !lacks.some((claim) => id === `${claim}: missing`);
}

type Forgeries = (attack: Attack, victim: Victim) => Promise<string[]>;

const BY_CATEGORY: Readonly<Record<string, Forgeries>> = {
  "alg-none": wrongAlgorithm,
  "alg-type": wrongAlgorithm,
  "key-confusion": keyConfusion,
  "weak-key": weakKey,
  kid: wrongKid,
  "key-url": ({ header }, victim) => withAttackersKey(victim, header ?? {}),
  "embedded-key": embeddedKey,
  signature: wrongSignature,
  encoding: wrongEncoding,
  claims: wrongClaim,
};

function build(victim: Victim, header: unknown, signature: ForgedSignature): Promise<string> {
  return forge(header, victim.payload, signature);
}

async function wrongAlgorithm(attack: Attack, victim: Victim): Promise<string[]> {
  const { alg: _, ...rest } = victim.header;
  const header = { ...rest, ...attack.header };
  const signature = attack.sig === "empty" ? new Uint8Array() : victim.signature;
  return [await build(victim, header, signature), await build(victim, header, victim.issuer)];
}

async function keyConfusion(attack: Attack, victim: Victim): Promise<string[]> {
  const key = await confusedSecret(attack.id, publicHalf(victim.fixture.issuerJwk));
  const header = { ...victim.header, alg: "HS256" };
  return [await build(victim, header, (input) => victim.hmac(key, input))];
}

async function weakKey(attack: Attack, victim: Victim): Promise<string[]> {
  const key = utf8(JSON.parse(attack.id.replace("hs256-key=", "")) as string);
  const header = { ...victim.header, alg: "HS256" };
  return [await build(victim, header, (input) => victim.hmac(key, input))];
}

async function wrongKid(attack: Attack, victim: Victim): Promise<string[]> {
  const header = { ...victim.header, kid: kidOf(attack) };
  const hs256 = { ...header, alg: "HS256" };
  return Promise.all([
    build(victim, header, victim.attacker),
    build(victim, header, victim.issuer),
    build(victim, hs256, (input) => victim.hmac(new Uint8Array(), input)),
  ]);
}

function kidOf({ id, kid }: Attack): unknown {
  if (id.startsWith("kid-type=")) return JSON.parse(id.slice("kid-type=".length)) as unknown;
  if (typeof kid !== "object" || kid === null) return kid;
  const [text, times] = (kid as { repeat: [string, number] }).repeat;
  return text.repeat(times);
}

async function withAttackersKey(
  victim: Victim,
  members: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const header = { ...victim.header, ...members };
  const ownKid = { ...header, kid: victim.attacker.keyId };
  return Promise.all([
    build(victim, header, victim.attacker),
    build(victim, ownKid, victim.attacker),
    build(victim, header, victim.issuer),
  ]);
}

async function embeddedKey({ id }: Attack, victim: Victim): Promise<string[]> {
  const jwk = publicHalf(ATTACKER_JWK);
  const members: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    jwk: { jwk },
    x5c: { x5c: [btoa("a certificate")] },
    x5t: { x5t: "AAAA" },
    "x5t#S256": { "x5t#S256": "AAAA" },
    "jwk-same-kid": { jwk: { ...jwk, kid: victim.header["kid"] } },
  };
  return withAttackersKey(victim, written(members, id));
}

async function wrongSignature({ id }: Attack, victim: Victim): Promise<string[]> {
  const { token, signature, header } = victim;
  const [head, body, last] = decodeToken(token).segments;
  const put = (text: string) => `${head}.${body}.${text}`;
  const other = decodeToken(await forge(header, { other: 1 }, victim.issuer)).segments[2];
  const der = Uint8Array.from([
    0x30,
    0x44,
    2,
    32,
    ...signature.slice(0, 32),
    2,
    32,
    ...signature.slice(32),
  ]);
  const asBase64 = last.replaceAll("-", "+").replaceAll("_", "/");
  const forged: Readonly<Record<string, string>> = {
    "one byte": put("AA"),
    "65 bytes": put(toBase64url(Uint8Array.from([...signature, 0]))),
    "64 zero bytes": put(toBase64url(new Uint8Array(64))),
    "DER-encoded ECDSA": put(toBase64url(der)),
    "signature of another token": put(other),
    'signature with trailing "="': put(`${last}=`),
    'signature with appended "A"': put(`${last}A`),
    "signature with inserted space": put(`${last.slice(0, 9)} ${last.slice(9)}`),
    // A signature may happen to have neither character: then the padding still makes it standard base64.
    "standard base64 (+,/) alphabet": put(`${asBase64}==`),
  };
  return [written(forged, id)];
}

async function wrongEncoding({ id }: Attack, victim: Victim): Promise<string[]> {
  const { token, header, payload, issuer } = victim;
  const [head, body, last] = decodeToken(token).segments;
  const text = JSON.stringify(payload);
  const twice = (name: string) =>
    `{${JSON.stringify(name)}:${JSON.stringify(payload[name] ?? "x")},${text.slice(1)}`;
  const headed = (more: object) => forge({ ...header, ...more }, payload, issuer);
  const paid = (changed: string) => forge(header, changed, issuer);
  const forged: Readonly<Record<string, () => string | Promise<string>>> = {
    "JSON general serialization": () =>
      JSON.stringify({ payload: body, signatures: [{ protected: head, signature: last }] }),
    "trailing newline": () => `${token}\n`,
    'leading "Bearer "': () => `Bearer ${token}`,
    "two tokens joined by comma": () => `${token},${token}`,
    "header segment with spaces": () => `${head.slice(0, 4)} ${head.slice(4)}.${body}.${last}`,
    "header duplicate alg keys (EdDSA then none)": () =>
      forge(`${JSON.stringify(header).slice(0, -1)},"alg":"none"}`, payload, issuer),
    "payload duplicate exp keys": () => paid(twice("exp")),
    "payload duplicate sub keys": () => paid(twice("sub").replace("{", '{"sub":"y",')),
    "payload not JSON": () => paid("not json"),
    "payload JSON array": () => paid(`[${text}]`),
    "payload with BOM": () => paid(`\uFEFF${text}`),
    "__proto__ in payload": () => paid(`${text.slice(0, -1)},"__proto__":{"role":"admin"}}`),
    "nesting depth 10000": () =>
      paid(`${text.slice(0, -1)},"x":${"[".repeat(10_000)}${"]".repeat(10_000)}}`),
    'crit:"exp"': () => headed({ crit: "exp" }),
    "crit lists absent header": () => headed({ crit: ["b64"] }),
  };
  return [await written(forged, id)()];
}

/** A claim this kind carries is changed and signed by the issuer; one it does not carry is changed under the old signature. */
async function wrongClaim({ id }: Attack, victim: Victim): Promise<string[]> {
  const { header, payload, issuer, signature } = victim;
  const [name = "", how = ""] = id.split(/: (.*)/);
  if (name === "typ") return [await forge(headerWithTyp(how, victim), payload, issuer)];
  if (how.startsWith("reused")) return reused(victim);
  const isCarried = name === "nbf" || Object.hasOwn(payload, name);
  const changed = payloadWith(payload, { name: name === "scope" ? "scopes" : name, how });
  return [await forge(header, changed, isCarried ? issuer : signature)];
}

function headerWithTyp(how: string, { header, fixture }: Victim): unknown {
  const { typ: _, ...rest } = header;
  const other = TOKEN_FIXTURES.find((candidate) => candidate.typ !== fixture.typ)?.typ;
  return written(
    {
      missing: rest,
      JWT: { ...rest, typ: "JWT" },
      "the other token kind's typ": { ...rest, typ: other },
    },
    how,
  );
}

/** Only the routing token is used up by its verification; for the others the same token under another payload. */
async function reused({ token, fixture, header, payload, signature }: Victim): Promise<string[]> {
  if (fixture.subject !== "routing-token")
    return [await forge(header, { ...payload, jti: "x" }, signature)];
  await fixture.verify(token);
  return [token];
}

function payloadWith(
  payload: Record<string, unknown>,
  { name, how }: { name: string; how: string },
): string {
  if (how === "1e400") return JSON.stringify(payload).replace(/"exp":\d+/, '"exp":1e400');
  if (how === "missing") return JSON.stringify({ ...payload, [name]: undefined });
  const change = written(CLAIM_CHANGES, `${name}: ${how}`);
  return JSON.stringify({
    ...payload,
    ...(typeof change === "function" ? change(payload) : { [name]: change }),
  });
}

type Change = (payload: Record<string, unknown>) => Record<string, unknown>;

const DAY_S = 24 * 60 * 60;
const CLAIM_CHANGES: Readonly<Record<string, unknown>> = {
  "exp: now-1": (() => ({ iat: NOW_S - 30, exp: NOW_S - 1 })) satisfies Change,
  "exp: 0": 0,
  "exp: -1": -1,
  "exp: null": null,
  "exp: now+10 years (over max lifetime)": NOW_S + 3650 * DAY_S,
  'nbf: "string"': "string",
  "iat: now+61": (() => ({ iat: NOW_S + 61, exp: NOW_S + 91 })) satisfies Change,
  "iat: -1": -1,
  "iat: now-1 day with exp in future (over max age)": NOW_S - DAY_S,
  "iss: array [issuer]": (({ iss }) => ({ iss: [iss] })) satisfies Change,
  "iss: empty": "",
  "aud: array without ours": ["acos:somebody-else"],
  "aud: prefix of ours": (({ aud }) => ({ aud: String(aud).slice(0, -1) })) satisfies Change,
  "aud: empty": "",
  'aud: wildcard "*"': "*",
  "sub: empty": "",
  "cnf: empty object": {},
  "cnf: jkt of another key": { jkt: "A".repeat(43) },
  "cnf: kid only": { kid: "A".repeat(43) },
  "cnf: two members": (({ cnf }) => ({ cnf: { ...(cnf as object), kid: "x" } })) satisfies Change,
  "cnf: RSA 512 key": { jwk: { kty: "RSA", e: "AQAB", n: "A".repeat(86) } },
  "cnf: P-256 key when Ed25519 required": {
    jwk: { kty: "EC", crv: "P-256", x: "A".repeat(43), y: "A".repeat(43) },
  },
  "cnf: x off-curve / small-order point": {
    jwk: { kty: "OKP", crv: "Ed25519", x: `AQ${"A".repeat(41)}` },
  },
  "jti: 100 KiB": "j".repeat(100 * 1024),
  "scopes: wider than issuer granted": (() => ({ scopes: ["*"] })) satisfies Change,
};

/** What is written for that entry; throws when the list has grown and nothing is. */
function written<T>(table: Readonly<Record<string, T>>, id: string): T {
  const entry = table[id];
  if (!Object.hasOwn(table, id) || entry === undefined)
    throw new Error(`nothing is written for ${id}`);
  return entry;
}
