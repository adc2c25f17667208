// What the handlers work with: wired once per isolate from the bindings, with the request's own part added to each request.
import { createEgress, type Egress } from "@acos/egress";

import { AgentVersions } from "./agent-versions.ts";
import { Authenticator } from "./authenticate.ts";
import { CertificateKeys } from "./certificate-keys.ts";
import { wait, type Clock } from "./clock.ts";
import { parseEnv, type AgentsBindings } from "./env.ts";
import { createRehearsal } from "./models/rehearsal.ts";
import type { ModelSources } from "./models/resolve-model.ts";
import { fetcherOver, type NetworkBinding } from "./networks.ts";
import { MasterKeySource } from "./secrets/master-key-source.ts";
import { SealedSecrets } from "./secrets/sealed-secrets.ts";
import type { KeepAlive } from "./shared-load.ts";
import { SpendingMeter } from "./spending-meter.ts";
import { ToolClaims } from "./tool-claims.ts";
import { ToolGrants } from "./tool-grants.ts";

/** Writes one log line. Contract: the fields hold no key, no token and nothing a member said. */
export type Log = (event: string, fields: Readonly<Record<string, unknown>>) => void;

/** What comes from outside the code: time, the network and the log. */
export interface World {
  readonly clock: Clock;
  /** The network where the runtime has one for all. */
  readonly fetcher: NetworkBinding["fetch"];
  readonly log: Log;
}

/** What one request is answered with. */
export interface Services {
  readonly clock: Clock;
  readonly log: Log;
  readonly authenticator: Authenticator;
  readonly versions: AgentVersions;
  readonly secrets: SealedSecrets;
  readonly modelSources: ModelSources;
  readonly toolEgress: Egress;
  readonly meter: SpendingMeter;
  readonly grants: ToolGrants;
  readonly claims: ToolClaims;
  readonly keepAlive: KeepAlive;
}

/** Wires an isolate's services. Throws Error when a variable is wrong. */
export function createServices(
  bindings: AgentsBindings,
  { clock, fetcher, log }: World,
): (keepAlive: KeepAlive) => Services {
  const env = parseEnv(bindings);
  const versions = new AgentVersions(env.cache, env.records);
  const authenticator = new Authenticator(new CertificateKeys(env.records));
  const throughNetworks = fetcherOver(env.networks, fetcher);
  const toolEgress = createEgress(env.toolEgress, throughNetworks);
  const egress = createEgress(env.providerEgress, throughNetworks);
  const rehearsal = createRehearsal({
    wordDelayMs: env.rehearsalDelayMs,
    wait: (ms, signal) => wait(clock, ms, signal),
  });
  const meter = new SpendingMeter();
  const grants = new ToolGrants();
  const claims = new ToolClaims(env.claims);
  const { builtinProviders } = env;
  const secrets = new SealedSecrets(env.records, new MasterKeySource(env.masterKeys));
  return (keepAlive) => ({
    clock,
    log,
    authenticator,
    versions,
    secrets,
    toolEgress,
    meter,
    grants,
    claims,
    keepAlive,
    modelSources: {
      providerVersion: (org, pin) => versions.provider(org, pin, keepAlive),
      builtinProviders,
      providerKey: (provider) => secrets.providerKey(provider, clock.now()),
      egress,
      rehearsal,
    },
  });
}
