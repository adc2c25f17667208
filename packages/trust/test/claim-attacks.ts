// Claims that one kind of token alone has, each made wrong under a right signature; `about` is the claim that is blamed.
import type { TrustReason, TrustSubject } from "../src/index.ts";
import {
  AGENT,
  ATTACKER_JWK,
  CALL,
  GROUP,
  ORG,
  OTHER_GROUP,
  OTHER_ORG,
  OTHER_SANDBOX,
  SESSION_JWK,
  USER,
  publicHalf,
} from "./builders.ts";

export interface ClaimAttack {
  readonly subject: TrustSubject | "preview-cookie";
  readonly what: string;
  readonly reason: TrustReason;
  readonly changes: Readonly<Record<string, unknown>>;
}

const of =
  (subject: ClaimAttack["subject"]) =>
  (
    what: string,
    changes: Readonly<Record<string, unknown>>,
    reason: TrustReason = "claim",
  ): ClaimAttack => ({ subject, what, changes, reason });

const certificate = of("session-certificate");
const routing = of("routing-token");
const access = of("access-token");
const grant = of("tool-grant");
const previews = [of("preview-token"), of("preview-cookie")];
const jwk = publicHalf(SESSION_JWK);

export const CLAIM_ATTACKS: readonly ClaimAttack[] = [
  certificate("cnf with a member more", { cnf: { jwk, jkt: "x" } }, "confirmation"),
  certificate("cnf.jwk with a member more", { cnf: { jwk: { ...jwk, kid: "x" } } }, "confirmation"),
  certificate("cnf.jwk with a private part", { cnf: { jwk: SESSION_JWK } }, "confirmation"),
  certificate("cnf.jwk with padding", { cnf: { jwk: { ...jwk, x: `${jwk.x}=` } } }, "confirmation"),
  certificate("cnf as a list", { cnf: [{ jwk }] }, "confirmation"),
  certificate("cnf.jwk as a list", { cnf: { jwk: [jwk] } }, "confirmation"),
  certificate("cnf.jwk as text", { cnf: { jwk: JSON.stringify(jwk) } }, "confirmation"),
  certificate("an unknown cap", { caps: { maxTools: 1 } }),
  certificate("a negative cap", { caps: { maxTokensPerTurn: -1 } }),
  certificate("a cap that is not whole", { caps: { maxCostPerTurn: 0.5 } }),
  certificate("a cap that is text", { caps: { maxTokensPerTurn: "64000" } }),
  certificate("a cap that is null", { caps: { maxTokensPerTurn: null } }),
  certificate("caps as a list", { caps: [] }),
  certificate("no caps", { caps: null }),
  certificate("tools that are text", { caps: { tools: "calculate" } }),
  certificate("a tool without a name", { caps: { tools: [""] } }),
  certificate("65 tools", { caps: { tools: Array.from({ length: 65 }, (_, at) => `${at}`) } }),
  certificate("an agent that is none", { caps: { agents: [USER] } }),
  certificate("sub of another group", { sub: `${ORG}/${OTHER_GROUP}` }),
  certificate("sub of another org", { sub: `${OTHER_ORG}/${GROUP}` }),
  certificate("sub the other way round", { sub: `${GROUP}/${ORG}` }),
  certificate("sub with a slash more", { sub: `${ORG}/${GROUP}/` }),
  certificate("org that is a group", { org: GROUP, sub: `${GROUP}/${GROUP}` }),
  certificate("epoch as text", { epoch: "3" }),
  certificate("epoch that is negative", { epoch: -1 }),
  certificate("epoch that is not whole", { epoch: 3.5 }),
  certificate("aud of the other service", { aud: "acos:sandbox-host" }, "audience"),
  routing("another group", { group: OTHER_GROUP }),
  routing("a role nobody has", { role: "owner" }),
  routing("a list of roles", { role: ["admin"] }),
  routing("a role in capitals", { role: "ADMIN" }),
  routing("an empty jti", { jti: "" }),
  routing("a jti that is a number", { jti: 1 }),
  routing("a jti of 65 characters", { jti: "j".repeat(65) }),
  routing("a name of 201 characters", { name: "n".repeat(201) }),
  routing("sub that is an agent", { sub: AGENT }),
  routing("sub in capitals", { sub: USER.toUpperCase() }),
  routing("sid null", { sid: null }),
  access("41 orgs", { orgs: Array.from({ length: 41 }, () => ({ id: ORG, role: "member" })) }),
  access("orgs as an object", { orgs: { id: ORG, role: "owner" } }),
  access("an org that is text", { orgs: [ORG] }),
  access("a role nobody has", { orgs: [{ id: ORG, role: "root" }] }),
  access("an unknown way in", { via: "cookie" }),
  access("scopes as text", { scopes: "read" }),
  access("33 scopes", { scopes: Array.from({ length: 33 }, (_, at) => `s${at}`) }),
  access("scopes null", { scopes: null }),
  access("an address of 255 characters", { email: "e".repeat(255) }),
  grant("a turn before the first", { turn: -1 }),
  grant("a turn as text", { turn: "2" }),
  grant("another turn", { turn: 3 }, "binding"),
  grant("a digest in capitals", { argumentsDigest: "AB".repeat(32) }),
  grant("a digest of 31 bytes", { argumentsDigest: "ab".repeat(31) }),
  grant("the digest of other arguments", { argumentsDigest: "ac".repeat(32) }, "binding"),
  grant("another call", { call: CALL.replace(/.$/, "0") }, "binding"),
  grant("another group", { group: OTHER_GROUP }, "binding"),
  grant("the other audience", { aud: "acos:tool-gateway" }, "audience"),
  grant("a key of its own", { cnf: { jwk: publicHalf(ATTACKER_JWK) }, turn: 9 }, "binding"),
  ...previews.flatMap((preview) => [
    preview("a port beyond the last", { port: 65_536 }),
    preview("port 0", { port: 0 }),
    preview("another port than its audience's", { port: 5_174 }),
    preview("a port that is text", { port: "5173" }),
    preview("another sandbox than its audience's", { sandbox: OTHER_SANDBOX }),
    preview("a sandbox that is a group", { sandbox: GROUP }),
    preview("a group that is a sandbox", { group: OTHER_SANDBOX }),
    preview("a user that is an agent", { sub: AGENT }),
    preview("an empty session", { sid: "" }),
    preview("a jti too long", { jti: "x".repeat(65) }),
  ]),
];
