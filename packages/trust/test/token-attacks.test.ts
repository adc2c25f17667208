// Attacks on tokens beyond the list: each is refused, and for the reason it should be, so that no other check hides a hole.
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";

import { reasonOf } from "./builders.ts";
import { CLAIM_ATTACKS } from "./claim-attacks.ts";
import { forge } from "./forge.ts";
import { victimOf } from "./jwt-attacks.ts";
import { HARMLESS, tokenAttacksOn } from "./token-attacks.ts";
import { TOKEN_FIXTURES } from "./token-fixtures.ts";

const hmac = (key: Uint8Array, input: Uint8Array) =>
  new Uint8Array(createHmac("sha256", key).update(input).digest());

describe.each(TOKEN_FIXTURES)("beyond the list: $subject", (fixture) => {
  it.each(tokenAttacksOn(fixture.subject))("[T4] [T8] [C1] refuses $what", async (attack) => {
    const forged = await attack.forge(await victimOf(fixture, hmac));
    expect(await reasonOf(fixture.verify(forged))).toBe(attack.reason);
  });

  it.each(CLAIM_ATTACKS.filter(({ subject }) => subject === fixture.subject))(
    "[C4] refuses $what",
    async ({ changes, reason }) => {
      const { header, payload, issuer } = await victimOf(fixture, hmac);
      const forged = await forge(header, { ...payload, ...changes }, issuer);
      expect(await reasonOf(fixture.verify(forged))).toBe(reason);
    },
  );

  it.each(HARMLESS)("[T8] accepts $what, which means the same to everybody", async (other) => {
    const spelled = await other.forge(await victimOf(fixture, hmac));
    expect(await reasonOf(fixture.verify(spelled))).toBe("accepted");
  });
});

it("[T7] 99 attacks on every kind of token, and 77 on the claims of one, are not in the list", () => {
  const counts = TOKEN_FIXTURES.map(({ subject }) => tokenAttacksOn(subject).length);
  expect(counts).toEqual([99, 99, 99, 99, 99, 99]);
  expect(CLAIM_ATTACKS).toHaveLength(77);
});
