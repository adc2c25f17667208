// The list of attacks on signed requests, each as a change of a valid one; what arrives is what the gate sees.
import { COVERED_COMPONENTS } from "../src/signature-profile.ts";
import { BODY, NOW_MS, withHeaders, type SignedFixture } from "./builders.ts";
import { utf8 } from "./forge.ts";
import { resigned, type OtherProfile } from "./independent-signer.ts";

type Arrived = SignedFixture["request"];
export interface Arrival {
  readonly request:
    | Arrived
    | (Omit<Arrived, "headers"> & { headers: { get(name: string): string | null } });
  readonly nowMs?: number;
  /** Verified before, by the same gate. */
  readonly before?: Arrived;
  /** Verified before, by a gate in another isolate. */
  readonly elsewhere?: Arrived;
}
type Attack = (request: Arrived) => Arrived | Arrival | Promise<Arrived | Arrival>;

const isArrival = (value: Arrived | Arrival): value is Arrival => "request" in value;

export async function arrivalOf(id: string, request: Arrived): Promise<Arrival> {
  const attack = ATTACKS[id];
  if (attack === undefined) throw new Error(`nothing is written for ${id}`);
  const arrived = await attack(request);
  return isArrival(arrived) ? arrived : { request: arrived };
}

const url =
  (from: string, to: string): Attack =>
  (request) => ({ ...request, url: changed(request.url, from, to) });
const header =
  (name: string, change: (value: string) => string | null): Attack =>
  (request) =>
    withHeaders(request, { [name]: change(request.headers.get(name) ?? "") });
const signedWith =
  (profile: OtherProfile): Attack =>
  (request) =>
    resigned(request, profile);
const parameters = (changes: OtherProfile["parameters"]): Attack =>
  signedWith({ parameters: changes ?? {} });
const digest =
  (value: string): Attack =>
  (request) =>
    resigned(withHeaders(request, { "content-digest": value }));

const OTHER_DIGEST = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const at = (offsetS: number) => NOW_MS / 1000 + offsetS;

const ATTACKS: Readonly<Record<string, Attack>> = {
  "method changed": (request) => ({ ...request, method: "PUT" }),
  "path changed": url("/turns", "/tool-calls"),
  "query added": url("y=2", "y=2&z=3"),
  "query changed": url("y=2", "y=3"),
  "query reordered": url("x=1&y=2", "y=2&x=1"),
  "scheme downgraded": url("https:", "http:"),
  "body changed, digest recomputed": async (request) => {
    const body = utf8('{"turn":9}');
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
    const field = `sha-256=:${btoa(String.fromCharCode(...sha256))}:`;
    return { ...withHeaders(request, { "content-digest": field }), body };
  },
  "content-digest with second wrong algorithm": (request) =>
    resigned(
      withHeaders(request, {
        "content-digest": `${request.headers.get("content-digest")}, sha-512=:AAAA:`,
      }),
    ),
  "content-digest sha-256 of other content": digest(`sha-256=:${OTHER_DIGEST}:`),
  "content-digest algorithm md5": digest("md5=:1B2M2Y8AsgTpgAmY7PhCfg==:"),
  "content-digest algorithm unknown only": digest("sha-0=:AAAA:"),
  "content-length mismatch": header("content-length", () => String(BODY.length + 1)),
  "duplicate Content-Digest header": header("content-digest", (value) => `${value}, ${value}`),
  "duplicate Signature-Input label": header("signature-input", (value) => `${value}, ${value}`),
  "two signatures, first invalid": (request) =>
    withHeaders(request, {
      "signature-input": both(request.headers.get("signature-input")),
      signature: `sig0=:${"A".repeat(86)}==:, ${request.headers.get("signature")}`,
    }),
  "label renamed only (must ACCEPT)": (request) =>
    withHeaders(request, {
      "signature-input": changed(request.headers.get("signature-input"), "sig1=", "other="),
      signature: changed(request.headers.get("signature"), "sig1=", "other="),
    }),
  "Signature-Input without Signature": header("signature", () => null),
  "@signature-params listed as component": header("signature-input", (value) =>
    changed(value, '"acos-run")', '"acos-run" "@signature-params")'),
  ),
  "component listed twice": header("signature-input", (value) =>
    changed(value, '("@method"', '("@method" "@method"'),
  ),
  "header with non-ASCII value": header("content-type", () => "application/json; x=\u00e9"),
  "created in the future by 61 s": parameters({ created: at(61), expires: at(91) }),
  "created older than window": parameters({ created: at(-31), expires: at(-1) }),
  "created negative": parameters({ created: -1, expires: 29 }),
  "expires before created": parameters({ expires: at(-30) }),
  "expires too far ahead": parameters({ expires: at(3600) }),
  "nonce reused": (request) => ({ request, before: request }),
  "nonce 1 byte": parameters({ nonce: "AA" }),
  "keyid missing": signedWith({ without: "keyid" }),
  "alg parameter contradicts key": parameters({ alg: "ecdsa-p256-sha256" }),
  'alg="hmac-sha256" with public key as secret': parameters({ alg: "hmac-sha256" }),
  'alg="rsa-v1_5-sha256"': parameters({ alg: "rsa-v1_5-sha256" }),
  "tag missing": signedWith({ without: "tag" }),
  "tag of another application": parameters({ tag: "web-bot-auth" }),
  "signature base64 standard with spaces": header(
    "signature",
    (value) => `${value.slice(0, 30)} ${value.slice(30)}`,
  ),
  "signature 63 bytes": header("signature", () => `sig1=:${"A".repeat(84)}:`),
  "signature all zero": header("signature", () => `sig1=:${"A".repeat(86)}==:`),
  "certificate twice": header("acos-certificate", (value) => `${value}, ${value}`),
  "certificate not covered by signature": signedWith({
    components: COVERED_COMPONENTS.filter((name) => name !== "acos-certificate"),
  }),
  "obs-fold in covered header": (request) => ({
    request: {
      ...request,
      headers: {
        get: (name) =>
          name === "content-type" ? "application/\r\n json" : request.headers.get(name),
      },
    },
  }),
  "header value with trailing spaces (must ACCEPT)": (request) => ({
    request: {
      ...request,
      headers: {
        get: (name) =>
          name === "content-type" ? "application/json \t " : request.headers.get(name),
      },
    },
  }),
  "header name upper case (must ACCEPT)": (request) => ({
    ...request,
    headers: new Headers([...request.headers].map(([name, value]) => [name.toUpperCase(), value])),
  }),
  "percent-encoding case change in path": url("a%2fb", "a%2Fb"),
  "dot segments in path": url("/turns", "/x/../turns"),
  "trailing dot in authority": url("agents.internal", "agents.internal."),
  "X-Forwarded-Host override": header("x-forwarded-host", () => "evil.example"),
  "X-HTTP-Method-Override": header("x-http-method-override", () => "DELETE"),
  "chunked + content-length smuggling": (request) =>
    withHeaders(request, { "content-length": String(BODY.length), "transfer-encoding": "chunked" }),
  "replay after window": (request) => ({ request, nowMs: NOW_MS + 30_000 }),
  "replay to other colo/instance": (request) => ({ request, elsewhere: request }),
  "replay with connection change": (request) => ({ request: { ...request }, before: request }),
  "signature stripped": (request) =>
    withHeaders(request, { signature: null, "signature-input": null }),
};

export const ATTACK_IDS: readonly string[] = Object.keys(ATTACKS);

function changed(text: string | null, from: string, to: string): string {
  if (!text?.includes(from)) throw new Error(`the request has no ${from} to change`);
  return text.replace(from, to);
}

function both(input: string | null): string {
  return `${changed(input, "sig1=", "sig0=")}, ${input}`;
}
