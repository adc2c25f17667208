// Where output is cut into frames.
import { describe, expect, it } from "vitest";

import { OutputGatherer } from "./output-gatherer.ts";

const FRAME_BYTES = 16 * 1024;

/** What comes out of these writes, one right after the other. */
function framesOf(...writes: readonly Buffer[]): Buffer[] {
  const frames: Buffer[] = [];
  const gatherer = new OutputGatherer((_, data) => frames.push(data));
  for (const data of writes) gatherer.add("out", data);
  gatherer.flush();
  return frames;
}

describe("a frame of output", () => {
  it.each(["é", "€", "😀"])("[A15] ends between characters of many bytes: %s", (character) => {
    for (const shift of [0, 1, 2, 3]) {
      const text = "x".repeat(shift) + character.repeat(20_000);
      const frames = framesOf(Buffer.from(text));
      expect(Math.max(...frames.map(({ length }) => length))).toBeLessThanOrEqual(FRAME_BYTES);
      expect(frames.map((frame) => frame.toString()).join("")).toBe(text);
    }
  });

  it("[A15] ends between characters where a pipe's piece does not", () => {
    const text = "€".repeat(30_000);
    const bytes = Buffer.from(text);
    const frames = framesOf(bytes.subarray(0, 65_536), bytes.subarray(65_536));
    expect(frames.map((frame) => frame.toString()).join("")).toBe(text);
  });

  it("[A15] holds every byte of what is no text", () => {
    for (const fill of [0x80, 0xc3, 0xff]) {
      const bytes = Buffer.alloc(100_001, fill);
      expect(Buffer.concat(framesOf(bytes, bytes))).toEqual(Buffer.concat([bytes, bytes]));
    }
  });

  it("[A15] brings the beginning of a character that is never ended", () => {
    expect(Buffer.concat(framesOf(Buffer.from([0x61, 0xe2, 0x82])))).toEqual(
      Buffer.from([0x61, 0xe2, 0x82]),
    );
  });
});
