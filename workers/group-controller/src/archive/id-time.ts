// The time in an id: ids begin with the milliseconds at which they were made, and so say where in the log to look.

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_CHARS = 10;

/** Milliseconds since the epoch at which an id was made (see `makeId`). The id must be well-formed. */
export function timeIn(id: string): number {
  const body = id.slice(id.indexOf("_") + 1, id.indexOf("_") + 1 + TIME_CHARS);
  return Array.from(body).reduce((time, digit) => time * 32 + ALPHABET.indexOf(digit), 0);
}
