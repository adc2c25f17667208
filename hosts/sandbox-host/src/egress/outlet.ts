// The one place where connections out of a sandbox are made: listed, judged, resolved once, counted, recorded.
import type { Duplex } from "node:stream";
import { networkInterfaces } from "node:os";

import { parseAllowList } from "@acos/egress";
import type { SandboxEgress } from "@acos/protocol";

import { entryFor } from "./allow-list.ts";
import { Denial, notListed } from "./denial.ts";
import type { EgressEntry, EgressIdentity, EgressRim, EgressWaits } from "./egress-door.ts";
import { literalAddress, networkOf, openAddresses } from "./judge-way.ts";
import { RelayedConnection } from "./relayed-connection.ts";
import type { Target } from "./target.ts";

/** Connections of one sandbox at a time; a package manager opens some twenty. */
export const CONNECTIONS_MAX = 64;
/** Long enough for a slow network and an upload that makes a server think; a dead connection is not kept for ever. */
export const EGRESS_WAITS: EgressWaits = { attemptMs: 10_000, idleMs: 300_000 };
/** Of a name's addresses, so many are tried. */
const ATTEMPTS_MAX = 4;
/** Of what a sandbox asks for, this much is recorded. */
const HOST_MAX_CHARS = 255;

interface Live {
  readonly target: Target;
  readonly connection: Duplex;
}

export interface OutletParts {
  readonly identity: EgressIdentity;
  readonly rim: EgressRim;
  readonly policy: SandboxEgress;
}

export class Outlet {
  readonly #parts: OutletParts;
  readonly #allow: readonly string[];
  readonly #live = new Set<Live>();
  #opening = 0;
  #bytes = 0;
  #isClosed = false;
  policy: SandboxEgress;

  constructor(parts: OutletParts) {
    this.#parts = parts;
    this.#allow = parseAllowList(parts.rim.allow);
    this.policy = parts.policy;
  }

  get #attemptMs(): number {
    return (this.#parts.rim.waits ?? EGRESS_WAITS).attemptMs;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A connection to a target that the policy lists. Throws Denial, which is recorded. */
  async open(target: Target): Promise<Duplex> {
    if (this.#live.size + this.#opening >= CONNECTIONS_MAX) throw this.denied(target, tooMany());
    this.#opening += 1;
    try {
      const found = await this.#connect(target);
      return this.#counted(target, found);
    } catch (error) {
      throw this.denied(target, error);
    } finally {
      this.#opening -= 1;
    }
  }

  /** Records that a target was not reached, and answers why. */
  denied({ host, port }: Target, error: unknown): Denial {
    const denial = error instanceof Denial ? error : unreached(host, error);
    this.#record({ what: "asked", host, port, allowed: false, why: denial.why });
    return denial;
  }

  /** Cuts the connections that the policy of now does not list, or that `also` names. */
  cut(also: (target: Target) => boolean = () => false): void {
    for (const { target, connection } of this.#live)
      if (entryFor(this.policy, target) === undefined || also(target)) connection.destroy();
  }

  /** Cuts everything; nothing is opened any more. */
  close(): void {
    this.#isClosed = true;
    for (const { connection } of this.#live) connection.destroy();
  }

  async #connect(target: Target) {
    // The list comes first: a name that is not on it is not even asked for, since a question can carry data.
    if (entryFor(this.policy, target) === undefined) throw notListed(target);
    const { rim } = this.#parts;
    const network = networkOf(target, this.#allow);
    const literal = literalAddress(target.host);
    const addresses = literal === undefined ? await this.#resolve(target.host) : [literal];
    const own = (rim.ownAddresses ?? interfaceAddresses)();
    const open = openAddresses(target, { network, addresses, own });
    const connection = await this.#firstOf(open.slice(0, ATTEMPTS_MAX), target);
    const entry = entryFor(this.policy, target); // The policy may have changed meanwhile.
    if (entry !== undefined && !this.#isClosed) return { connection, entry };
    connection.destroy();
    throw notListed(target);
  }

  async #resolve(host: string): Promise<readonly string[]> {
    const found = await within(this.#attemptMs, this.#parts.rim.resolve(host)).catch(() => []);
    if (found.length > 0) return found;
    throw new Denial(
      "its name does not resolve",
      `${host} is allowed, but its name does not resolve.`,
      502,
    );
  }

  async #firstOf(addresses: readonly string[], { host, port }: Target): Promise<Duplex> {
    let last: unknown;
    for (const address of addresses) {
      const signal = AbortSignal.timeout(this.#attemptMs);
      try {
        return await this.#parts.rim.connect({ address, port }, signal);
      } catch (error) {
        last = signal.aborted ? slow(host, this.#attemptMs) : error;
      }
    }
    throw last;
  }

  #counted(target: Target, { connection, entry }: { connection: Duplex; entry: string }): Duplex {
    const { host, port } = target;
    const why = `listed as ${entry}`;
    let bytesIn = 0;
    let bytesOut = 0;
    const count = (bytes: number) => ((this.#bytes += bytes), bytes);
    const counted = new RelayedConnection(connection, {
      read: (piece) => ((bytesIn += count(piece.length)), [piece]),
      written: (bytes) => (bytesOut += count(bytes)),
      halfOpen: true,
    });
    const live = { target, connection: counted };
    this.#live.add(live);
    this.#record({ what: "asked", host, port, allowed: true, why });
    counted.once("close", () => {
      this.#live.delete(live);
      this.#record({ what: "ended", host, port, allowed: true, why, bytesIn, bytesOut });
    });
    return counted;
  }

  #record(entry: Omit<EgressEntry, "at" | keyof EgressIdentity>): void {
    const { identity, rim } = this.#parts;
    rim.record({ at: rim.now(), ...identity, ...entry, host: entry.host.slice(0, HOST_MAX_CHARS) });
  }
}

/** Of what the runtime says, the code alone: its words name addresses. */
function unreached(host: string, error: unknown): Denial {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  const why = typeof code === "string" && /^[A-Z0-9_]{1,60}$/.test(code) ? code : "no connection";
  return new Denial(why, `${host} is allowed, but could not be reached (${why}).`, 502);
}

function slow(host: string, attemptMs: number): Denial {
  const words = `${host} is allowed, but did not answer within ${attemptMs / 1000} seconds.`;
  return new Denial("no answer in time", words, 504);
}

export function tooMany(): Denial {
  const words = `A sandbox has at most ${CONNECTIONS_MAX} connections at a time. Wait until some have ended.`;
  return new Denial("too many connections", words, 503);
}

function interfaceAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  return all.map(({ address }) => address.replace(/%.*$/, ""));
}

function within<T>(ms: number, asked: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("no answer in time")), ms);
  return Promise.race([asked, promise]).finally(() => clearTimeout(timer));
}
