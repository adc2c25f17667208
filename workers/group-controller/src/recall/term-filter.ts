// The Bloom filter of a segment: which terms its messages may have, so that most segments need not be read for a search.
//
//   byte 0: version · 1: hashes a term · 2–5: bits · 6–9: terms put in · then the bits (numbers big-endian)

const VERSION = 1;
const HEAD_BYTES = 10;
/** Ten bits and seven hashes a term: 0.8 % of terms that are not there seem to be. */
const BITS_PER_TERM = 10;
const HASHES = 7;
/** More than a segment of the largest size can need: a length that is read is not believed. */
const BITS_MAX = 64 * 1024 * 1024;

export class TermFilter {
  readonly #hashes: number;
  readonly #bitCount: number;
  readonly #termCount: number;
  readonly #bits: Uint8Array;

  private constructor(hashes: number, bitCount: number, termCount: number, bits: Uint8Array) {
    this.#hashes = hashes;
    this.#bitCount = bitCount;
    this.#termCount = termCount;
    this.#bits = bits;
  }

  /** A filter of these terms. The same terms give the same bytes, in whatever order they come. */
  static of(terms: Iterable<string>): TermFilter {
    const distinct = new Set(terms);
    const bitCount = Math.min(distinct.size * BITS_PER_TERM, BITS_MAX);
    const bits = new Uint8Array(Math.ceil(bitCount / 8));
    const filter = new TermFilter(HASHES, bitCount, distinct.size, bits);
    for (const term of distinct)
      for (const bit of filter.#places(term)) bits[bit >> 3]! |= 1 << (bit & 7);
    return filter;
  }

  /** Reads a filter. Throws RangeError for bytes that no filter of ours has; other damage is the business of a checksum. */
  static parse(bytes: Uint8Array): TermFilter {
    const refuse = (why: string): never => {
      throw new RangeError(`not a filter of terms: ${why}`);
    };
    if (bytes.length < HEAD_BYTES) return refuse(`${bytes.length} bytes are too few`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const [version, hashes] = [view.getUint8(0), view.getUint8(1)];
    const [bitCount, termCount] = [view.getUint32(2), view.getUint32(6)];
    if (version !== VERSION) return refuse(`version ${version} is not known`);
    if (hashes !== HASHES) return refuse(`${hashes} hashes a term`);
    if (bitCount !== Math.min(termCount * BITS_PER_TERM, BITS_MAX))
      return refuse(`${bitCount} bits for ${termCount} terms`);
    if (bytes.length !== HEAD_BYTES + Math.ceil(bitCount / 8))
      return refuse(`${bytes.length} bytes for ${bitCount} bits`);
    const spare = bitCount & 7;
    if (spare > 0 && bytes.at(-1)! >> spare !== 0) return refuse("bits past its end are set");
    return new TermFilter(hashes, bitCount, termCount, bytes.slice(HEAD_BYTES));
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(HEAD_BYTES + this.#bits.length);
    const view = new DataView(bytes.buffer);
    view.setUint8(0, VERSION);
    view.setUint8(1, this.#hashes);
    view.setUint32(2, this.#bitCount);
    view.setUint32(6, this.#termCount);
    bytes.set(this.#bits, HEAD_BYTES);
    return bytes;
  }

  /** False: the term was not put in. True: it was, or seems to have been (one in a hundred). */
  has(term: string): boolean {
    if (this.#bitCount === 0) return false;
    for (const bit of this.#places(term))
      if ((this.#bits[bit >> 3]! & (1 << (bit & 7))) === 0) return false;
    return true;
  }

  /** Enhanced double hashing (Dillinger and Manolios, 2004): as good as so many hashes, for the price of two. */
  *#places(term: string): Generator<number> {
    let place = hash(term, 0x811c9dc5) % this.#bitCount;
    let stride = hash(term, 0x2f0b4c47) % this.#bitCount;
    for (let index = 0; index < this.#hashes; index += 1) {
      yield place;
      place = (place + stride) % this.#bitCount;
      stride = (stride + index + 1) % this.#bitCount;
    }
  }
}

/** FNV-1a over both bytes of each UTF-16 unit, its bits then mixed so that short words spread. */
function hash(term: string, seed: number): number {
  let value = seed;
  for (let index = 0; index < term.length; index += 1) {
    const unit = term.charCodeAt(index);
    value = Math.imul(value ^ (unit & 255), 0x01000193);
    value = Math.imul(value ^ (unit >> 8), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
