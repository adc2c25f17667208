// Bytes to text and back, canonically: one byte sequence has one text, everything else is refused.
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const NOT_A_DIGIT = 64;
/** ASCII code → six bits. A table of our own: atob() forgives, and crossing into it costs more than the loop. */
const SIX_BITS: Uint8Array = new Uint8Array(128).fill(NOT_A_DIGIT);
for (const [bits, character] of Array.from(ALPHABET).entries())
  SIX_BITS[character.charCodeAt(0)] = bits;

/** UTF-8 bytes of a text. */
export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of UTF-8 bytes; undefined on a malformed sequence. A byte order mark stays in, for the JSON parser to refuse. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    // Malformed UTF-8 is an answer here, not an accident: the caller names what it was.
    return undefined;
  }
}

/** Padded base64 (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Unpadded base64url (RFC 4648, section 5; RFC 7515, appendix C). */
export function toBase64url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Bytes of padded base64; undefined unless encoding them again gives the same text. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || /[-_]/.test(text)) return undefined;
  const unpadded = text.replace(/={1,2}$/, "");
  return fromBase64url(unpadded.replaceAll("+", "-").replaceAll("/", "_"));
}

/** Bytes of unpadded base64url; undefined unless encoding them again gives the same text. */
export function fromBase64url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let held = 0;
  let bits = 0;
  let place = 0;
  for (let index = 0; index < text.length; index += 1) {
    const digit = SIX_BITS[text.charCodeAt(index)] ?? NOT_A_DIGIT;
    if (digit === NOT_A_DIGIT) return undefined;
    held = ((held << 6) | digit) & 0xfff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[place] = held >> bits;
      place += 1;
    }
  }
  const unusedBits = held & ((1 << bits) - 1);
  return unusedBits === 0 ? bytes : undefined;
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
