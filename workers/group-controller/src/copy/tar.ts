// The few bytes of the tar format (POSIX.1-1988 ustar) that a bundle needs: plain files, written one way only.
//
// A header is read by writing it again and comparing: what is not byte for byte as we write it is refused. So links,
// folders, foreign owners, long names and numbers in other notations need no rules of their own.

export const BLOCK_BYTES = 512;
/** Two blocks of zeros end an archive. */
export const END_BYTES = 2 * BLOCK_BYTES;
const NAME_MAX_BYTES = 100;
/** Eleven octal digits. */
const NUMBER_MAX = 8 ** 11 - 1;
const CHECKSUM_AT = 148;

export interface TarFile {
  readonly name: string;
  readonly bytes: number;
  /** Seconds since the epoch. */
  readonly changedAt: number;
}

/** The header of a plain file. Throws RangeError for a name that is empty, too long or not ASCII, and for numbers out of range. */
export function tarHeader({ name, bytes, changedAt }: TarFile): Uint8Array {
  if (name.length === 0 || name.length > NAME_MAX_BYTES || !/^[\x20-\x7e]+$/.test(name))
    throw new RangeError(`not a name for a file of an archive: ${name}`);
  for (const number of [bytes, changedAt])
    if (!Number.isInteger(number) || number < 0 || number > NUMBER_MAX)
      throw new RangeError(`not a number for an archive: ${number}`);
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (text: string, at: number) => block.set(new TextEncoder().encode(text), at);
  const octal = (number: number, digits: number) => number.toString(8).padStart(digits, "0");
  put(name, 0);
  put(octal(0o644, 7), 100);
  put(octal(0, 7), 108);
  put(octal(0, 7), 116);
  put(octal(bytes, 11), 124);
  put(octal(changedAt, 11), 136);
  put("        ", CHECKSUM_AT);
  put("0", 156);
  put("ustar\0", 257);
  put("00", 263);
  put(`${octal(checksum(block), 6)}\0 `, CHECKSUM_AT);
  return block;
}

/** Zeros that fill a file's last block. */
export function paddingOf(bytes: number): number {
  return (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** Reads a header; null for a block of zeros. Throws RangeError with words for every block that `tarHeader` did not write. */
export function readTarHeader(block: Uint8Array): TarFile | null {
  if (block.every((byte) => byte === 0)) return null;
  const text = (at: number, length: number) => {
    const field = new TextDecoder("latin1").decode(block.subarray(at, at + length));
    return field.replace(/\0.*$/s, "");
  };
  const blanked = block.slice();
  blanked.fill(0x20, CHECKSUM_AT, CHECKSUM_AT + 8);
  if (Number.parseInt(text(CHECKSUM_AT, 8), 8) !== checksum(blanked))
    throw new RangeError("a header does not fit its checksum");
  const name = text(0, NAME_MAX_BYTES);
  if (block[156] !== 0x30) throw new RangeError(`"${name}" is no plain file`);
  const [bytes, changedAt] = [octalOf(text(124, 12)), octalOf(text(136, 12))];
  if (bytes === null || changedAt === null)
    throw new RangeError(`the header of "${name}" has no readable size or time`);
  const file = { name, bytes, changedAt };
  const expected = tarHeader(file);
  if (expected.some((byte, index) => byte !== block[index]))
    throw new RangeError(`the header of "${name}" is not written as in a bundle`);
  return file;
}

function octalOf(text: string): number | null {
  return /^[0-7]{11}$/.test(text) ? Number.parseInt(text, 8) : null;
}

function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte) => sum + byte, 0);
}
