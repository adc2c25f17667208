// What the host and the egress proxy have in common: a door per sandbox, and what stands behind it.
import type { Duplex } from "node:stream";

import type { GroupId, OrgId, SandboxEgress, SandboxId } from "@acos/protocol";

/** Whose door it is; goes into every record. */
export interface EgressIdentity {
  readonly org: OrgId;
  readonly group: GroupId;
  readonly sandbox: SandboxId;
}

/** Where a connection may go: an address that was judged, never a name. */
export interface Way {
  readonly address: string;
  readonly port: number;
}

/**
 * One line of the record. `asked` is written for everything a sandbox asks for, `ended` when an allowed one is over. No
 * path, query, header or body is in it.
 */
export interface EgressEntry extends EgressIdentity {
  readonly at: number;
  readonly what: "asked" | "ended";
  /** As the sandbox spelled it, clipped; empty where that could not be read. */
  readonly host: string;
  readonly port: number;
  readonly allowed: boolean;
  /** Which entry of the allow-list let it through, or why it was denied. */
  readonly why: string;
  /** Into the sandbox and out of it; with `ended` only. */
  readonly bytesIn?: number;
  readonly bytesOut?: number;
}

export interface RevealedSecret {
  readonly value: string;
  /** Where it may be sent: `host` or `host:port`. */
  readonly hosts: readonly string[];
}

export interface EgressWaits {
  /** For finding a name's addresses, and for each attempt to connect to one. */
  readonly attemptMs: number;
  /** Nothing is read or written for so long: the connection ends. */
  readonly idleMs: number;
}

/** What a door needs of the world. */
export interface EgressRim {
  /** Contract: null where the group has no such secret; rejects when it cannot be asked for. */
  readonly reveal: (name: string) => Promise<RevealedSecret | null>;
  readonly record: (entry: EgressEntry) => void;
  /** All addresses of a name; rejects where there is none. Asked once for a connection. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** Contract: resolves when connected, rejects when it fails or the signal ends it, and looks nothing up. */
  readonly connect: (way: Way, signal: AbortSignal) => Promise<Duplex>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The operator's ACOS_EGRESS_ALLOW: the only way to a loopback or private address. */
  readonly allow: string;
  /** Authorities (PEM) that upstream certificates are verified with; left out: Node's, the system's and NODE_EXTRA_CA_CERTS. */
  readonly authorities?: readonly string[];
  /** Left out: EGRESS_WAITS. */
  readonly waits?: EgressWaits;
  /** Addresses of this machine, which only the operator's list opens; left out: those of its interfaces. */
  readonly ownAddresses?: () => readonly string[];
}

export interface EgressOptions {
  /** A path that does not exist yet; at most about 100 characters, as for every unix socket. */
  readonly socketPath: string;
  readonly policy: SandboxEgress;
  readonly identity: EgressIdentity;
  readonly rim: EgressRim;
}

export interface EgressDoor {
  /** Counts from now on; connections that it does not allow are cut. */
  setPolicy(policy: SandboxEgress): void;
  /** Both ways together, since the door opened. */
  bytes(): number;
  /** The authority that a sandbox has to trust, so that secrets can be put into its HTTPS requests. */
  readonly caPem: string | null;
  /** Cuts everything and takes the socket away. */
  close(): Promise<void>;
}

export type OpenEgress = (options: EgressOptions) => Promise<EgressDoor>;
