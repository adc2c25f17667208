// Tests of reading a call's frames: cut anywhere, damaged anyhow, it is a result or it is none.
import type { SandboxFrame } from "@acos/protocol";
import { expect, it } from "vitest";

import { readFrames } from "./call-frames.ts";

const FRAMES: readonly SandboxFrame[] = [
  { t: "start", seq: 1 },
  { t: "out", seq: 2, b64: btoa("é") },
  { t: "beat" },
  { t: "gap", seq: 3, bytes: 10 },
  { t: "result", seq: 4, result: { isError: false, text: "done é" }, port: 8080 },
];
const TEXT = FRAMES.map((frame) => `${JSON.stringify(frame)}\n`).join("");

function streamOf(...pieces: readonly Uint8Array<ArrayBuffer>[]): ReadableStream<Uint8Array> {
  return new Blob([...pieces]).stream();
}
const unheard = () => undefined;
const bytesOf = (text: string) => Uint8Array.from(new TextEncoder().encode(text));

it("[B3] a stream that is cut anywhere before its end has no result, and says how far it came", async () => {
  const whole = bytesOf(TEXT);
  for (let length = 0; length < whole.length; length += 1) {
    const read = await readFrames(streamOf(whole.slice(0, length)), 0, unheard);
    expect(read.result, `${length} bytes`).toBeNull();
    expect(read.seq).toBeLessThan(4);
  }
  const read = await readFrames(streamOf(whole), 0, unheard);
  expect(read).toMatchObject({ result: { port: 8080, result: { text: "done é" } }, seq: 4 });
});

it("[B3] frames that were read before are passed over, and what is no frame ends the reading", async () => {
  expect(await readFrames(streamOf(bytesOf(TEXT)), 3, unheard)).toMatchObject({ seq: 4 });
  expect(await readFrames(streamOf(bytesOf(TEXT)), 4, unheard)).toMatchObject({
    result: null,
    seq: 4,
  });
  const damaged = TEXT.replace('{"t":"beat"}', "<html>");
  expect(await readFrames(streamOf(bytesOf(damaged)), 0, unheard)).toMatchObject({
    result: null,
    seq: 2,
  });
  expect(await readFrames(null, 0, unheard)).toEqual({ result: null, seq: 0, isAlive: false });
});

it("[B11] every frame that was not read before is told once, and reads as text", async () => {
  const told: SandboxFrame[] = [];
  const half = TEXT.length / 2;
  const { seq } = await readFrames(streamOf(bytesOf(TEXT.slice(0, half))), 0, (frame) =>
    told.push(frame),
  );
  await readFrames(streamOf(bytesOf(TEXT)), seq, (frame) => told.push(frame));
  expect(told.map((frame) => frame.t)).toEqual(["start", "out", "gap", "result"]);
});
