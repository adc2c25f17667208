// Signs and verifies by another implementation of RFC 9421: the profile must be understood by people who never saw our code.
import {
  createSignature,
  verifySignature,
  webcrypto,
  type FieldOccurrence,
  type MessageDescriptor,
  type RequestDescriptor,
  type SignatureParameters,
} from "http-message-sig";

import { COVERED_COMPONENTS, SIGNATURE_TAG } from "../src/signature-profile.ts";
import { NOW_S, sessionKey, withHeaders, type SignedFixture } from "./builders.ts";
import { parseMessage, type SignedMessage } from "./rfc9421-base.ts";

type Arrived = SignedFixture["request"];

export interface OtherProfile {
  readonly components?: readonly string[];
  /** Changes to the profile's parameters. */
  readonly parameters?: SignatureParameters;
  /** A parameter of the profile to leave out. */
  readonly without?: "keyid" | "tag";
  readonly label?: string;
}

/** Signs an arrived request anew with the session key, in whatever profile. */
export async function resigned(request: Arrived, profile: OtherProfile = {}): Promise<Arrived> {
  const { key, keyId } = await sessionKey();
  const nonce = "AAAAAAAAAAAAAAAAAAAAAA";
  const fixed = { created: NOW_S, expires: NOW_S + 30, nonce, keyid: keyId, tag: SIGNATURE_TAG };
  const parameters: SignatureParameters = { ...fixed, ...profile.parameters };
  if (profile.without !== undefined) Reflect.deleteProperty(parameters, profile.without);
  const signer = webcrypto.signer(key);
  const algorithm = parameters.alg ?? signer.algorithm;
  const fields = await createSignature(descriptorOf(request), {
    label: profile.label ?? "sig1",
    components: profile.components ?? COVERED_COMPONENTS,
    parameters,
    signer: { algorithm, sign: (data) => signer.sign(data) },
  });
  return withHeaders(request, {
    signature: fields.signature,
    "signature-input": fields.signatureInput,
  });
}

/** Throws unless the other implementation finds the request signed by that key, in our profile. */
export async function verifyIndependently(
  request: Arrived,
  publicKey: Parameters<typeof webcrypto.verifier>[0],
): Promise<void> {
  await verifySignature(descriptorOf(request), {
    policy: {
      algorithms: ["ed25519"],
      requiredComponents: COVERED_COMPONENTS,
      requiredParameters: ["created", "expires", "nonce", "keyid", "tag"],
      now: NOW_S,
    },
    resolveVerifier: () => webcrypto.verifier(publicKey),
  });
}

function descriptorOf({ method, url, headers }: Arrived): RequestDescriptor {
  const fields = [...headers].map(([name, value]) => ({ name, value }));
  return { kind: "request", method, targetUri: url, fields };
}

/** The base that the other implementation builds for one of the RFC's messages. Throws when it cannot read the message. */
export async function baseByOthers({
  message,
  ...signed
}: SignedMessage & { readonly signature: string; readonly alg: string }): Promise<string> {
  const { startLine, fields } = parseMessage(message);
  const named = fields.filter(({ name }) => name !== "signature" && name !== "signature-input");
  const added = [
    { name: "signature-input", value: signed.signatureInput },
    { name: "signature", value: signed.signature },
  ];
  let base = "";
  await verifySignature(messageOf(startLine, [...named, ...added]), {
    policy: { algorithms: [signed.alg], requiredComponents: [], requiredParameters: [] },
    resolveVerifier: () => ({
      algorithm: signed.alg,
      verify: (data) => {
        base = new TextDecoder().decode(data);
        return true;
      },
    }),
  });
  return base;
}

function messageOf(startLine: string, fields: readonly FieldOccurrence[]): MessageDescriptor {
  const [first = "", second = ""] = startLine.split(" ");
  if (first.startsWith("HTTP/")) return { kind: "response", status: Number(second), fields };
  const host = fields.find(({ name }) => name === "host")?.value ?? "";
  return { kind: "request", method: first, targetUri: `https://${host}${second}`, fields };
}
