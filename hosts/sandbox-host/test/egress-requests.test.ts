// Requests as raw bytes: which are passed on, as what, and which are refused before anybody else reads them.
import { createServer as createHttpServer } from "node:http";

import { afterEach, describe, expect, it } from "vitest";

import { HeadError } from "../src/egress/strict-head.ts";
import { StrictRequests } from "../src/egress/strict-requests.ts";
import { denied, endAll, listening, openBench, tell } from "./egress-bench.ts";

afterEach(endAll);

const HOST = "Host: a.com\r\n";
const GET = `GET http://a.com/ HTTP/1.1\r\n${HOST}`;
const POST = `POST http://a.com/ HTTP/1.1\r\n${HOST}`;
const SMUGGLED = "GET http://a.com/smuggled HTTP/1.1\r\nHost: a.com\r\n\r\n";

/** Name and bytes of what two parsers could read differently. */
const REFUSED: readonly (readonly [string, string])[] = [
  ["CL.TE", `${POST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`],
  ["TE.CL", `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${SMUGGLED}`],
  ["two equal lengths", `${POST}Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd`],
  ["two lengths", `${POST}Content-Length: 4\r\nContent-Length: 40\r\n\r\nabcd`],
  ["a list of lengths", `${POST}Content-Length: 4, 4\r\n\r\nabcd`],
  ["a signed length", `${POST}Content-Length: +4\r\n\r\nabcd`],
  ["a hexadecimal length", `${POST}Content-Length: 0x4\r\n\r\nabcd`],
  ["a length with a leading zero", `${POST}Content-Length: 04\r\n\r\nabcd`],
  ["an empty length", `${POST}Content-Length:\r\n\r\nabcd`],
  ["a length no number holds", `${POST}Content-Length: 99999999999999999999\r\n\r\n`],
  ["a space before the colon", `${POST}Content-Length : 4\r\n\r\nabcd`],
  ["two transfer codings", `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  [
    "chunked twice",
    `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    "chunked and identity",
    `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  ],
  ["xchunked", `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ["chunked in quotes", `${POST}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`],
  ["chunked after a vertical tab", `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
  ["chunked with a parameter", `${POST}Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n`],
  ["a folded coding", `${POST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
  ["a folded header", `${GET}X-A: b\r\n\tc\r\n\r\n`],
  ["a fold at the start", `GET http://a.com/ HTTP/1.1\r\n Host: a.com\r\n\r\n`],
  [
    "chunked in HTTP/1.0",
    `POST http://a.com/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ["bare line feeds", `GET http://a.com/ HTTP/1.1\nHost: a.com\n\n`],
  ["a bare line feed between headers", `${GET}X-A: b\nX-B: c\r\n\r\n`],
  ["a bare line feed in a value", `${GET}X-A: b\n\r\n\r\n`],
  ["a bare carriage return in a value", `${GET}X-A: b\rX-B: c\r\n\r\n`],
  ["CR CR LF", `${GET}X-A: b\r\r\n\r\n`],
  ["a zero byte in a value", `${GET}X-A: b\0c\r\n\r\n`],
  ["a zero byte in the target", `GET http://a.com\0.evil.example/ HTTP/1.1\r\n${HOST}\r\n`],
  ["a header without a colon", `${GET}X-A\r\n\r\n`],
  ["a header without a name", `${GET}: b\r\n\r\n`],
  ["a name with a space", `${GET}X A: b\r\n\r\n`],
  ["a name in brackets", `${GET}[X]: b\r\n\r\n`],
  ["two hosts", `${GET}Host: evil.example\r\n\r\n`],
  ["two equal hosts", `${GET}${HOST}\r\n`],
  ["no host", "GET http://a.com/ HTTP/1.1\r\n\r\n"],
  ["two spaces in the first line", `GET  http://a.com/ HTTP/1.1\r\n${HOST}\r\n`],
  ["a tab in the first line", `GET\thttp://a.com/ HTTP/1.1\r\n${HOST}\r\n`],
  ["a space in the target", `GET http://a.com/ x HTTP/1.1\r\n${HOST}\r\n`],
  ["an empty line first", `\r\n${GET}\r\n`],
  ["HTTP/0.9", "GET http://a.com/\r\n\r\n"],
  ["HTTP/1.2", `GET http://a.com/ HTTP/1.2\r\n${HOST}\r\n`],
  ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a lower-case version", `GET http://a.com/ http/1.1\r\n${HOST}\r\n`],
  ["a lower-case method", `get http://a.com/ HTTP/1.1\r\n${HOST}\r\n`],
  ["bytes beyond ASCII in the target", `GET http://a.com/\xe9 HTTP/1.1\r\n${HOST}\r\n`],
  ["TRACE", `TRACE http://a.com/ HTTP/1.1\r\n${HOST}\r\n`],
  ["a chunk extension", `${POST}Transfer-Encoding: chunked\r\n\r\n4;a=b\r\nabcd\r\n0\r\n\r\n`],
  [
    "a chunk size with a bare line feed",
    `${POST}Transfer-Encoding: chunked\r\n\r\n4\nabcd\r\n0\r\n\r\n`,
  ],
  ["a chunk size with a sign", `${POST}Transfer-Encoding: chunked\r\n\r\n-4\r\nabcd\r\n0\r\n\r\n`],
  ["a chunk size with 0x", `${POST}Transfer-Encoding: chunked\r\n\r\n0x4\r\nabcd\r\n0\r\n\r\n`],
  [
    "a chunk size no number holds",
    `${POST}Transfer-Encoding: chunked\r\n\r\n1000000000000004\r\nabcd\r\n0\r\n\r\n`,
  ],
  ["a chunk longer than said", `${POST}Transfer-Encoding: chunked\r\n\r\n4\r\nabcdef\r\n0\r\n\r\n`],
  ["trailers", `${POST}Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: b\r\n\r\n`],
  [
    "CONNECT with a body",
    "CONNECT a.com:443 HTTP/1.1\r\nHost: a.com:443\r\nContent-Length: 4\r\n\r\nabcd",
  ],
  [
    "CONNECT with chunks",
    "CONNECT a.com:443 HTTP/1.1\r\nHost: a.com:443\r\nTransfer-Encoding: chunked\r\n\r\n",
  ],
  [
    "a WebSocket with a body",
    `${GET}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\na`,
  ],
  ["two upgrades", `${GET}Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n\r\n`],
  ["101 headers", `${GET}${"X-A: b\r\n".repeat(101)}\r\n`],
  ["a head of 33 kB", `${GET}X-A: ${"b".repeat(33 * 1024)}\r\n\r\n`],
  ["a head that does not end", `${GET}X-A: ${"b".repeat(33 * 1024)}`],
];

function takeAll(pieces: readonly string[]) {
  const requests = new StrictRequests(() => undefined);
  return pieces
    .flatMap((piece) => [...requests.take(Buffer.from(piece, "latin1"))])
    .map(String)
    .join("");
}

describe("a request with", () => {
  it.each(REFUSED)("[E6] %s is refused, whole or byte by byte", (_what, bytes) => {
    expect(() => takeAll([bytes])).toThrow(HeadError);
    expect(() => takeAll(bytes.split(""))).toThrow(HeadError);
  });

  it.each(REFUSED)(
    "[E6] %s makes the door say so or hang up, and reaches nobody whole",
    async (_what, bytes) => {
      const seen: string[] = [];
      const to = await listening(
        createHttpServer((request, response) => {
          request.on("end", () => seen.push(`${request.method} ${request.url}`)).resume();
          response.end();
        }),
      );
      const bench = await openBench({ policy: { hosts: ["a.com"] }, to });
      const answer = await tell(bench, bytes);
      expect(answer).toMatch(/^(?:HTTP\/1\.1 400 [^]*x-acos-egress: denied|$)/);
      expect(seen).toEqual([]);
      expect(denied(bench.entries)).toMatchObject([{ why: expect.stringMatching(/^malformed: /) }]);
    },
  );
});

describe("a stream of requests", () => {
  const CHUNKED = `${POST}Transfer-Encoding: Chunked\r\n\r\n4\r\nabcd\r\n1A\r\n${"x".repeat(26)}\r\n0\r\n\r\n`;
  const LENGTH = `${POST}Content-Length: 4\r\n\r\nabcd`;

  it("[E6] is passed on as it was, however it is cut", () => {
    const all = `${GET}\r\n${CHUNKED}${LENGTH}${GET}X-A:\r\n\r\n`.replaceAll("X-A:", "X-A: ");
    expect(takeAll([all])).toBe(all);
    expect(takeAll(all.split(""))).toBe(all);
  });

  it("[E6] is spelled anew where spellings differ, and loses upgrades to other protocols", () => {
    expect(takeAll([`${GET}X-A: \t b \t\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n`])).toBe(
      `${GET}X-A: b\r\nConnection: Upgrade\r\n\r\n`,
    );
    expect(takeAll([`${GET}Upgrade: websocket\r\n\r\n`])).toBe(`${GET}\r\n`);
  });

  it("[E6] holds a second request to the same rules", () => {
    expect(() => takeAll([`${LENGTH}${POST}Content-Length: 1,1\r\n\r\na`])).toThrow(HeadError);
    expect(() => takeAll([`${LENGTH}\n${GET}\r\n`])).toThrow(HeadError);
  });

  it("[E6] is not read any more after CONNECT or the head of a WebSocket", () => {
    const connect = "CONNECT a.com:443 HTTP/1.1\r\nHost: a.com:443\r\n\r\n";
    const socket = `${GET}Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n`;
    for (const head of [connect, socket])
      expect(takeAll([head, "\0\n\r\n\r\nanything"])).toBe(`${head}\0\n\r\n\r\nanything`);
  });

  it("[E6] of spaces takes no time", () => {
    const begin = performance.now();
    expect(() => takeAll([`${GET}X-A: ${" ".repeat(31_000)}\x01\r\n\r\n`])).toThrow(HeadError);
    expect(performance.now() - begin).toBeLessThan(500);
  });
});
