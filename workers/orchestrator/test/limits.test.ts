// The counting of requests, with time as a number: buckets that refill, their bound, addresses and settings.
import { describe, expect, it } from "vitest";

import { clientAddressOf } from "../src/limits/client-address.ts";
import { readLimits } from "../src/limits/limit-settings.ts";
import { TokenBuckets } from "../src/limits/token-buckets.ts";

const PER_MINUTE = { count: 60, perMs: 60_000 };

const takeMany = (buckets: TokenBuckets, name: string, count: number, nowMs: number): number[] =>
  Array.from({ length: count }, () => buckets.take(name, nowMs));

describe("buckets", () => {
  it("[LI1] as many as the limit pass at once, the next is told how long to wait, and then passes", () => {
    const buckets = new TokenBuckets(PER_MINUTE);
    expect(takeMany(buckets, "a", 60, 5_000)).toEqual(Array(60).fill(0));
    expect(buckets.take("a", 5_000)).toBe(1_000);
    expect(buckets.take("a", 5_400)).toBe(600);
    expect(buckets.take("a", 6_000)).toBe(0);
    expect(buckets.take("a", 6_000)).toBe(1_000);
  });

  it("[LI1] a bucket holds no more than the limit, however long it was quiet, and waits take nothing", () => {
    const buckets = new TokenBuckets(PER_MINUTE);
    buckets.take("a", 0);
    expect(takeMany(buckets, "a", 61, 3_600_000).filter((wait) => wait > 0)).toHaveLength(1);
    for (let count = 0; count < 100; count += 1) buckets.take("a", 3_600_000);
    expect(buckets.take("a", 3_601_000)).toBe(0);
  });

  it("[LI1] one name's requests hold up no other, and a clock set back gives nothing", () => {
    const buckets = new TokenBuckets(PER_MINUTE);
    takeMany(buckets, "a", 60, 60_000);
    expect(buckets.take("b", 60_000)).toBe(0);
    expect(buckets.take("a", 0)).toBeGreaterThan(0);
  });

  it("[LI1] what was taken for nothing is given back, and never more than the limit", () => {
    const buckets = new TokenBuckets({ count: 1, perMs: 1_000 });
    expect([buckets.take("a", 0), buckets.take("a", 0)]).toEqual([0, 1_000]);
    buckets.giveBack("a", 0);
    buckets.giveBack("a", 0);
    buckets.giveBack("b", 0);
    expect([buckets.take("a", 0), buckets.take("a", 0)]).toEqual([0, 1_000]);
    expect([buckets.take("b", 0), buckets.take("b", 0)]).toEqual([0, 1_000]);
  });

  it("[LI1] looking takes nothing", () => {
    const buckets = new TokenBuckets({ count: 1, perMs: 1_000 });
    expect([buckets.wait("a", 0), buckets.wait("a", 0), buckets.take("a", 0)]).toEqual([0, 0, 0]);
    expect(buckets.wait("a", 400)).toBe(600);
  });

  it("[LI2] memory is bounded: who was quiet longest is forgotten first", () => {
    const buckets = new TokenBuckets({ count: 1, perMs: 60_000 }, 2);
    buckets.take("old", 0);
    buckets.take("busy", 1);
    expect(buckets.take("old", 2)).toBeGreaterThan(0);
    buckets.take("new", 3);
    expect(buckets.take("old", 4)).toBeGreaterThan(0);
    expect(buckets.take("busy", 5)).toBe(0);
  });
});

describe("addresses", () => {
  const from = (address: string | undefined, embedded = false) =>
    clientAddressOf(
      new Request("http://x.test", {
        headers: address === undefined ? {} : { "cf-connecting-ip": address },
      }),
      embedded,
    );

  it("[LI3] is what the edge says, and nothing where no edge writes it", () => {
    expect(from("203.0.113.7")).toBe("203.0.113.7");
    expect(from(undefined)).toBeUndefined();
    expect(from("203.0.113.7", true)).toBeUndefined();
  });

  it("[LI3] all addresses of one IPv6 network are one", () => {
    const own = from("2001:db8:1:2:3:4:5:6");
    expect(own).toBe("2001:db8:1:2");
    for (const same of ["2001:0DB8:1:2::9", "2001:db8:1:2:ffff::", "2001:db8:0001:2::"])
      expect(from(same)).toBe(own);
    for (const other of ["2001:db8:1:3::9", "2001:db8::2:0:0:0:9", "::1"])
      expect(from(other)).not.toBe(own);
    expect(from("::ffff:203.0.113.7")).not.toBe(from("::ffff:203.0.113.8"));
  });
});

describe("settings", () => {
  it("[LI4] are generous on one's own machine, stricter where strangers come, and changed by name", () => {
    expect(readLimits({}, true).requestsPerMinuteUser).toBe(6_000);
    expect(readLimits({}, false).requestsPerMinuteUser).toBe(600);
    const set = { REQUESTS_PER_MINUTE_USER: "7", SIGN_UPS_PER_HOUR_ADDRESS: "" };
    expect(readLimits(set, false)).toMatchObject({
      requestsPerMinuteUser: 7,
      signUpsPerHourAddress: 10,
    });
  });

  it.each(["0", "-1", "1.5", "many"])("[LI4] %s is refused by name", (text) => {
    expect(() => readLimits({ REQUESTS_PER_MINUTE_ORG: text }, false)).toThrow(
      "REQUESTS_PER_MINUTE_ORG must be a whole number above 0",
    );
  });
});
