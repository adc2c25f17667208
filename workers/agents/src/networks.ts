// Which way out a request takes: through the network its URL was judged for, where the runtime keeps networks apart.
import type { Fetcher, Network } from "@acos/egress";

/** The part of a network's binding that is used. */
export interface NetworkBinding {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

export type Networks = Readonly<Record<Network, NetworkBinding>>;

export interface NetworkBindings {
  readonly PUBLIC_NETWORK?: NetworkBinding;
  readonly LOCAL_NETWORK?: NetworkBinding;
  readonly LISTED_NETWORK?: NetworkBinding;
}

/** The networks of a runtime that has them apart; undefined where it has one for all. Throws Error when one is missing. */
export function parseNetworks(bindings: NetworkBindings): Networks | undefined {
  const { PUBLIC_NETWORK, LOCAL_NETWORK, LISTED_NETWORK } = bindings;
  if (PUBLIC_NETWORK && LOCAL_NETWORK && LISTED_NETWORK)
    return { public: PUBLIC_NETWORK, local: LOCAL_NETWORK, listed: LISTED_NETWORK };
  if (PUBLIC_NETWORK ?? LOCAL_NETWORK ?? LISTED_NETWORK)
    throw new Error("Bind PUBLIC_NETWORK, LOCAL_NETWORK and LISTED_NETWORK, or none of them.");
  return undefined;
}

/**
 * Makes the egress function's fetcher. With networks apart the runtime refuses what a name hides; without them, as on
 * Cloudflare, everything goes through `outside`, which must not lead to a private network.
 */
export function fetcherOver(
  networks: Networks | undefined,
  outside: NetworkBinding["fetch"],
): Fetcher {
  if (networks === undefined) return (url, init) => outside(url, init);
  return (url, init, network) => networks[network].fetch(url, init);
}
