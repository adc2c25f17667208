// The public face of `trust`: who said this, and is it what they said. Times come in as milliseconds since the epoch.
export {
  signAccessToken,
  verifyAccessToken,
  type AccessToken,
  type AccessTokenClaims,
} from "./access-token.ts";
export {
  believedKeys,
  makeAuthorityKeys,
  parseAuthorityKeys,
  rotateAuthorityKeys,
  type AuthorityKey,
  type AuthorityKeys,
} from "./authority-keys.ts";
export {
  AUDIT_BEGIN,
  auditHash,
  endFault,
  followAudit,
  type AuditContent,
  type AuditEntry,
  type AuditFault,
  type AuditMark,
} from "./audit-chain.ts";
export { fromBase64url, toBase64url } from "./base64.ts";
export type { RandomBytes } from "./aes-gcm.ts";
export { canonicalJson } from "./canonical-json.ts";
export { CAP_LIST_MAX, requireWithinCaps, type CapUse, type Caps } from "./caps.ts";
export { CertificateCache, type TrustedCertificate } from "./certificate-cache.ts";
export {
  makeDataKey,
  openDataKey,
  rewrapDataKey,
  type DataKey,
  type DataKeyName,
  type WrappedDataKey,
} from "./data-key.ts";
export { sha256Base64, sha256Hex } from "./digest.ts";
export {
  KeyRing,
  generateKeyPair,
  importSigningKey,
  publicJwks,
  type Jwks,
  type KeyPair,
  type PrivateJwk,
  type SigningKey,
} from "./key-ring.ts";
export { generateMasterKey, parseMasterKeys, type MasterKeys } from "./master-keys.ts";
export { NonceCache } from "./nonce-cache.ts";
export { parsePublicJwk, thumbprintOf, type PublicJwk } from "./public-key.ts";
export {
  TARGET_ORIGINS,
  signRequest,
  type HeaderReader,
  type RequestSigner,
  type SignableRequest,
  type SignatureHeaders,
} from "./request-signature.ts";
export {
  SIGNED_BODY_MAX_BYTES,
  createRequestGate,
  verifySignedRequest,
  type RequestGate,
  type VerifiedRequest,
} from "./request-verification.ts";
export {
  signRoutingToken,
  verifyRoutingToken,
  type RoutingToken,
  type RoutingTokenClaims,
} from "./routing-token.ts";
export {
  signPreview,
  verifyPreview,
  type PreviewToken,
  type PreviewTokenClaims,
} from "./preview-token.ts";
export {
  sandboxTarget,
  verifySandboxRequest,
  type SandboxGate,
  type SandboxRequest,
} from "./sandbox-request.ts";
export {
  openFirstSecret,
  openSecret,
  sealSecret,
  type FirstSealedSecret,
  type SealedSecret,
  type SecretName,
} from "./sealed-secret.ts";
export {
  CERTIFICATE_AUDIENCES,
  signSessionCertificate,
  verifySessionCertificate,
  type CertificateAudience,
  type SessionCertificate,
  type SessionCertificateClaims,
} from "./session-certificate.ts";
export { NONCE_BYTES } from "./signature-profile.ts";
export { parseStrictJson, type JsonObject, type JsonValue } from "./strict-json.ts";
export type { KeySource } from "./strict-token.ts";
export type { TokenTimes } from "./token-kind.ts";
export {
  TOOL_GRANT_AUDIENCES,
  TOOL_GRANT_TTL_S,
  argumentsDigest,
  signToolGrant,
  verifyToolGrant,
  type ToolGrant,
  type ToolGrantAudience,
  type ToolGrantClaims,
} from "./tool-grant.ts";
export { TRUST_REASONS, TrustError, type TrustReason, type TrustSubject } from "./trust-error.ts";
