// Ten thousand one-byte changes of valid tokens and signed requests: none is accepted, and the unchanged one still is.
import { describe, expect, it } from "vitest";

import { verifySignedRequest } from "../src/index.ts";
import { NOW_MS, reasonOf, signedRequest, type SignedFixture } from "./builders.ts";
import { utf8 } from "./forge.ts";
import { mutated, mutationOf, seededRandom } from "./mutations.ts";
import { TOKEN_FIXTURES } from "./token-fixtures.ts";

/** 6 kinds × 925 and 9 parts of a request × 700: more than 10,000. */
const A_TOKEN = 925;
const A_PART = 700;
const SEED = 20_270_115;

describe.each(TOKEN_FIXTURES)("one byte of a $subject", (fixture) => {
  it("[T10] 925 changes are refused, and the unchanged one is still accepted", async () => {
    const random = seededRandom(SEED);
    const token = await fixture.sign();
    const keys = await fixture.keys();
    const accepted: string[] = [];
    for (let round = 0; round < A_TOKEN; round += 1) {
      const mutation = mutationOf(utf8(token), random);
      const reason = await reasonOf(fixture.verify(mutated(token, mutation), keys));
      if (!isRefusal(reason)) accepted.push(`${JSON.stringify(mutation)}: ${reason}`);
    }
    expect(accepted).toEqual([]);
    expect(await reasonOf(fixture.verify(token, keys))).toBe("accepted");
  });
});

type Arrived = SignedFixture["request"];
interface Part {
  readonly part: string;
  readonly read: (request: Arrived) => string;
  readonly write: (request: Arrived, text: string) => Parameters<typeof verifySignedRequest>[0];
}

/** A transport may hand over what `Headers` would refuse: the gate has to judge that as well. */
const field = (name: string): Part => ({
  part: name,
  read: ({ headers }) => headers.get(name) ?? "",
  write: (request, text) => ({
    ...request,
    headers: { get: (asked) => (asked === name ? text : request.headers.get(asked)) },
  }),
});

const PARTS: readonly Part[] = [
  {
    part: "the method",
    read: (request) => request.method,
    write: (request, method) => ({ ...request, method }),
  },
  {
    part: "the target",
    read: ({ url }) => url,
    write: (request, url) => ({ ...request, url }),
  },
  {
    part: "the body",
    read: ({ body }) => String.fromCharCode(...body),
    write: (request, text) => ({
      ...request,
      body: Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
    }),
  },
  field("content-type"),
  field("content-digest"),
  field("acos-certificate"),
  field("acos-run"),
  field("signature-input"),
  field("signature"),
];

describe("one byte of a signed request", () => {
  it.each(PARTS)(
    "[Q6] [Q7] 700 changes of $part are refused, and the unchanged one is still accepted",
    async (part) => {
      const random = seededRandom(SEED);
      const { request, gate } = await signedRequest();
      const accepted: string[] = [];
      for (let round = 0; round < A_PART; round += 1) {
        const bytes = Uint8Array.from(part.read(request), (letter) => letter.charCodeAt(0));
        const mutation = mutationOf(bytes, random);
        const text = mutated(part.read(request), mutation);
        const reason = await reasonOf(verifySignedRequest(part.write(request, text), gate, NOW_MS));
        if (!isRefusal(reason)) accepted.push(`${JSON.stringify(mutation)}: ${reason}`);
      }
      expect(accepted).toEqual([]);
      expect(await reasonOf(verifySignedRequest(request, gate, NOW_MS))).toBe("accepted");
    },
  );

  it("[T10] [Q6] these are more than ten thousand", () => {
    expect(TOKEN_FIXTURES.length * A_TOKEN + PARTS.length * A_PART).toBe(11_850);
  });
});

/** A reason of ours: neither accepted nor an error nobody thought of. */
function isRefusal(reason: string): boolean {
  return reason !== "accepted" && /^[a-z_]+$/.test(reason);
}
