// Attacks on signed requests that are not in the list; each says for which reason it must be refused.
import { fromBase64, toBase64 } from "../src/base64.ts";
import { sha256Base64, type HeaderReader, type TrustReason } from "../src/index.ts";
import { signatureBase, type CoveredValues } from "../src/signature-profile.ts";
import { BODY, NOW_S, sessionKey, withHeaders, type SignedFixture } from "./builders.ts";
import { utf8 } from "./forge.ts";

type Arrived = SignedFixture["request"];
type Attacked = Omit<Arrived, "headers"> & { readonly headers: HeaderReader };

export interface RequestAttack {
  readonly what: string;
  readonly reason: TrustReason;
  readonly attack: (request: Arrived) => Attacked | Promise<Attacked>;
}

type Change = (text: string) => string;

/** The parameters are changed and signed anew by the right key, so that only the profile stands in the way. */
const input = (what: string, change: Change, reason: TrustReason = "coverage"): RequestAttack => ({
  what: `Signature-Input with ${what}`,
  reason,
  attack: (request) => signedAnew(request, change),
});
const replaced = (what: string, from: string | RegExp, to: string, reason?: TrustReason) =>
  input(what, (text) => changed(text, from, to), reason);
/** A field is changed on the way. */
const field = (name: string, what: string, reason: TrustReason, change: Change): RequestAttack => ({
  what: `${name} ${what}`,
  reason,
  attack: (request) => withHeaders(request, { [name]: change(request.headers.get(name) ?? "") }),
});
/** A field is as it was signed, but is one that a careful sender never sends. */
const signedField = (
  name: string,
  what: string,
  reason: TrustReason,
  change: Change,
): RequestAttack => ({
  what: `${name} ${what}, signed so`,
  reason,
  attack: (request) =>
    signedAnew(withHeaders(request, { [name]: change(request.headers.get(name) ?? "") })),
});
/** A field that `Headers` would not take, as a careless transport may hand it over. */
const rawField = (name: string, what: string, reason: TrustReason, change: Change) => ({
  what: `${name} ${what}`,
  reason,
  attack: (request: Arrived): Attacked => ({
    ...request,
    headers: {
      get: (asked) =>
        asked === name ? change(request.headers.get(name) ?? "") : request.headers.get(asked),
    },
  }),
});
const target = (what: string, reason: TrustReason, change: Change): RequestAttack => ({
  what: `target with ${what}`,
  reason,
  attack: (request) => ({ ...request, url: change(request.url) }),
});
const method = (what: string, value: string): RequestAttack => ({
  what: `method ${what}`,
  reason: "signature",
  attack: (request) => ({ ...request, method: value }),
});
const body = (what: string, bytes: Uint8Array): RequestAttack => ({
  what: `body ${what}`,
  reason: "digest",
  attack: (request) => ({ ...request, body: bytes }),
});

const INPUTS: readonly RequestAttack[] = [
  input("a parameter more", (text) => `${text};x=1`),
  input("an algorithm", (text) => `${text};alg="ed25519"`),
  input("a flag", (text) => `${text};sf`),
  input("a semicolon more", (text) => `${text};`),
  input("a space at its end", (text) => `${text};tag="acos-v1" `),
  replaced("a space after a semicolon", ";created", "; created"),
  replaced("a tab between components", '" "@target-uri"', '"\t"@target-uri"', "field"),
  replaced("two spaces between components", '" "', '"  "'),
  replaced("a space in the list", '("@method"', '( "@method"'),
  replaced("created twice", ";created", `;created=${NOW_S};created`),
  replaced("expires before created", /;created=(\d+);expires=(\d+)/, ";expires=$2;created=$1"),
  replaced("tag first", /^(.*\))(.*)(;tag=.*)$/, "$1$3$2"),
  replaced(
    "two components the other way round",
    '"acos-certificate" "acos-run"',
    '"acos-run" "acos-certificate"',
  ),
  replaced("one component less", ' "content-type"', ""),
  replaced("no component", /\([^)]*\)/, "()"),
  replaced("@authority beside it", '"@method"', '"@method" "@authority"'),
  replaced("@request-target for @target-uri", "@target-uri", "@request-target"),
  replaced("a component in capitals", '"content-type"', '"Content-Type"'),
  replaced("a component as a structured field", '"content-type"', '"content-type";sf'),
  replaced("a component as bytes", '"acos-run"', '"acos-run";bs'),
  replaced("a component of the trailers", '"acos-run"', '"acos-run";tr'),
  replaced("a component of another request", '"@method"', '"@method";req'),
  replaced("created as a decimal", /created=(\d+)/, "created=$1.0"),
  replaced("created with a zero before it", "created=", "created=0"),
  replaced("created with a plus", "created=", "created=+"),
  replaced("created as text", /created=(\d+)/, 'created="$1"'),
  replaced("created as 1.8e9", /created=\d+/, "created=1.8e9"),
  replaced("created as a date", "created=", "created=@"),
  replaced("created of 13 digits", /created=(\d+)/, "created=$1000"),
  replaced("a nonce of 15 bytes", /nonce="[^"]*"/, `nonce="${"A".repeat(20)}"`),
  replaced("a nonce of 17 bytes", /nonce="[^"]*"/, `nonce="${"A".repeat(23)}"`),
  replaced("an escaped quote in the nonce", /nonce="(.)./, String.raw`nonce="$1\"`),
  replaced("a backslash in the nonce", /nonce=".(.)/, String.raw`nonce="\$1`),
  replaced("a nonce as bytes", /nonce="[^"]*"/, "nonce=:AAAAAAAAAAAAAAAAAAAAAA==:"),
  replaced("a nonce in standard base64", /nonce="../, 'nonce="+/'),
  replaced("an empty nonce", /nonce="[^"]*"/, 'nonce=""'),
  replaced("keyid without quotes", /keyid="([^"]*)"/, "keyid=$1"),
  replaced("keyid with padding", /keyid="([^"]*)"/, 'keyid="$1="'),
  replaced("a tag in capitals", "acos-v1", "ACOS-V1"),
  replaced("a tag of the next version", "acos-v1", "acos-v2"),
  replaced("a tag with a space", "acos-v1", "acos-v1 "),
  replaced("expires at created", /expires=\d+/, `expires=${NOW_S}`, "lifetime"),
  replaced("expires a second later", /expires=\d+/, `expires=${NOW_S + 31}`, "lifetime"),
  replaced("expires a second earlier", /expires=\d+/, `expires=${NOW_S + 29}`, "lifetime"),
  replaced("times of 1970", /created=\d+;expires=\d+/, "created=0;expires=30", "expired"),
  replaced("keyid of another key", /keyid="[^"]*"/, `keyid="${"A".repeat(43)}"`, "key_mismatch"),
];

const LABELS: readonly RequestAttack[] = [
  ["in capitals", "SIG1"],
  ["that begins with a digit", "1sig"],
  ["of 33 characters", "s".repeat(33)],
  ["that is empty", ""],
  ["with a space", "sig 1"],
  ["that is quoted", '"sig1"'],
].map(([what = "", label = ""]) => ({
  what: `a label ${what}`,
  reason: "coverage",
  attack: (request) =>
    withHeaders(request, {
      "signature-input": changed(request.headers.get("signature-input"), "sig1", label),
      signature: changed(request.headers.get("signature"), "sig1", label),
    }),
}));

const SIGNATURES: readonly RequestAttack[] = [
  field("signature", "under another label", "coverage", (text) => text.replace("sig1", "sig2")),
  field("signature", "in base64url", "coverage", (text) => text.replace(/:.{3}/, ":-_-")),
  field("signature", "without padding", "coverage", (text) => text.replace("==:", ":")),
  field("signature", "with a parameter", "coverage", (text) => `${text};x=1`),
  field("signature", "without its colons", "coverage", (text) => text.replaceAll(":", "")),
  field("signature", "beside another", "coverage", (text) => `${text}, sig2=:AAAA:`),
  field("signature", "as text", "coverage", (text) => text.replaceAll(":", '"')),
  field("signature", "with stray bits", "encoding", (text) =>
    text.replace(
      /(.)==:$/,
      (_, last: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}==:`,
    ),
  ),
  field("signature", "with the group's order added", "signature", (text) => {
    const bytes = fromBase64(text.slice("sig1=:".length, -1)) ?? new Uint8Array();
    return `sig1=:${toBase64(withOrderAdded(bytes))}:`;
  }),
  field("signature-input", "twice under two labels", "coverage", (text) => `${text}, a${text}`),
  field("signature-input", "of 513 characters", "field", (text) => text.padEnd(513, "x")),
];

const FIELDS: readonly RequestAttack[] = [
  field("content-type", "twice", "signature", (text) => `${text}, ${text}`),
  field("content-type", "with a parameter", "signature", (text) => `${text};charset=utf-8`),
  field("content-type", "in capitals", "signature", (text) => text.toUpperCase()),
  field("acos-run", "twice", "signature", (text) => `${text}, ${text}`),
  field("acos-run", "in capitals", "signature", (text) => text.toUpperCase()),
  field("acos-run", "left empty", "field", () => ""),
  field("acos-certificate", "beside another", "encoding", (text) => `${text},x`),
  field("acos-certificate", "of 4,097 bytes", "field", (text) => text.padEnd(4097, "A")),
  signedField("acos-run", "that is no run's id", "field", () => "run_1"),
  signedField("acos-run", "that is a group's id", "field", (text) => text.replace("run", "grp")),
  rawField("acos-run", "with a NUL", "field", (text) => `${text}\0`),
  rawField("acos-run", "with DEL", "field", (text) => `${text}\x7f`),
  rawField("content-type", "with a vertical tab", "field", (text) => `${text}\v`),
  rawField("content-type", "with a line of its own", "field", (text) => `${text}\n"acos-run": -`),
  rawField("content-digest", "with a letter beyond ASCII", "field", (text) => `${text}é`),
  field("x-method-override", "set", "override", () => "GET"),
  field("x-http-method", "set", "override", () => "GET"),
  field("x-rewrite-url", "set", "override", () => "/tool-calls"),
  field("content-length", "with a plus", "override", () => `+${BODY.length}`),
  field("content-length", "with a zero before it", "override", () => `0${BODY.length}`),
  field("content-length", "twice", "override", () => `${BODY.length}, ${BODY.length}`),
  field("content-length", "in hexadecimal", "override", () => "0xa"),
];

const EMPTY = await sha256Base64("");
const DIGESTS: readonly RequestAttack[] = [
  signedField("content-digest", "of the empty body", "digest", () => `sha-256=:${EMPTY}:`),
  signedField("content-digest", "twice", "digest", (text) => `${text}, ${text}`),
  signedField(
    "content-digest",
    "beside the empty body's",
    "digest",
    (text) => `${text}, sha-256=:${EMPTY}:`,
  ),
  signedField("content-digest", "in capitals", "digest", (text) => text.replace("sha", "SHA")),
  signedField("content-digest", "with a parameter", "digest", (text) => `${text};x`),
  signedField("content-digest", "without padding", "digest", (text) =>
    text.replace("=:", ":").replace(/=:$/, ":"),
  ),
  signedField("content-digest", "as text", "digest", (text) => text.replaceAll(":", '"')),
  signedField("content-digest", "in hexadecimal", "digest", () => `sha-256=:${"ab".repeat(32)}:`),
  body("with a line break more", Uint8Array.from([...BODY, 10])),
  body("with a byte order mark", Uint8Array.from([0xef, 0xbb, 0xbf, ...BODY])),
  body("taken away", new Uint8Array()),
  body("cut by a byte", BODY.slice(0, -1)),
  body("with its bytes in reverse", BODY.toReversed()),
];

const TARGETS: readonly RequestAttack[] = [
  target("http", "target", (url) => url.replace("https:", "http:")),
  target("a user", "target", (url) => url.replace("//", "//user@")),
  target("a user named as the host", "target", (url) => url.replace("//", "//agents.internal:x@")),
  target("a host behind ours", "target", (url) =>
    url.replace(".internal", ".internal.evil.example"),
  ),
  target("the other service's host", "target", (url) => url.replace("agents.", "sandbox.")),
  target("the host in capitals", "target", (url) => url.replace("agents", "AGENTS")),
  target("a port", "target", (url) => url.replace(".internal", ".internal:443")),
  target("a backslash for the slash", "target", (url) => url.replace("internal/", "internal\\")),
  target("no path", "target", () => "https://agents.internal"),
  target("a space before it", "target", (url) => ` ${url}`),
  target("a fragment", "signature", (url) => `${url}#part`),
  target("a tab", "signature", (url) => url.replace("/turns", "/tu\trns")),
  target("two slashes", "signature", (url) => url.replace("/turns", "//turns")),
  target("an escaped dot segment", "signature", (url) => url.replace("/turns", "/%2e/turns")),
  target("a slash at the path's end", "signature", (url) => url.replace("/turns?", "/turns/?")),
  target("no query", "signature", (url) => url.replace(/\?.*/, "")),
  target("a question mark more", "signature", (url) => url.replace("?", "??")),
  target("a plus for a space", "signature", (url) => `${url}+`),
  target("a line of its own", "signature", (url) => `${url}\n"content-type": text/plain`),
];

const METHODS: readonly RequestAttack[] = [
  method("in lower case", "post"),
  method("left empty", ""),
  method("with a space", "POST "),
  method("with a line of its own", 'POST\n"@target-uri": https://agents.internal/'),
];

export const REQUEST_ATTACKS: readonly RequestAttack[] = [
  ...INPUTS,
  ...LABELS,
  ...SIGNATURES,
  ...FIELDS,
  ...DIGESTS,
  ...TARGETS,
  ...METHODS,
];

/** Signs a request anew with the session key, over the profile's lines and whatever parameters. */
async function signedAnew(request: Arrived, change: Change = (text) => text): Promise<Arrived> {
  const { method: verb, url, headers } = request;
  const get = (name: string) => headers.get(name) ?? "";
  const values: CoveredValues = {
    "@method": verb,
    "@target-uri": url,
    "content-type": get("content-type"),
    "content-digest": get("content-digest"),
    "acos-certificate": get("acos-certificate"),
    "acos-run": get("acos-run"),
  };
  const text = change(get("signature-input").slice("sig1=".length));
  const { key } = await sessionKey();
  const base = utf8(signatureBase(values, text));
  const bytes = new Uint8Array(await crypto.subtle.sign("Ed25519", key, base));
  return withHeaders(request, {
    "signature-input": `sig1=${text}`,
    signature: `sig1=:${toBase64(bytes)}:`,
  });
}

/** The order of the group (RFC 8032, section 5.1): adding it to S gives another signature that a lax verifier accepts. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The same signature in another spelling, which must not verify (RFC 8032, section 5.1.7). */
export function withOrderAdded(signature: Uint8Array): Uint8Array {
  const s = signature.slice(32).reduceRight((sum, byte) => (sum << 8n) + BigInt(byte), 0n) + ORDER;
  const bytes = Array.from({ length: 32 }, (_, place) => Number((s >> BigInt(8 * place)) & 255n));
  return Uint8Array.from([...signature.slice(0, 32), ...bytes]);
}

function changed(text: string | null, from: string | RegExp, to: string): string {
  const result = text?.replace(from, to);
  if (result === undefined || result === text)
    throw new Error(`the request has no ${from} to change`);
  return result;
}
