// Hosts as people write them down: one a line, or with commas between.

/** The hosts in a text. The server says what is no host. */
export function hostsIn(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((host) => host !== ""))];
}
