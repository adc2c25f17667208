// Tests of the session key's life: renewed at half of it, asked for once, never used near its end.
import { expect, it, vi } from "vitest";

import { makeId, type CertificateAuthorityControl } from "@acos/protocol";
import { generateKeyPair } from "@acos/trust";

import { SessionKeys, type Subject } from "./session-keys.ts";

const bytes = new Uint8Array(10);
const [ada, grace] = [makeId("agent", 1, bytes), makeId("agent", 2, bytes)];
const subject: Subject = {
  group: makeId("group", 1, bytes),
  org: makeId("org", 1, bytes),
  epoch: 0,
  agents: [ada],
};
const request = { url: "https://agents.internal/turns", body: bytes, run: makeId("run", 1, bytes) };
const LIFE_MS = 900_000;

interface CountingAuthority extends Pick<CertificateAuthorityControl, "issue"> {
  issued: number;
}

function authority(clock: { now: number }): CountingAuthority {
  const counting: CountingAuthority = {
    issued: 0,
    issue: async () => {
      counting.issued += 1;
      const certificate = `certificate-${counting.issued}`;
      const issuedAt = clock.now;
      const { privateJwk, kid: keyId } = await generateKeyPair();
      const times = { issuedAt, expiresAt: issuedAt + LIFE_MS };
      return { ok: true, value: { privateJwk: { ...privateJwk }, keyId, certificate, ...times } };
    },
  };
  return counting;
}

/** The certificate that a request is signed with. */
async function used(keys: SessionKeys, whom: Subject = subject): Promise<string | null> {
  const session = await keys.session(whom);
  return (await session.sign(request)).get("acos-certificate");
}

it("[K1] is renewed past half of its life, and the request at hand does not wait for it", async () => {
  const clock = { now: 1_000_000 };
  const ca = authority(clock);
  const keys = new SessionKeys(ca, () => clock.now);
  const certificate = (): Promise<string | null> => used(keys);
  expect(await certificate()).toBe("certificate-1");
  clock.now += LIFE_MS / 2;
  expect(await certificate()).toBe("certificate-1");
  expect(ca.issued).toBe(1);
  clock.now += 1;
  expect(await certificate()).toBe("certificate-1");
  await vi.waitFor(async () => expect(await certificate()).toBe("certificate-2"));
  expect(ca.issued).toBe(2);
});

it("[K2] is not used near its end, and two requests ask for a new one once", async () => {
  const clock = { now: 1_000_000 };
  const ca = authority(clock);
  const keys = new SessionKeys(ca, () => clock.now);
  await Promise.all([used(keys), used(keys)]);
  expect(ca.issued).toBe(1);
  clock.now += LIFE_MS - 20_000;
  expect(await used(keys)).toBe("certificate-2");
});

it("[K2] a new epoch is a new certificate, and an old one that comes late does not replace it", async () => {
  const clock = { now: 1_000_000 };
  const ca = authority(clock);
  const keys = new SessionKeys(ca, () => clock.now);
  const next = { ...subject, epoch: 1 };
  expect(await Promise.all([used(keys), used(keys, next)])).toEqual([
    "certificate-1",
    "certificate-2",
  ]);
  expect(await used(keys, next)).toBe("certificate-2");
});

it("[K2] reports a refusal of the authority and asks again the next time", async () => {
  const clock = { now: 1 };
  const ca = authority(clock);
  let down = true;
  const flaky: Pick<CertificateAuthorityControl, "issue"> = {
    issue: (whom) =>
      down
        ? Promise.resolve({ ok: false, problem: { code: "unavailable", message: "not now" } })
        : ca.issue(whom),
  };
  const keys = new SessionKeys(flaky, () => clock.now);
  await expect(used(keys)).rejects.toThrow("not now");
  down = false;
  expect(await used(keys)).toBe("certificate-1");
});

it("[K4] an agent that came after the certificate was asked for needs a new one, asked for once", async () => {
  const clock = { now: 1_000_000 };
  const ca = authority(clock);
  const keys = new SessionKeys(ca, () => clock.now);
  expect(await used(keys)).toBe("certificate-1");
  const joined = { ...subject, agents: [ada, grace] };
  expect(await Promise.all([used(keys, joined), used(keys, joined)])).toEqual([
    "certificate-2",
    "certificate-2",
  ]);
  expect(await used(keys, joined)).toBe("certificate-2");
  expect(ca.issued).toBe(2);
});

it("[K4] a certificate on its way when an agent comes is not taken for one that covers the agent", async () => {
  const clock = { now: 1_000_000 };
  const ca = authority(clock);
  const keys = new SessionKeys(ca, () => clock.now);
  const joined = { ...subject, agents: [ada, grace] };
  expect(await Promise.all([used(keys), used(keys, joined)])).toEqual([
    "certificate-1",
    "certificate-2",
  ]);
  expect(await used(keys, joined)).toBe("certificate-2");
});

it("[K5] a request and the grant in it are signed with one key, also when a new one comes in between", async () => {
  const clock = { now: 1_000_000 };
  const ca = authority(clock);
  const keys = new SessionKeys(ca, () => clock.now);
  const session = await keys.session(subject);
  await used(keys, { ...subject, epoch: 1 });
  const grant = await session.grant({
    audience: "acos:tool-gateway",
    group: subject.group,
    run: request.run,
    turn: 1,
    call: makeId("toolCall", 1, bytes),
    dispatch: 1,
    argumentsDigest: "a".repeat(64),
  });
  const headers = await session.sign(request);
  expect(headers.get("acos-certificate")).toBe("certificate-1");
  const [header] = grant.split(".");
  const { kid } = JSON.parse(atob(header ?? "")) as { kid: string };
  expect(headers.get("signature-input")).toContain(`keyid="${kid}"`);
});
