// Why something is denied, and the answer that says so.
import type { Target } from "./target.ts";
import { spell } from "./target.ts";

/** Thrown where the door does not open; the message is for whoever runs commands in the sandbox. */
export class Denial extends Error {
  override readonly name = "Denial";
  readonly status: 400 | 403 | 502 | 503 | 504;
  /** In a few words, for the record. */
  readonly why: string;

  constructor(why: string, words: string, status: Denial["status"] = 403) {
    super(words);
    this.why = why;
    this.status = status;
  }
}

/** Said with every 403: it is the first thing that people look for when a name does not resolve. */
const ABOUT_NAMES =
  "Names do not resolve inside a sandbox and there is no other network: programs have to use the proxy that HTTP_PROXY and HTTPS_PROXY name.";

/** Denies what the policy does not list, and says what an admin would have to add. */
export function notListed(target: Target): Denial {
  return new Denial(
    "not on the allow-list",
    `The egress policy of this group does not list ${target.host} port ${target.port}. An admin of the group can add "${spell(target)}" to the hosts of its sandboxes' egress. ${ABOUT_NAMES}`,
  );
}

/** Denies an address that only the operator of the installation could open. */
export function closedAddress(target: Target, why: string): Denial {
  return new Denial(
    why,
    `${target.host} is not reached from a sandbox: ${why}. Where that is meant to be, the operator of this installation can add "${target.host}:${target.port}" to ACOS_EGRESS_ALLOW. ${ABOUT_NAMES}`,
  );
}

/** Refuses a request that could be read in two ways. `why` reads on after "because". */
export function malformed(why: string): Denial {
  return new Denial(
    `malformed: ${why}`,
    `The egress proxy does not pass this request on, because ${why}. ${ABOUT_NAMES}`,
    400,
  );
}

/** The whole answer, after which the connection ends. */
export function denialAnswer({ status, message }: Denial): string {
  const body = Buffer.from(`${message}\n`);
  return [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    ...Object.entries(DENIAL_HEADERS).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${body.length}`,
    "",
    body.toString(),
  ].join("\r\n");
}

export const DENIAL_HEADERS = {
  "x-acos-egress": "denied",
  "content-type": "text/plain; charset=utf-8",
  "cache-control": "no-store",
  connection: "close",
} as const;

const REASONS = {
  400: "Bad Request",
  403: "Forbidden",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
} as const;
