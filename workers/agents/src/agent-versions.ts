// The pinned AgentVersion and its provider: which bytes a turn uses is said by the signed briefing, never by a cache.
import {
  agentVersionKey,
  agentVersionSchema,
  decodeUtf8,
  ORCHESTRATOR_ORIGIN,
  parse,
  parseJson,
  problem,
  ProblemError,
  providerVersionKey,
  providerVersionSchema,
  type AgentPin,
  type AgentVersion,
  type ProviderPin,
  type ProviderVersion,
} from "@acos/protocol";

import type { RecordCache, RecordSource } from "./env.ts";
import { ReadThrough } from "./read-through.ts";
import type { KeepAlive } from "./shared-load.ts";

/** Reads pinned versions; warm, it reads nothing outside the isolate. Never answers another version than the pin's. */
export class AgentVersions {
  readonly #agents: ReadThrough<AgentVersion>;
  readonly #providers: ReadThrough<ProviderVersion>;

  constructor(cache: RecordCache, records: RecordSource) {
    const sources = { cache, records };
    this.#agents = new ReadThrough({
      ...sources,
      parse: (bytes) => parse(agentVersionSchema, readJson(bytes), "The agent's version"),
    });
    this.#providers = new ReadThrough({
      ...sources,
      parse: (bytes) => parse(providerVersionSchema, readJson(bytes), "The provider's version"),
    });
  }

  /** The version a pin points to. Throws ProblemError `agent_version_unavailable`. */
  async agent(pin: AgentPin, keepAlive: KeepAlive): Promise<AgentVersion> {
    const { agent, version, sha256 } = pin;
    const what = `Version ${version} of the agent`;
    const url = `${ORCHESTRATOR_ORIGIN}/agent-versions/${agent}/${version}`;
    const read = await this.#agents.read(
      { key: agentVersionKey(pin), sha256, url, what },
      keepAlive,
    );
    if (read.agent !== agent || read.version !== version || read.org !== pin.org)
      throw mismatch(what);
    return read;
  }

  /** The provider a pin points to, its key still sealed. Throws ProblemError `agent_version_unavailable`. */
  async provider(org: string, pin: ProviderPin, keepAlive: KeepAlive): Promise<ProviderVersion> {
    const { name, version, sha256 } = pin;
    const what = `Version ${version} of the provider "${name}"`;
    const url = `${ORCHESTRATOR_ORIGIN}/provider-versions/${org}/${name}/${version}`;
    const pointer = { key: providerVersionKey(org, pin), sha256, url, what };
    const read = await this.#providers.read(pointer, keepAlive);
    if (read.org !== org || read.name !== name || read.version !== version) throw mismatch(what);
    return read;
  }
}

function readJson(bytes: ArrayBuffer): unknown {
  return parseJson(decodeUtf8(bytes, "The record"), "The record");
}

function mismatch(what: string): ProblemError {
  return new ProblemError(
    problem("agent_version_unavailable", `${what} is not what its pin says.`),
  );
}
