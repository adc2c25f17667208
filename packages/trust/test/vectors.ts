// Reads the public test vectors that lie beside the project; a machine without them says so, CI fails without them.
import type { JWK } from "jose";
import { describe, it } from "vitest";

import type { PublicJwk } from "../src/index.ts";

/** One entry of jwt-attacks.json. */
export interface TokenAttack {
  readonly cat: string;
  readonly id: string;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly sig?: "empty";
  readonly kid?: unknown;
}

type Verdict = "valid" | "invalid";
type Named<K extends string> = Readonly<Record<K, string>>;
interface Groups<Group> {
  readonly testGroups: readonly Group[];
}

/** What the files hold, as far as the tests look at it. */
export interface VectorFiles {
  "jwt-attacks.json": { readonly cases: readonly TokenAttack[] };
  "rfc9421-negatives.json": { readonly cases: readonly Named<"id" | "expect">[] };
  "rfc9421/cases.json": {
    readonly cases: readonly (Named<
      "id" | "alg" | "keyid" | "message" | "signatureInput" | "signature"
    > & {
      readonly signatureBase: string | null;
      readonly expect: Verdict;
    })[];
  };
  "rfc9421/keys.json": { readonly keys: readonly (JWK & { readonly kid: string })[] };
  "jose-rfc.json": {
    readonly jws: readonly (Named<"id" | "alg" | "jws" | "expect"> & { readonly jwk?: JWK })[];
    readonly thumbprints: readonly (Named<"id" | "sha256"> & { readonly jwk: PublicJwk })[];
  };
  "json/parsing.json": { readonly cases: readonly Named<"name" | "expect" | "base64">[] };
  "wycheproof/json_web_signature_test.json": Groups<{
    readonly public?: JWK;
    readonly private: JWK;
    readonly tests: readonly (Named<"comment" | "jws"> & { tcId: number; result: Verdict })[];
  }>;
  "wycheproof/json_web_key_test.json": Groups<{
    readonly public?: unknown;
    readonly private?: unknown;
    readonly tests: readonly { readonly tcId: number; readonly jws: string }[];
  }>;
  "wycheproof/json_web_crypto_test.json": Groups<{
    readonly tests: readonly { readonly tcId: number; jws?: unknown; jwe?: unknown }[];
  }>;
  "wycheproof/ed25519_test.json": Groups<{
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly (Named<"msg" | "sig"> & { tcId: number; result: Verdict })[];
  }>;
  "wycheproof/aes_gcm_test.json": Groups<{
    readonly ivSize: number;
    readonly keySize: number;
    readonly tests: readonly (Named<"key" | "iv" | "aad" | "msg" | "ct" | "tag"> & {
      readonly result: Verdict;
    })[];
  }>;
}

/** The two functions of `node:fs` this needs; test files hand them in, so that only they know the platform. */
export interface Files {
  existsSync(path: URL): boolean;
  readFileSync(path: URL, encoding: "utf8"): string;
}

const FOLDER = new URL("../../../../shared/vectors/", import.meta.url);

/** Runs a suite over one vector file, or a single test that says the file was left out. */
export function describeVectors<P extends keyof VectorFiles>(
  files: Files,
  path: P,
  suite: (content: VectorFiles[P]) => void,
): void {
  const file = new URL(path, FOLDER);
  describe(path, () => {
    if (files.existsSync(file))
      suite(JSON.parse(files.readFileSync(file, "utf8")) as VectorFiles[P]);
    else it(`VECTORS LEFT OUT: ${path} is not on this machine`, () => reportAbsence(path));
  });
}

function reportAbsence(path: string): void {
  if (process.env["CI"] === "true") throw new Error(`CI must have ../shared/vectors/${path}`);
  console.warn(`*** ${path}: vectors left out, these defences were NOT tested on this machine ***`);
}
