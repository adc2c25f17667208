// What the side of an agent holds, signed by the installation itself: an agent is no principal, so none of it may prove one.
import { randomUUID } from "node:crypto";

import type { World } from "./access-world.ts";
import { ISSUER, ownRoutingToken, ownToken } from "./own-token.ts";

export const AGENT_PROOFS = ["a session certificate", "a tool grant", "a routing token"] as const;

/** A proof of the world's group, valid now and as strong as it can be: signed with the key that signs everything. */
export function agentProof(
  { scene, org, group }: World,
  proof: (typeof AGENT_PROOFS)[number],
): string {
  const { data } = scene.product;
  const issuedAtMs = Date.now();
  const of = { org, group: group.id };
  switch (proof) {
    case "a session certificate": {
      const kind = { typ: "acos-cert+jwt", issuedAtMs, lifeS: 900 };
      const cnf = { jwk: { kty: "OKP", crv: "Ed25519", x: "A".repeat(43) } };
      const sub = `${org}/${group.id}`;
      const claims = {
        iss: ISSUER,
        aud: "acos:agents-worker",
        sub,
        ...of,
        cnf,
        epoch: 1,
        caps: {},
      };
      return ownToken(data, kind, claims);
    }
    case "a tool grant": {
      const kind = { typ: "acos-tool+jwt", issuedAtMs, lifeS: 60 };
      const iss = `acos:group:${group.id}`;
      const call = { run: `run_${"0".repeat(26)}`, turn: 1, call: `tcl_${"0".repeat(26)}` };
      const claims = { iss, aud: "acos:tool-gateway", ...of, ...call, argumentsDigest: "a" };
      return ownToken(data, kind, claims);
    }
    case "a routing token": {
      const aud = `acos:group:${group.id}`;
      const claims = {
        aud,
        sub: scene.owner.id,
        name: "Olive",
        ...of,
        role: "admin",
        sid: randomUUID(),
      };
      return ownRoutingToken(data, issuedAtMs, claims);
    }
    default:
      return proof satisfies never;
  }
}
