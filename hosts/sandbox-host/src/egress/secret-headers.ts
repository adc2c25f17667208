// What is put into a request on its way out: headers with secrets in their places, for the secrets' own hosts only.
import { fillSecrets, secretsIn, type SandboxEgress } from "@acos/protocol";

import { covers } from "./allow-list.ts";
import { Denial } from "./denial.ts";
import type { EgressRim, RevealedSecret } from "./egress-door.ts";
import type { Target } from "./target.ts";

/** How long a value is used without asking again: a secret that is taken away is out of use after it. */
const KEPT_MS = 30_000;
/** What a header's value may hold (RFC 9110, section 5.5). */
const FIELD_VALUE = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;
/** Headers that say how a request is framed and where it goes: nothing a policy may set. */
const NOT_SET = [
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "upgrade",
  "te",
  "trailer",
  "expect",
  "keep-alive",
  "proxy-connection",
];

type Rule = SandboxEgress["secrets"][number];

/** The rules of a policy for a target. */
export function rulesFor({ secrets }: SandboxEgress, target: Target): readonly Rule[] {
  return secrets.filter(({ host }) => covers(host, target));
}

export class SecretHeaders {
  readonly #rim: Pick<EgressRim, "reveal" | "now">;
  readonly #kept = new Map<string, { readonly secret: RevealedSecret; readonly at: number }>();

  constructor(rim: Pick<EgressRim, "reveal" | "now">) {
    this.#rim = rim;
  }

  /**
   * The headers to set, names in lower case; where rules set the same one, the last counts. Throws Denial where a secret is
   * not there or not for this host: such a request is not sent without it either.
   */
  async fill(rules: readonly Rule[], target: Target): Promise<ReadonlyMap<string, string>> {
    const filled = new Map<string, string>();
    for (const { header, value } of rules) {
      const name = header.toLowerCase();
      if (NOT_SET.includes(name))
        throw new Denial(
          `the policy sets ${name}`,
          `The egress policy of this group sets the header ${name}, which is not its to set. An admin of the group has to take that out.`,
        );
      filled.set(name, await this.#valueOf(value, target));
    }
    return filled;
  }

  async #valueOf(text: string, target: Target): Promise<string> {
    const values = new Map<string, string>();
    for (const name of secretsIn(text)) values.set(name, await this.#reveal(name, target));
    const value = fillSecrets(text, (name) => values.get(name) ?? "");
    if (FIELD_VALUE.test(value)) return value;
    throw new Denial(
      "the policy's header cannot be sent",
      `A header that the egress policy of this group sets for ${target.host} is no single line of visible ASCII. An admin of the group has to mend it.`,
    );
  }

  async #reveal(name: string, target: Target): Promise<string> {
    const { value, hosts } = await this.#known(name);
    const { host, port } = target;
    if (hosts.includes(`${host}:${port}`)) return value;
    if (hosts.includes(host) && (port === 443 || port === 80)) return value;
    throw new Denial(
      `the secret ${name} is not for this host`,
      `The secret "${name}" may not be sent to ${host} port ${port}. An admin of the organization can add the host to the secret, by giving its value again.`,
    );
  }

  async #known(name: string): Promise<RevealedSecret> {
    const now = this.#rim.now();
    const kept = this.#kept.get(name);
    if (kept && now - kept.at < KEPT_MS) return kept.secret;
    this.#kept.delete(name);
    const secret = await this.#rim.reveal(name).catch(() => {
      // What the failure says may hold anything; that there was one is enough here.
      throw new Denial(
        "the secret cannot be opened",
        `The secret "${name}" cannot be opened now. Try again.`,
        503,
      );
    });
    if (secret === null)
      throw new Denial(
        `no secret ${name}`,
        `The secret "${name}" is not there, or not for this group. An admin can keep it under Settings → Secrets.`,
      );
    this.#kept.set(name, { secret, at: now });
    return secret;
  }
}
