// What a command's result shows of much output, and that reading on finds the rest of it.
import { describe, expect, it } from "vitest";

import { FrameLog } from "../frame-log.ts";
import { outputAfter, outputClipped } from "./output-text.ts";

const LINES = Array.from({ length: 5_000 }, (_, index) => `line ${index + 1}\n`);

/** A log of the lines, in frames of so many bytes. */
function logInFrames(bytes: number): FrameLog {
  const log = new FrameLog({ capacity: 1_000_000 });
  log.append({ t: "start", process: "p1" });
  const all = Buffer.from(LINES.join(""));
  for (let at = 0; at < all.length; at += bytes)
    log.append({ t: "out", data: all.subarray(at, at + bytes) });
  log.append({ t: "exit", code: 0, signal: null, timedOut: false });
  return log;
}

describe("output that is longer than a result", () => {
  it.each([1_000, 9_999, 10_001, 16_384])(
    "[A15] loses nothing to who reads on from where it says, in frames of %i bytes",
    (bytes) => {
      const log = logInFrames(bytes);
      const clipped = outputClipped(log, "p1");
      expect(clipped.length).toBeLessThan(20_200);
      expect(clipped.endsWith("line 4999\nline 5000\n")).toBe(true);
      let text = clipped.slice(0, clipped.indexOf("\n[… about"));
      let from = Number(/process=p1 from=(\d+)/.exec(clipped)?.[1]);
      for (let more = true; more;) {
        const page = outputAfter(log, from);
        text += page.text;
        ({ more, upTo: from } = page);
      }
      expect(text).toBe(LINES.join(""));
    },
  );
});
