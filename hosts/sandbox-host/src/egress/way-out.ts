// How the host itself resolves names and connects, for doors that are used in earnest.
import { lookup } from "node:dns/promises";
import { connect as connectSocket } from "node:net";

import type { EgressRim } from "./egress-door.ts";

/** All addresses of a name, in the order that the system prefers. */
export const resolveName: EgressRim["resolve"] = async (host) =>
  (await lookup(host, { all: true, order: "verbatim" })).map(({ address }) => address);

/** A TCP connection to an address. Each of its ways ends by itself: what was not read yet is not lost when the other side is done. */
export const connectTcp: EgressRim["connect"] = async ({ address, port }, signal) => {
  const options = { noDelay: true, keepAlive: true, allowHalfOpen: true };
  const socket = connectSocket({ host: address, port, ...options });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(new Error("no answer in time"));
  socket.once("connect", resolve).once("error", reject);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await promise;
    socket.off("error", reject);
    return socket;
  } catch (error) {
    socket.on("error", () => undefined).destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
};
