// Tests of the session key's life: renewed at half of it, asked for once, never used near its end.
import { expect, it } from "vitest";

import { makeId, type CertificateAuthorityControl } from "@acos/protocol";
import { generateKeyPair } from "@acos/trust";

import { SessionKeys } from "./session-keys.ts";

const bytes = new Uint8Array(10);
const subject = { group: makeId("group", 1, bytes), org: makeId("org", 1, bytes), epoch: 0 };
const request = { url: "https://agents.internal/turns", body: bytes, run: makeId("run", 1, bytes) };
const LIFE_MS = 900_000;

interface CountingAuthority extends CertificateAuthorityControl {
  issued: number;
}

async function authority(clock: { now: number }): Promise<CountingAuthority> {
  const pair = await generateKeyPair();
  const counting: CountingAuthority = {
    issued: 0,
    issue: () => {
      counting.issued += 1;
      const value = {
        privateJwk: { ...pair.privateJwk },
        keyId: pair.kid,
        certificate: `certificate-${counting.issued}`,
        issuedAt: clock.now,
        expiresAt: clock.now + LIFE_MS,
      };
      return Promise.resolve({ ok: true, value });
    },
  };
  return counting;
}

it("[K1] is renewed past half of its life, and the request at hand does not wait for it", async () => {
  const clock = { now: 1_000_000 };
  const ca = await authority(clock);
  const keys = new SessionKeys(ca, () => clock.now);
  const certificate = async (): Promise<string | null> =>
    (await keys.sign(subject, request)).get("acos-certificate");
  expect(await certificate()).toBe("certificate-1");
  clock.now += LIFE_MS / 2;
  expect(await certificate()).toBe("certificate-1");
  expect(ca.issued).toBe(1);
  clock.now += 1;
  expect(await certificate()).toBe("certificate-1");
  expect(await certificate()).toBe("certificate-2");
  expect(ca.issued).toBe(2);
});

it("[K2] is not used near its end, and two requests ask for a new one once", async () => {
  const clock = { now: 1_000_000 };
  const ca = await authority(clock);
  const keys = new SessionKeys(ca, () => clock.now);
  await Promise.all([keys.sign(subject, request), keys.sign(subject, request)]);
  expect(ca.issued).toBe(1);
  clock.now += LIFE_MS - 20_000;
  const headers = await keys.sign(subject, request);
  expect(headers.get("acos-certificate")).toBe("certificate-2");
});

it("[K2] a new epoch is a new certificate, and an old one that comes late does not replace it", async () => {
  const clock = { now: 1_000_000 };
  const ca = await authority(clock);
  const keys = new SessionKeys(ca, () => clock.now);
  const [old, next] = await Promise.all([
    keys.sign(subject, request),
    keys.sign({ ...subject, epoch: 1 }, request),
  ]);
  expect([old, next].map((headers) => headers.get("acos-certificate"))).toEqual([
    "certificate-1",
    "certificate-2",
  ]);
  const again = await keys.sign({ ...subject, epoch: 1 }, request);
  expect(again.get("acos-certificate")).toBe("certificate-2");
});

it("[K2] reports a refusal of the authority and asks again the next time", async () => {
  const clock = { now: 1 };
  const ca = await authority(clock);
  let down = true;
  const flaky: CertificateAuthorityControl = {
    issue: (whom) =>
      down
        ? Promise.resolve({ ok: false, problem: { code: "unavailable", message: "not now" } })
        : ca.issue(whom),
  };
  const keys = new SessionKeys(flaky, () => clock.now);
  await expect(keys.sign(subject, request)).rejects.toThrow("not now");
  down = false;
  expect((await keys.sign(subject, request)).get("signature")).toBeTruthy();
});
