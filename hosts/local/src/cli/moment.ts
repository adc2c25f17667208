// Times for people.

/** A time as its minute in UTC. `at` is milliseconds since the epoch, or RFC 3339. */
export function minuteOf(at: number | string): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
