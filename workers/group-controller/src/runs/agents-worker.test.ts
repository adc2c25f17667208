// Tests of the way to the Agents Worker where only the certificate matters: for which epoch a request speaks.
import { expect, it } from "vitest";

import { makeId, type Briefing, type CertificateAuthorityControl } from "@acos/protocol";
import { generateKeyPair } from "@acos/trust";

import { SessionKeys, type Subject } from "../session-keys.ts";
import { AgentsWorker } from "./agents-worker.ts";

const bytes = new Uint8Array(10);
const before: Subject = {
  group: makeId("group", 1, bytes),
  org: makeId("org", 1, bytes),
  epoch: 1,
  agents: [],
};

/** Certificates that say no more than their epoch. */
const authority: Pick<CertificateAuthorityControl, "issue"> = {
  issue: async ({ epoch }) => {
    const { privateJwk, kid: keyId } = await generateKeyPair();
    const times = { issuedAt: 1, expiresAt: 900_000 };
    const certificate = `epoch-${epoch}`;
    return { ok: true, value: { privateJwk: { ...privateJwk }, keyId, certificate, ...times } };
  },
};

it("[K6] a request that is refused because the epoch rose under it speaks for the new one the second time", async () => {
  let subject = before;
  const used: (string | null)[] = [];
  const service = {
    fetch: (_url: string, { headers }: { headers: Headers }) => {
      used.push(headers.get("acos-certificate"));
      subject = { ...before, epoch: 2 };
      return Promise.resolve(new Response("", { status: used.length === 1 ? 401 : 200 }));
    },
  };
  const keys = new SessionKeys(authority, () => 1);
  const agents = new AgentsWorker(service as unknown as Fetcher, keys);
  const briefing = { run: makeId("run", 1, bytes) } as Briefing;
  const called = await agents.turn(briefing, () => subject, new AbortController().signal);
  expect(called.ok).toBe(true);
  expect(used).toEqual(["epoch-1", "epoch-2"]);
});
