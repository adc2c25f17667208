// What a sandbox finds in /etc: written by us, so that nothing of the machine's own settings shows.

/** User and group of everything in a sandbox, as it sees itself. */
export const INNER_ID = 1_000;
export const INNER_USER = "agent";
export const INNER_HOME = "/home/agent";
export const INNER_HOST = "sandbox";

/** Files of /etc by name, with their texts. */
export function etcFiles(): Readonly<Record<string, string>> {
  return {
    passwd: lines(
      "root:x:0:0:root:/nonexistent:/usr/sbin/nologin",
      `${INNER_USER}:x:${INNER_ID}:${INNER_ID}:${INNER_USER}:${INNER_HOME}:/bin/bash`,
      "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
    ),
    group: lines("root:x:0:", `${INNER_USER}:x:${INNER_ID}:`, "nogroup:x:65534:"),
    hosts: lines(
      "127.0.0.1 localhost",
      "::1 localhost ip6-localhost ip6-loopback",
      `127.0.0.1 ${INNER_HOST}`,
    ),
    hostname: lines(INNER_HOST),
    // Names are resolved by the egress door alone.
    "resolv.conf": "",
    "nsswitch.conf": lines(
      "passwd: files",
      "group: files",
      "hosts: files",
      "services: files",
      "protocols: files",
    ),
    "host.conf": lines("multi on"),
    gitconfig: lines("[safe]", "\tdirectory = *"),
    npmrc: lines("update-notifier=false", "fund=false", "audit=false"),
  };
}

const lines = (...texts: string[]): string => `${texts.join("\n")}\n`;
