// Attacks on tokens that are not in the list, for every kind; each says for which reason it must be refused.
import { fromBase64url, toBase64url, type SigningKey, type TrustReason } from "../src/index.ts";
import { NOW_S } from "./builders.ts";
import { forge, signedSegments, utf8 } from "./forge.ts";
import type { Victim } from "./jwt-attacks.ts";
import { withOrderAdded } from "./request-attacks.ts";
import { TOKEN_FIXTURES } from "./token-fixtures.ts";

export interface TokenAttack {
  readonly what: string;
  readonly reason: TrustReason;
  readonly forge: (victim: Victim) => string | Promise<string>;
}

type Change = (text: string) => string;

/** The header's text is changed and the whole rightly signed. */
const header = (what: string, reason: TrustReason, change: Change): TokenAttack => ({
  what: `header ${what}`,
  reason,
  forge: ({ header: members, payload, issuer }) =>
    forge(change(JSON.stringify(members)), payload, issuer),
});
const headerMembers = (what: string, reason: TrustReason, members: object): TokenAttack => ({
  what: `header ${what}`,
  reason,
  forge: ({ header: own, payload, issuer }) => forge({ ...own, ...members }, payload, issuer),
});
/** The payload's text is changed and the whole rightly signed. */
const payload = (what: string, reason: TrustReason, change: Change): TokenAttack => ({
  what: `payload ${what}`,
  reason,
  forge: ({ header: members, payload: claims, issuer }) =>
    forge(members, change(JSON.stringify(claims)), issuer),
});
const claims = (
  what: string,
  reason: TrustReason,
  change: (own: Record<string, unknown>) => object,
): TokenAttack => ({
  what: `claims: ${what}`,
  reason,
  forge: ({ header: members, payload: own, issuer }) =>
    forge(members, { ...own, ...change(own) }, issuer),
});
/** A valid token is spelled in another way; its signature is left as it is. */
const spelling = (what: string, reason: TrustReason, change: Change): TokenAttack => ({
  what: `token ${what}`,
  reason,
  forge: ({ token }) => change(token),
});
/** The signed text itself is not canonical, so that only the parser stands in the way. */
const segments = (
  what: string,
  change: (head: string, body: string) => [string, string],
  reason: TrustReason = "encoding",
): TokenAttack => ({
  what: `segments: ${what}`,
  reason,
  forge: ({ header: members, payload: own, issuer }) => {
    const [head, body] = change(JSON.stringify(members), JSON.stringify(own));
    return signedSegments(head, body, issuer);
  },
});

const encoded = (text: string) => toBase64url(utf8(text));
/** base64url of the text, padded with spaces so that bits are left over, and one of them set. */
const sloppy = (text: string) => {
  const padded = text.length % 3 === 0 ? `${text} ` : text;
  const segment = encoded(padded);
  return segment.slice(0, -1) + String.fromCharCode(segment.charCodeAt(segment.length - 1) + 1);
};
const inserted = (text: string, piece: string) => `${text.slice(0, 8)}${piece}${text.slice(8)}`;
const closing = (more: string) => (text: string) => `${text.slice(0, -1)},${more}}`;

const HEADERS: readonly TokenAttack[] = [
  header("with typ twice", "json", closing('"typ":"JWT"')),
  header("with kid twice, the same", "json", (text) => {
    const { kid } = JSON.parse(text) as { kid: string };
    return closing(`"kid":"${kid}"`)(text);
  }),
  header("with typ twice, once in disguise", "json", closing(String.raw`"\u0074yp":"JWT"`)),
  header("with a byte order mark", "json", (text) => `\uFEFF${text}`),
  header("that is a list", "json", (text) => `[${text}]`),
  header("that is text", "json", (text) => JSON.stringify(text)),
  header("that is empty", "algorithm", () => "{}"),
  header("with a comma too many", "json", (text) => `${text.slice(0, -1)},}`),
  header("with a comment", "json", (text) => `/**/${text}`),
  header("in single quotes", "json", (text) => text.replaceAll('"', "'")),
  header("followed by another", "json", (text) => `${text}${text}`),
  header("followed by a NUL", "json", (text) => `${text}\0`),
  header("with __proto__", "json", closing('"__proto__":{"alg":"EdDSA"}')),
  header("with half a surrogate pair", "json", (text) => text.replace("acos-", String.raw`\ud800`)),
  headerMembers("with a member that is null", "header", { x: null }),
  headerMembers("with zip", "header", { zip: "DEF" }),
  headerMembers("with b64 true", "header", { b64: true }),
  headerMembers("with alg Ed25519", "algorithm", { alg: "Ed25519" }),
  headerMembers("with a space after alg", "algorithm", { alg: "EdDSA " }),
  headerMembers("with typ null", "type", { typ: null }),
  header("with typ as a list", "type", (text) => text.replace(/"typ":("[^"]*")/, '"typ":[$1]')),
  header("with typ in capitals", "type", (text) =>
    text.replace(/acos-\w+/, (typ) => typ.toUpperCase()),
  ),
  header("with a media type for typ", "type", (text) => text.replace("acos-", "application/acos-")),
  header("with a NUL after kid", "unknown_key", (text) =>
    text.replace(/"}$/, String.raw`\u0000"}`),
  ),
  header("with a newline after kid", "unknown_key", (text) =>
    text.replace(/"}$/, String.raw`\n"}`),
  ),
  header("with kid in lower case", "unknown_key", (text) =>
    text.replace(/"kid":"[^"]*"/, (kid) => kid.toLowerCase()),
  ),
];

const PAYLOADS: readonly TokenAttack[] = [
  payload("with exp twice, once in disguise", "json", closing(String.raw`"\u0065xp":9999999999`)),
  payload("with aud twice, the same", "json", (text) => {
    const { aud } = JSON.parse(text) as { aud: string };
    return closing(`"aud":"${aud}"`)(text);
  }),
  payload("with __proto__ in disguise", "json", closing(String.raw`"\u005f_proto__":{}`)),
  payload("with half a surrogate pair", "json", closing(String.raw`"note":"\ud800"`)),
  payload("with half a surrogate pair in a name", "json", closing(String.raw`"\udc00":1`)),
  payload("nested 33 deep", "json", closing(`"x":${"[".repeat(33)}${"]".repeat(33)}`)),
  payload("with NaN", "json", (text) => text.replace(/"exp":\d+/, '"exp":NaN')),
  payload("with Infinity", "json", (text) => text.replace(/"exp":\d+/, '"exp":Infinity')),
  payload("with a plus before a number", "json", (text) => text.replace('"exp":', '"exp":+')),
  payload("with a zero before a number", "json", (text) => text.replace('"exp":', '"exp":0')),
  payload("with a hexadecimal number", "json", (text) => text.replace(/"exp":\d+/, '"exp":0xFF')),
  payload("followed by a NUL", "json", (text) => `${text}\0`),
  payload("followed by another", "json", (text) => `${text}${text}`),
  payload("that is quoted", "json", (text) => JSON.stringify(text)),
  payload("that is nothing", "json", () => ""),
  payload("that is only a claim's name", "json", () => '"exp"'),
];

const CLAIMS: readonly TokenAttack[] = [
  payload("with exp 1e3, long ago", "claim", (text) => text.replace(/"exp":\d+/, '"exp":1e3')),
  claims("iat and exp of 1970", "expired", () => ({ iat: 1, exp: 2 })),
  claims("exp is iat", "claim", () => ({ exp: NOW_S })),
  claims("exp is not whole", "claim", ({ exp }) => ({ exp: Number(exp) - 0.5 })),
  claims("iat is not whole", "claim", () => ({ iat: NOW_S + 0.5 })),
  claims("exp is text", "claim", ({ exp }) => ({ exp: String(exp) })),
  claims("iat is text", "claim", () => ({ iat: String(NOW_S) })),
  claims("exp is a list", "claim", ({ exp }) => ({ exp: [exp] })),
  claims("exp is true", "claim", () => ({ exp: true })),
  claims("exp is beyond whole doubles", "claim", () => ({ exp: 2 ** 53 })),
  claims("iat is an object", "claim", () => ({ iat: { valueOf: NOW_S } })),
  claims("exp in milliseconds", "lifetime", ({ exp }) => ({ exp: Number(exp) * 1000 })),
  claims("iat and exp in milliseconds", "not_yet_valid", () => ({
    iat: NOW_S * 1000,
    exp: NOW_S * 1000 + 30,
  })),
  claims("nbf after iat", "claim", () => ({ nbf: NOW_S + 1 })),
  claims("nbf is null", "claim", () => ({ nbf: null })),
  claims("iss with a space", "issuer", ({ iss }) => ({ iss: `${iss} ` })),
  claims("iss with a slash", "issuer", ({ iss }) => ({ iss: `${iss}/` })),
  claims("iss in capitals", "issuer", ({ iss }) => ({ iss: String(iss).toUpperCase() })),
  claims("iss with a NUL", "issuer", ({ iss }) => ({ iss: `${iss}\0` })),
  claims("iss is null", "issuer", () => ({ iss: null })),
  claims("aud with a space", "audience", ({ aud }) => ({ aud: ` ${aud}` })),
  claims("aud is a list of ours alone", "audience", ({ aud }) => ({ aud: [aud] })),
  claims("aud in capitals", "audience", ({ aud }) => ({ aud: String(aud).toUpperCase() })),
  claims("aud is longer", "audience", ({ aud }) => ({ aud: `${aud}x` })),
  claims("aud is true", "audience", () => ({ aud: true })),
];

const SPELLINGS: readonly TokenAttack[] = [
  segments("stray bits in the header", (head, body) => [sloppy(head), encoded(body)]),
  segments("stray bits in the payload", (head, body) => [encoded(head), sloppy(body)]),
  segments("padding in the header", (head, body) => [`${encoded(head)}=`, encoded(body)]),
  segments("padding in the payload", (head, body) => [encoded(head), `${encoded(body)}=`]),
  segments("a line break in the header", (head, body) => [
    inserted(encoded(head), "\n"),
    encoded(body),
  ]),
  segments("a NUL in the payload", (head, body) => [encoded(head), inserted(encoded(body), "\0")]),
  segments("a letter beyond ASCII", (head, body) => [encoded(head), inserted(encoded(body), "é")]),
  segments("a percent escape", (head, body) => [encoded(head), inserted(encoded(body), "%41")]),
  segments("an empty header", (_head, body) => ["", encoded(body)], "json"),
  segments("an empty payload", (head) => [encoded(head), ""], "json"),
  segments(
    "a dot more in the payload",
    (head, body) => [encoded(head), `${encoded(body)}.`],
    "malformed",
  ),
  spelling("with four segments", "malformed", (token) => `${token}.`),
  spelling("with a segment before it", "malformed", (token) => `.${token}`),
  spelling("in the shape of a JWE", "malformed", (token) => `${token}.AAAA.AAAA`),
  spelling("of two segments", "malformed", (token) => token.replace(/\.[^.]*$/, "")),
  spelling("without a signature", "signature", (token) => token.replace(/[^.]*$/, "")),
  spelling("with dots of full width", "malformed", (token) => token.replaceAll(".", "．")),
  spelling("with escaped dots", "malformed", (token) => token.replaceAll(".", "%2E")),
  spelling("in quotes", "encoding", (token) => `"${token}"`),
  spelling("with a tab before it", "encoding", (token) => `\t${token}`),
  spelling("with stray bits in the signature", "encoding", (token) => {
    const last = token.charCodeAt(token.length - 1);
    return token.slice(0, -1) + String.fromCharCode(last + 1);
  }),
  spelling("of 4,097 bytes", "too_large", (token) => token.padEnd(4097, "A")),
];

const resigned = (victim: Victim, change: (signature: Uint8Array) => Uint8Array) => {
  const [head, body, last = ""] = victim.token.split(".");
  return `${head}.${body}.${toBase64url(change(fromBase64url(last) ?? new Uint8Array()))}`;
};

const SIGNATURES: readonly TokenAttack[] = [
  {
    what: "signature with the group's order added",
    reason: "signature",
    forge: (victim) => resigned(victim, withOrderAdded),
  },
  {
    what: "signature in the reverse order",
    reason: "signature",
    forge: (victim) => resigned(victim, (bytes) => bytes.toReversed()),
  },
  {
    what: "signature of a neutral point and zero",
    reason: "signature",
    forge: (victim) => resigned(victim, (bytes) => bytes.map((_, at) => (at === 0 ? 1 : 0))),
  },
  {
    what: "signature of the payload alone",
    reason: "signature",
    forge: async ({ token, issuer }) => {
      const [head = "", body = ""] = token.split(".");
      return `${head}.${body}.${await signatureOver(body, issuer)}`;
    },
  },
  {
    what: "signature of the same claims with other spaces",
    reason: "signature",
    forge: ({ header: members, payload: own, signature }) =>
      forge(members, JSON.stringify(own, null, 1), signature),
  },
];

async function signatureOver(text: string, { key }: SigningKey): Promise<string> {
  return toBase64url(new Uint8Array(await crypto.subtle.sign("Ed25519", key, utf8(text))));
}

/** A token of another kind, rightly signed by this kind's issuer and made for this audience. */
const OTHER_KINDS: readonly TokenAttack[] = TOKEN_FIXTURES.map(({ subject, typ }) => ({
  what: `a ${subject} with the right issuer and audience`,
  reason: "type",
  forge: async ({ fixture, header: members, payload: own, issuer }) => {
    const other = TOKEN_FIXTURES.find((candidate) => candidate.subject === subject) ?? fixture;
    const { payload: theirs } = decoded(await other.sign());
    const { iss, aud } = own;
    return forge({ ...members, typ }, { ...theirs, iss, aud }, issuer);
  },
}));

function decoded(token: string): { payload: object } {
  const bytes = fromBase64url(token.split(".")[1] ?? "");
  return { payload: JSON.parse(new TextDecoder().decode(bytes)) as object };
}

/** All of them; those of another kind are left out where it is the same. */
export function tokenAttacksOn(subject: string): readonly TokenAttack[] {
  const others = OTHER_KINDS.filter(({ what }) => !what.startsWith(`a ${subject} `));
  return [...HEADERS, ...PAYLOADS, ...CLAIMS, ...SPELLINGS, ...SIGNATURES, ...others];
}

/** Other spellings of the same valid token: strictness must not refuse what means only one thing. */
export const HARMLESS: readonly Omit<TokenAttack, "reason">[] = [
  header("with spaces and line breaks", "header", (text) => text.replaceAll(",", " ,\r\n\t")),
  header("with an escaped name", "header", (text) => text.replace("typ", String.raw`\u0074yp`)),
  payload("with spaces and line breaks", "json", (text) =>
    JSON.stringify(JSON.parse(text), null, "	"),
  ),
  payload("with an escaped name", "json", (text) => text.replace('"exp"', String.raw`"\u0065xp"`)),
  payload("with exp as 1.8…e9", "json", (text) => text.replace(/"exp":(\d)(\d+)/, '"exp":$1.$2e9')),
  claims("one nobody knows", "claim", () => ({ note: "x" })),
  claims("nbf at iat", "claim", () => ({ nbf: NOW_S })),
];
