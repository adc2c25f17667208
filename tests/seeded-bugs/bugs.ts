// Holes put into the sources on purpose, each with the one test that has to fail for it.
import { HISTORY_BUGS } from "./history-bugs.ts";
import { SANDBOX_BUGS } from "./sandbox-bugs.ts";
import type { SeededBug } from "./seeded-bug.ts";

/** Where the code and its tests lie: a part that moves changes its line here and nothing else. */
const FILES = {
  tokenKind: "packages/trust/src/token-kind.ts",
  strictToken: "packages/trust/src/strict-token.ts",
  strictJson: "packages/trust/src/strict-json.ts",
  base64: "packages/trust/src/base64.ts",
  caps: "packages/trust/src/caps.ts",
  certificate: "packages/trust/src/session-certificate.ts",
  publicKey: "packages/trust/src/public-key.ts",
  certificates: "packages/trust/src/certificate-cache.ts",
  profile: "packages/trust/src/signature-profile.ts",
  verification: "packages/trust/src/request-verification.ts",
  authenticate: "workers/agents/src/authenticate.ts",
  streamedCall: "workers/agents/src/streamed-call.ts",
  toolCall: "workers/agents/src/tool-call.ts",
  egress: "packages/egress/src/egress.ts",
  judgeUrl: "packages/egress/src/judge-url.ts",
  redirect: "packages/egress/src/redirect.ts",
  ipv6: "packages/egress/src/ipv6.ts",
  handshake: "workers/orchestrator/src/socket-handshake.ts",
  serveApi: "workers/orchestrator/src/rest/serve-api.ts",
  access: "workers/orchestrator/src/store/access.ts",
  greet: "workers/group-controller/src/sockets/greet.ts",
  openGroup: "workers/group-controller/src/open-group.ts",
  proofs: "workers/group-controller/src/sockets/socket-proofs.ts",
  usedTokens: "workers/group-controller/src/sockets/accept.ts",
  apiKeys: "workers/orchestrator/src/routes/api-keys.ts",
  serveSignIn: "workers/orchestrator/src/sign-in/serve-sign-in.ts",
} as const;

const TESTS = {
  keys: "packages/trust/test/keys.test.ts",
  kinds: "packages/trust/test/token-kinds.test.ts",
  tokens: "packages/trust/test/strict-token.test.ts",
  tokenAttacks: "packages/trust/test/token-attacks.test.ts",
  requests: "packages/trust/test/request-signature.test.ts",
  requestAttacks: "packages/trust/test/request-attacks.test.ts",
  sender: "workers/agents/test/trust.test.ts",
  egress: "packages/egress/test/egress.test.ts",
  closedAddresses: "packages/egress/test/closed-addresses.test.ts",
  handshake: "workers/orchestrator/test/handshake.workerd.test.ts",
  signIn: "workers/orchestrator/test/sign-in.workerd.test.ts",
  rest: "workers/orchestrator/test/rest.workerd.test.ts",
  group: "workers/group-controller/test/group-controller.workerd.test.ts",
  proofs: "workers/group-controller/test/proofs.workerd.test.ts",
  endings: "workers/orchestrator/test/endings.workerd.test.ts",
} as const;

type File = keyof typeof FILES;
type Test = keyof typeof TESTS;
type Change = readonly [file: File, find: string, put: string];

const bug = (name: string, changes: readonly Change[], by: readonly [Test, string]): SeededBug => ({
  name,
  patches: changes.map(([file, find, put]) => ({ file: FILES[file], find, put })),
  test: TESTS[by[0]],
  caughtBy: by[1],
});

const TOKENS: readonly SeededBug[] = [
  bug(
    "a token for anybody is taken: aud is not looked at",
    [["tokenKind", `throw new TrustError(kind.subject, "audience");`, "void 0;"]],
    ["kinds", "[C1] refuses another issuer and another audience, though rightly signed"],
  ),
  bug(
    "a token of anybody is taken: iss is not looked at",
    [["tokenKind", `throw new TrustError(kind.subject, "issuer");`, "void 0;"]],
    ["kinds", "[C1] refuses another issuer and another audience, though rightly signed"],
  ),
  bug(
    "a token never expires",
    [["tokenKind", `throw new TrustError(subject, "expired");`, "void 0;"]],
    ["kinds", "[C2] counts until the millisecond before its expiry, and not from it on"],
  ),
  bug(
    "a token lives as long as it says",
    [["tokenKind", `throw new TrustError(kind.subject, "lifetime");`, "void 0;"]],
    ["kinds", "[C3] refuses a life one second longer than its kind may have"],
  ),
  bug(
    "a token of one kind passes for another: typ is not looked at",
    [["strictToken", `throw new TrustError(subject, "type");`, "void 0;"]],
    ["kinds", "[T6] is refused in the place of every other kind"],
  ),
  bug(
    "the header says which algorithm is used",
    [
      ["strictToken", `throw new TrustError(subject, "algorithm");`, "void 0;"],
      [
        "strictToken",
        "{ algorithms: [TOKEN_ALGORITHM] }",
        `{ algorithms: ["EdDSA", "Ed25519", "ES256", "RS256", "HS256", "none"] }`,
      ],
    ],
    ["tokens", "[T4] refuses a header with another algorithm"],
  ),
  bug(
    "base64url with stray bits is read",
    [["base64", "return unusedBits === 0 ? bytes : undefined;", "return bytes;"]],
    ["tokens", "[T3] refuses a segment that is not canonical, though the signature is right"],
  ),
  bug(
    "the last of two claims of one name wins",
    [["strictJson", "return isUnambiguous(text) &&", "return text.length >= 0 &&"]],
    ["tokenAttacks", "[T4] [T8] [C1] refuses payload with exp twice, once in disguise"],
  ),
  bug(
    "a cap that is not known does not limit",
    [["caps", `claims.requireOnly([...COUNTED, "maxSandboxes", "tools", "agents"], "caps");`, ""]],
    ["kinds", "[S4] refuses a cap it does not know instead of not limiting by it"],
  ),
  bug(
    "a certificate may bind more than its key",
    [["certificate", `names.join() === "jwk"`, `names.includes("jwk")`]],
    ["tokenAttacks", "[C4] refuses cnf with a member more"],
  ),
  bug(
    "a key of small order is a key",
    [["publicKey", "isBelowPrime && !SMALL_ORDER_Y.has(y)", "isBelowPrime"]],
    ["keys", "[K1] is refused when its y is a point of order 8"],
  ),
];

const REQUESTS: readonly SeededBug[] = [
  bug(
    "the body is not held against its digest",
    [["verification", `throw new TrustError("signed-request", "digest");`, "void 0;"]],
    ["requests", "[Q7] is refused when the body is not the one that was signed"],
  ),
  bug(
    "any key signs for a certificate: keyid is not held against cnf",
    [["verification", `throw new TrustError("signed-request", "key_mismatch");`, "void 0;"]],
    ["requests", "[Q5] is refused when its key is not the one of its certificate"],
  ),
  bug(
    "the request's signature is not looked at",
    [["verification", `throw new TrustError("signed-request", "signature");`, "void 0;"]],
    ["requests", "[Q6] is refused when content-type was changed on the way"],
  ),
  bug(
    "a request is served as often as it comes: no nonce is remembered",
    [["verification", `throw new TrustError("signed-request", "used");`, "void 0;"]],
    ["sender", "[A2] who sends the same request again is refused"],
  ),
  bug(
    "a signed request never expires",
    [["profile", `throw new TrustError("signed-request", "expired");`, "void 0;"]],
    ["requests", "[Q3] verified 30000 ms after it was signed is expired"],
  ),
  bug(
    "a signed request lives as long as it says",
    [["profile", `throw new TrustError("signed-request", "lifetime");`, "void 0;"]],
    ["requestAttacks", "[Q2] [Q6] refuses Signature-Input with expires at created"],
  ),
  bug(
    "a certificate of an earlier epoch goes on counting",
    [["certificates", `throw new TrustError("session-certificate", "epoch");`, "void 0;"]],
    ["requests", "[S3] once a later epoch was seen, a certificate of an earlier one is refused"],
  ),
  bug(
    "what was verified with a withdrawn CA key goes on counting",
    [["certificates", "known?.keys === keys ? known", "known !== undefined ? known"]],
    ["requests", "[Q13] a rotated ring no longer believes what it believed before"],
  ),
  bug(
    "a header field makes another request of a signed one",
    [["verification", `throw new TrustError("signed-request", "override", override);`, "void 0;"]],
    ["requests", "[Q10] is refused when a header field would make another request of it"],
  ),
  bug(
    "a body speaks for any group",
    [["authenticate", "if (!isOwn)", "if (false as boolean)"]],
    ["sender", "[A3] may speak for its own group, org and run only"],
  ),
  bug(
    "the certificate's agents do not limit a turn",
    [["streamedCall", "requireWithinCaps(caller.certificate.caps, { agent: pin.agent });", ""]],
    ["sender", "[A6] an agent that the certificate does not name is refused"],
  ),
  bug(
    "the certificate's tokens do not limit a turn",
    [["streamedCall", "spending.reserve(worst);", ""]],
    [
      "sender",
      "[A6] a briefing larger than the certificate's tokens is refused before a model is called",
    ],
  ),
  bug(
    "the certificate's tools do not limit a call",
    [["toolCall", "tools: [wanted.tool]", "tools: []"]],
    ["sender", "[A6] a tool that the certificate does not name is neither offered nor called"],
  ),
];

const ADDRESSES: readonly SeededBug[] = [
  bug(
    "what ends like an allowed host is allowed",
    [
      [
        "judgeUrl",
        "policy.allow.includes(hostname)",
        "policy.allow.some((host) => hostname.endsWith(host))",
      ],
    ],
    ["closedAddresses", "[E4] exactly what is listed, through the network for listed hosts"],
  ),
  bug(
    "an IPv4 address inside IPv6 is not judged",
    [["ipv6", "return classifyIpv4(carried);", `return "public";`]],
    ["closedAddresses", "[E2] refuses NAT64 of the wire server"],
  ),
  bug(
    "a redirect leads anywhere",
    [
      [
        "egress",
        "requireOpen(location, policy, hop.url)",
        "{ ...hop, url: new URL(location, hop.url) }",
      ],
    ],
    ["egress", "[E6] refuses a redirect to http://169.254.169.254/latest"],
  ),
  bug(
    "credentials go along to another origin",
    [["redirect", ": plainHeaders(hop.headers);", ": new Headers(hop.headers);"]],
    ["egress", "[E5] drops credentials where the origin changes: https://b.com/"],
  ),
];

const PEOPLE: readonly SeededBug[] = [
  bug(
    "any website opens sockets",
    [["handshake", "requireKnownOrigin(request, plane.settings.publicOrigins);", ""]],
    ["handshake", "[HS6] refuses other websites, plain requests and addresses of no group"],
  ),
  bug(
    "any website uses the browser's session",
    [["serveApi", "requireOwnOrigin(request, plane.settings.publicOrigins);", "void 0;"]],
    [
      "signIn",
      "[SI8] refuses another site's request, and a browser's without an origin from another site",
    ],
  ),
  bug(
    "another org's agent can be seen and changed",
    [["access", " || orgRoleOf(caller, state.org) === undefined", ""]],
    ["rest", "[AC1] what is somebody else's answers like what does not exist"],
  ),
  bug(
    "a routing token opens many sockets",
    [["greet", "if (!group.tokens.useToken(claims, now)) return refuseUpgrade(TOKEN_USED);", ""]],
    ["group", "[S1] refuses upgrades by HTTP: no claims, a used token, somebody outside"],
  ),
  bug(
    "a removed member's sockets stay open",
    [["openGroup", "this.sockets.close(REMOVED, effect.user);", ""]],
    ["group", "[S6] a removed member's sockets close at once"],
  ),
  bug(
    "anybody's token proves a socket",
    [["proofs", "if (user !== connection.user) throw new ProblemError(ANOTHER_USER);", ""]],
    ["proofs", "[S9] a bad token is refused and changes nothing"],
  ),
  bug(
    "a socket that is never proven stays open",
    [["proofs", "if (overdue) this.#parts.sockets.end(socket, EXPIRED);", ""]],
    ["proofs", "[S9] a socket that is never proven closes by the alarm, also out of hibernation"],
  ),
  bug(
    "a token of an ended session opens a socket",
    [["usedTokens", "jti IN (?, ?) AND exp >= ?", "jti IN (?, ?) AND exp >= ? AND 1 = 2"]],
    ["proofs", "[S10] a token of before the session's end neither opens nor proves a socket"],
  ),
  bug(
    "a revoked key's sockets stay open",
    [["apiKeys", "await endSockets(plane, { user: caller.user, sid: params.id });", ""]],
    ["endings", "[EN2] a revoked API key tells every group which key has ended"],
  ),
  bug(
    "every route of the sign-in library is open",
    [["serveSignIn", "if (!isOpenRoute(request.method, path)) throw notOpen();", ""]],
    ["signIn", "[SI18] links that would come by mail open nothing, since no mail is sent"],
  ),
];

export const SEEDED_BUGS: readonly SeededBug[] = [
  ...TOKENS,
  ...REQUESTS,
  ...ADDRESSES,
  ...PEOPLE,
  ...HISTORY_BUGS,
  ...SANDBOX_BUGS,
];
