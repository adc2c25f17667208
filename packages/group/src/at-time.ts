// Times as readers are shown them.

/** RFC 3339 in UTC, as every time on the wire but the `at` of the log. `at` is in milliseconds since the epoch. */
export function atTime(at: number): string {
  // oxlint-disable-next-line no-restricted-globals -- formats a given time, reads no clock
  return new Date(at).toISOString();
}
