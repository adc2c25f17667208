// The few globals of the web platform this package uses, the same in workerd, Node 24 and a browser; declared here so
// that no DOM types come in.
type Bytes = Uint8Array | ArrayBuffer;

interface CryptoKey {
  readonly type: string;
  readonly extractable: boolean;
  readonly algorithm: { readonly name: string };
  readonly usages: string[];
}

interface CryptoKeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

interface JsonWebKey {
  readonly kty?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly d?: string;
}

interface AesGcmParams {
  readonly name: "AES-GCM";
  readonly iv: Bytes;
  readonly additionalData: Bytes;
}

interface SubtleCrypto {
  generateKey(algorithm: "Ed25519", extractable: boolean, usages: string[]): Promise<CryptoKeyPair>;
  exportKey(format: "jwk", key: CryptoKey): Promise<JsonWebKey>;
  importKey(
    format: "jwk",
    key: JsonWebKey,
    algorithm: "Ed25519",
    extractable: boolean,
    usages: string[],
  ): Promise<CryptoKey>;
  importKey(
    format: "raw",
    key: Bytes,
    algorithm: "AES-GCM",
    extractable: boolean,
    usages: string[],
  ): Promise<CryptoKey>;
  sign(algorithm: "Ed25519", key: CryptoKey, data: Bytes): Promise<ArrayBuffer>;
  verify(algorithm: "Ed25519", key: CryptoKey, signature: Bytes, data: Bytes): Promise<boolean>;
  digest(algorithm: "SHA-256", data: Bytes): Promise<ArrayBuffer>;
  encrypt(algorithm: AesGcmParams, key: CryptoKey, data: Bytes): Promise<ArrayBuffer>;
  decrypt(algorithm: AesGcmParams, key: CryptoKey, data: Bytes): Promise<ArrayBuffer>;
}

declare const crypto: {
  readonly subtle: SubtleCrypto;
  getRandomValues(bytes: Uint8Array): Uint8Array;
};

declare function btoa(text: string): string;

declare class TextEncoder {
  encode(text: string): Uint8Array;
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}

declare class URL {
  constructor(url: string);
  readonly href: string;
  readonly pathname: string;
  readonly search: string;
}
