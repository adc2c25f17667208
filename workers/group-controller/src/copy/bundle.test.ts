// Tests of bundles: what is written is read again, the system's tar opens it, and no damage and no trick is taken in.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  ProblemError,
  SEGMENT_MAX_BYTES,
  type BundleFile,
  type BundleManifest,
  type GroupEvent,
  type LogEvent,
} from "@acos/protocol";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "@acos/trust";

import { bundleOf, bytesOf, contentOf, NOW, smallLog, streamOf } from "../../test/bundle-bytes.ts";
import { ADA, idOf, LOG_BEGIN, LongLog, numbersFrom } from "../../test/long-log.ts";
import { manifestHashText, manifestText } from "./bundle-format.ts";
import { readPart } from "./bundle-part.ts";
import { verifyBundle, type VerifiedBundle } from "./bundle-verify.ts";
import { writeBundle } from "./bundle-write.ts";
import { gzip } from "../bytes.ts";
import { BLOCK_BYTES, paddingOf, readTarHeader, tarHeader } from "./tar.ts";

const verify = (bytes: Uint8Array, piece?: number) =>
  verifyBundle(streamOf(bytes, piece), { now: NOW });

/** The words a bundle is refused with; fails the test where it is taken. */
async function refusalOf(bytes: Uint8Array): Promise<string> {
  const error = await verify(bytes).then(
    () => "it was taken",
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProblemError))
    throw new Error(`no Problem, but: ${String(error)}`, { cause: error });
  expect(error.problem.code).toMatch(/^(invalid_request|too_large)$/);
  return error.problem.message;
}

async function eventsOf(bundle: VerifiedBundle, bytes: Uint8Array): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  for (const part of bundle.parts)
    events.push(...(await readPart(part, bytes.slice(part.offset, part.offset + part.bytes), NOW)));
  return events;
}

type Files = [name: string, bytes: Uint8Array][];

/** The files of a bundle, so that a test can change them … */
function filesOf(bytes: Uint8Array): Files {
  const files: Files = [];
  for (let at = 0; ;) {
    const file = readTarHeader(bytes.subarray(at, at + BLOCK_BYTES));
    if (!file) return files;
    at += BLOCK_BYTES;
    files.push([file.name, bytes.slice(at, at + file.bytes)]);
    at += file.bytes + paddingOf(file.bytes);
  }
}

/** … and an archive of files as they are. */
function archiveOf(
  files: Files,
  change: (header: Uint8Array, name: string) => void = () => {},
): Uint8Array {
  const pieces = files.flatMap(([name, bytes]) => {
    const header = tarHeader({ name, bytes: bytes.length, changedAt: Math.floor(NOW / 1000) });
    change(header, name);
    return [header, bytes, new Uint8Array(paddingOf(bytes.length))];
  });
  return Buffer.concat([...pieces, new Uint8Array(2 * BLOCK_BYTES)]);
}

/** The same files under a manifest that fits them: what somebody can forge who wants to. */
async function forge(files: Files, head: number): Promise<Uint8Array> {
  const listed: BundleFile[] = [];
  const kept = files.filter(([name]) => !name.startsWith("manifest."));
  for (const [name, bytes] of kept) {
    const range = /^events\/(\d+)-(\d+)/.exec(name)?.slice(1).map(Number);
    const part = range && { events: range[1]! - range[0]! + 1, from: range[0]!, to: range[1]! };
    listed.push({ name, bytes: bytes.length, sha256: await sha256Hex(bytes), ...part });
  }
  const manifest = Buffer.from(manifestText({ head, files: listed }));
  const hash = Buffer.from(manifestHashText(await sha256Hex(manifest)));
  return archiveOf([...kept, ["manifest.json", manifest], ["manifest.sha256", hash]]);
}

/** A bundle of one part with these lines, forged. */
async function bundleOfLines(lines: readonly string[], head = lines.length): Promise<Uint8Array> {
  const facts = JSON.stringify({
    format: "acos-group",
    version: 1,
    group: idOf("group", 1),
    name: "Petrel",
    head,
    exportedAt: new Date(NOW).toISOString(),
  });
  const part = await gzip(Buffer.from(lines.map((line) => `${line}\n`).join("")));
  return forge(
    [
      ["bundle.json", Buffer.from(facts)],
      [`events/1-${head}.ndjson.gz`, part],
    ],
    head,
  );
}

describe("a bundle", () => {
  const log = smallLog();

  it("[Y1] is read again as it was written, whole and by ranges, however its bytes arrive", async () => {
    for (const [partEvents, piece] of [
      [1, 7],
      [8, 1_000],
      [2_048, 1 << 20],
    ] as const) {
      const bytes = await bundleOf(log.events, { partEvents });
      const bundle = await verify(bytes, piece);
      expect(bundle).toMatchObject({
        group: idOf("group", 1),
        name: "Petrel",
        head: log.events.length,
        bytes: bytes.length,
        files: [{ name: "agents.json", text: "[]\n" }],
      });
      expect(bundle.parts).toHaveLength(Math.ceil(log.events.length / partEvents));
      expect(await eventsOf(bundle, bytes)).toEqual(log.events);
    }
  });

  it("[Y1] a log of one event and a log of none of our own files are bundles too", async () => {
    const bytes = await bundleOf(new LongLog().events, { files: [] });
    expect(await verify(bytes)).toMatchObject({ head: 1, files: [], parts: [{ from: 1, to: 1 }] });
  });

  it("[Y1] is opened by the system's tar, with its hash as sha256sum reads it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bundle-"));
    try {
      const path = join(folder, "bundle.tar");
      writeFileSync(path, await bundleOf(log.events));
      const names = execFileSync("tar", ["-tf", path], { encoding: "utf8" }).trim().split("\n");
      expect(names.slice(0, 3)).toEqual(["bundle.json", "agents.json", "events/1-8.ndjson.gz"]);
      expect(names.slice(-2)).toEqual(["manifest.json", "manifest.sha256"]);
      execFileSync("tar", ["-xf", path, "-C", folder]);
      const manifest = readFileSync(join(folder, "manifest.json"));
      const hash = createHash("sha256").update(manifest).digest("hex");
      expect(readFileSync(join(folder, "manifest.sha256"), "utf8")).toBe(
        `${hash}  manifest.json\n`,
      );
      const lines = execFileSync("gzip", ["-dc", join(folder, "events/1-8.ndjson.gz")], {
        encoding: "utf8",
      });
      expect(
        lines
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line)),
      ).toEqual(log.events.slice(0, 8));
      expect(JSON.parse(readFileSync(join(folder, "bundle.json"), "utf8"))).toMatchObject({
        head: log.events.length,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("[Y2] is made as it is read: no page is asked for before its part is wanted", async () => {
    const asked: number[] = [];
    const page = async (after: number) => {
      asked.push(after);
      return log.events.slice(after, after + 4);
    };
    const reader = writeBundle(contentOf(log.events, { page }), 4).getReader();
    for (let piece = 0; piece < 6; piece += 1) await reader.read();
    expect(asked).toEqual([]);
    for (let piece = 0; piece < 3; piece += 1) await reader.read();
    expect(asked).toEqual([0, 4]);
    await reader.cancel();
    expect(asked).toEqual([0, 4]);
  });

  it("[Y2] ends at its head, and breaks off where the log has a hole or is too short", async () => {
    const bytes = await bundleOf(log.events, { head: 10, partEvents: 8 });
    expect((await verify(bytes)).parts.map(({ to }) => to)).toEqual([8, 10]);
    const hole = async (after: number) => log.events.slice(after + 1, after + 3);
    await expect(bundleOf(log.events, { page: hole })).rejects.toThrow(/does not follow/);
    await expect(bundleOf(log.events, { head: log.events.length + 1 })).rejects.toThrow(/ends at/);
    const files = [{ name: "../agents.json", text: "" }];
    expect(() => writeBundle(contentOf(log.events, { files }))).toThrow(RangeError);
  });

  it("[Y2] parts hold no more bytes than a segment", async () => {
    const large = new LongLog();
    for (let index = 0; index < 25; index += 1) large.say(String(index).padEnd(199_000, "x"));
    const bytes = await bundleOf(large.events, { partEvents: 2_048 });
    const { parts } = await verify(bytes);
    expect(parts.length).toBeGreaterThan(1);
    expect(5_000_000).toBeGreaterThan(SEGMENT_MAX_BYTES);
  });
});

describe("damage", () => {
  const log = smallLog();

  it("[Y3] 1,000 flips, cuts and lost or swapped blocks are all found", async () => {
    const bytes = await bundleOf(log.events);
    const next = numbersFrom(11);
    const below = (limit: number) => Math.floor(next() * limit);
    const blocks = bytes.length / BLOCK_BYTES;
    const block = (index: number) => bytes.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES);
    const damages: Record<string, () => Uint8Array> = {
      flip: () => {
        const at = below(bytes.length);
        return bytes.with(at, bytes[at]! ^ (1 << below(8)));
      },
      cut: () => bytes.slice(0, below(bytes.length)),
      lost: () => {
        const at = below(blocks);
        return Buffer.concat([
          bytes.subarray(0, at * BLOCK_BYTES),
          bytes.subarray((at + 1) * BLOCK_BYTES),
        ]);
      },
      swapped: () => {
        const [one, other] = [below(blocks), below(blocks)];
        const swapped = bytes.slice();
        swapped.set(block(one), other * BLOCK_BYTES);
        swapped.set(block(other), one * BLOCK_BYTES);
        return swapped;
      },
      zeroed: () => bytes.slice().fill(0, below(bytes.length)),
      doubled: () => {
        const at = below(blocks) * BLOCK_BYTES;
        return Buffer.concat([bytes.subarray(0, at + BLOCK_BYTES), bytes.subarray(at)]);
      },
      trailing: () => Buffer.concat([bytes, new Uint8Array(1 + below(2_000))]),
    };
    let tried = 0;
    for (const name of Object.keys(damages))
      for (let round = 0; round < 150; round += 1) {
        const damaged = damages[name]!();
        if (Buffer.compare(damaged, bytes) === 0) continue;
        tried += 1;
        expect(await refusalOf(damaged), `${name} ${round}`).toMatch(/^This bundle is not taken: /);
      }
    expect(tried).toBeGreaterThan(1_000);
  });

  it("[Y3] a part that is missing, swapped, doubled or from another bundle is found", async () => {
    const files = filesOf(await bundleOf(log.events));
    const other = filesOf(await bundleOf(smallLog(21).events));
    const at = files.findIndex(([name]) => name.startsWith("events/"));
    const without = files.toSpliced(at + 1, 1);
    expect(await refusalOf(archiveOf(without))).toContain("does not follow event 8");
    const swapped = files.with(at, files[at + 1]!).with(at + 1, files[at]!);
    expect(await refusalOf(archiveOf(swapped))).toContain("does not follow event 0");
    const renamed = files.with(at, [files[at]![0], files[at + 1]![1]]);
    expect(await refusalOf(archiveOf(renamed))).toContain(
      "event 1 is not there; 9 is in its place",
    );
    expect(await refusalOf(archiveOf(files.toSpliced(at, 0, files[at]!)))).toContain(
      "does not follow",
    );
    const last = files.findLastIndex(([name]) => name.startsWith("events/"));
    expect(await refusalOf(archiveOf(files.toSpliced(last, 1)))).toContain("its log ends at");
    const mixed = files.with(files.length - 2, other.at(-2)!).with(files.length - 1, other.at(-1)!);
    expect(await refusalOf(archiveOf(mixed))).toMatch(
      /is not the one that manifest.json lists|does not fit/,
    );
    expect(await refusalOf(archiveOf(files.toSpliced(1, 1)))).toContain(
      "is not the one that manifest.json lists",
    );
  });

  it("[Y3] a manifest that says otherwise is refused, with its own hash as well", async () => {
    const files = filesOf(await bundleOf(log.events));
    const manifest = JSON.parse(Buffer.from(files.at(-2)![1]).toString()) as BundleManifest;
    const refused = async (changed: BundleManifest | string) => {
      const bytes = Buffer.from(typeof changed === "string" ? changed : manifestText(changed));
      const hash = Buffer.from(manifestHashText(await sha256Hex(bytes)));
      const last: Files = [
        ["manifest.json", bytes],
        ["manifest.sha256", hash],
      ];
      return refusalOf(archiveOf([...files.slice(0, -2), ...last]));
    };
    const [first] = manifest.files as [BundleFile];
    const part = manifest.files[3]!;
    const more = { ...first, name: "more.json" };
    expect(await refused({ ...manifest, head: manifest.head + 1 })).toContain(
      "does not fit what it lists",
    );
    expect(
      await refused({ ...manifest, files: manifest.files.with(3, { ...part, events: 1 }) }),
    ).toContain("does not fit");
    expect(
      await refused({ ...manifest, files: manifest.files.with(3, { ...part, bytes: 1 }) }),
    ).toContain("does not fit");
    expect(await refused({ ...manifest, files: [...manifest.files, more] })).toContain(
      "more.json is missing",
    );
    expect(await refused({ ...manifest, files: manifest.files.slice(0, -1) })).toContain(
      "is not the one",
    );
    expect(await refused(JSON.stringify(manifest))).toContain("does not fit");
    expect(await refused("{}")).toContain("does not say what it must");
    expect(await refused(`${manifestText(manifest)}}`)).toContain("not valid JSON");
  });

  it("[Y3] a part that was changed after it was checked is refused when it is read", async () => {
    const bytes = await bundleOf(log.events);
    const { parts } = await verify(bytes);
    const part = parts[1]!;
    const zipped = bytes.slice(part.offset, part.offset + part.bytes);
    await expect(readPart(part, zipped.with(20, zipped[20]! ^ 1), NOW)).rejects.toThrow(
      /is damaged/,
    );
  });

  it("[Y3] a sender that breaks off is told, and one that is refused is let go of", async () => {
    const bytes = await bundleOf(log.events);
    let left = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(bytes.with(3, 0x58)),
      cancel: () => {
        left = true;
      },
    });
    await expect(verifyBundle(stream, { now: NOW })).rejects.toThrow(/not taken/);
    expect(left).toBe(true);
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error("reset")),
    });
    await expect(verifyBundle(broken, { now: NOW })).rejects.toThrow("reset");
  });
});

describe("tricks", () => {
  const log = smallLog(2);
  const changedHeader = async (change: (header: Uint8Array) => void) => {
    const files = filesOf(await bundleOf(log.events));
    return refusalOf(
      archiveOf(files, (header, name) => {
        if (name !== "agents.json") return;
        change(header);
        header.fill(0x20, 148, 156);
        const sum = header
          .reduce((total, byte) => total + byte, 0)
          .toString(8)
          .padStart(6, "0");
        header.set(Buffer.from(`${sum}\0 `), 148);
      }),
    );
  };

  it("[Y4] links, folders and headers of other notations are refused", async () => {
    for (const type of ["1", "2", "5", "x", "g", "L", "\0"])
      expect(await changedHeader((header) => header.set(Buffer.from(type), 156)), type).toContain(
        "is no plain file",
      );
    expect(await changedHeader((header) => header.set(Buffer.from("passwd"), 157))).toContain(
      "not written as in a bundle",
    );
    expect(await changedHeader((header) => header.set(Buffer.from("/etc"), 345))).toContain(
      "not written as in a bundle",
    );
    expect(
      await changedHeader((header) => header.set([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3], 124)),
    ).toContain("no readable size");
    expect(await changedHeader((header) => header.set(Buffer.from("00000000000"), 136))).toContain(
      "of another time",
    );
    expect(await changedHeader((header) => header.set(Buffer.from("77777777777"), 124))).toContain(
      "bytes, more than it may",
    );
  });

  it("[Y4] names that lead elsewhere, are unknown or come twice are refused", async () => {
    const files = filesOf(await bundleOf(log.events));
    for (const name of [
      "/etc/passwd",
      "../agents.json",
      "a/../../b.json",
      "events/x",
      "Agents.json",
      "run.sh",
      "events/01-5.ndjson.gz",
      "manifest.sha256",
      "bundle.json",
    ])
      expect(await refusalOf(archiveOf(files.with(1, [name, files[1]![1]]))), name).toMatch(
        /is no file of a bundle|follow event/,
      );
    expect(await refusalOf(archiveOf(files.toSpliced(1, 0, files[1]!)))).toContain(
      'has "agents.json" twice',
    );
    const late = files.toSpliced(3, 0, ["later.json", Buffer.from("{}")]);
    expect(await refusalOf(archiveOf(late))).toContain("not in its place");
    const many = Array.from({ length: 17 }, (_, index): Files[number] => [
      `file-${index}.json`,
      Buffer.from("{}"),
    ]);
    expect(await refusalOf(archiveOf(files.toSpliced(1, 1, ...many)))).toContain("too many files");
  });

  it("[Y4] what is too large zipped or unzipped is refused before it fills the memory", async () => {
    const files = filesOf(await bundleOf(log.events));
    const big: Files[number] = ["agents.json", new Uint8Array(1024 * 1024 + 1)];
    expect(await refusalOf(archiveOf(files.with(1, big)))).toContain("more than it may");
    const at = files.findIndex(([name]) => name.startsWith("events/"));
    const bombOf = async (text: string) => {
      const bomb = await gzip(Buffer.from(text));
      expect(bomb.length).toBeLessThan(100_000);
      return refusalOf(archiveOf(files.with(at, [files[at]![0], bomb])));
    };
    expect(await bombOf(" ".repeat(40_000_000))).toContain("a line of it is too long");
    const wide = new LongLog();
    for (let index = 0; index < 60; index += 1) wide.say("x".repeat(199_000));
    const lines = wide.events.map((event) => JSON.stringify(event));
    expect(await refusalOf(await bundleOfLines(lines))).toContain("unzips to more than");
    const all = verifyBundle(streamOf(await bundleOf(log.events)), { now: NOW, unzipped: 100 });
    await expect(all).rejects.toThrow("unzips to more than any log");
    const whole = await bundleOf(log.events);
    await expect(verifyBundle(streamOf(whole), { now: NOW, most: 4_000 })).rejects.toThrow(
      "more than 4000 bytes",
    );
  });

  it("[Y4] other formats, later versions and bundles of other groups than they say are refused", async () => {
    const files = filesOf(await bundleOf(log.events));
    const head = log.events.length;
    const facts = JSON.parse(Buffer.from(files[0]![1]).toString()) as Record<string, unknown>;
    const changed = async (change: object) =>
      refusalOf(
        await forge(
          files.with(0, ["bundle.json", Buffer.from(JSON.stringify({ ...facts, ...change }))]),
          head,
        ),
      );
    expect(await changed({ version: 2 })).toContain(
      "version 2, which this installation does not know",
    );
    expect(await changed({ format: "zip" })).toContain("does not say what it must");
    expect(await changed({ group: idOf("group", 2) })).toContain("of another group");
    expect(await changed({ head: head + 1 })).toContain("should end at");
    expect(await changed({ exportedAt: "2031-01-01T00:00:00.000Z" })).toContain("has not come");
    expect(await refusalOf(new Uint8Array())).toContain("breaks off in a header");
    expect(await refusalOf(new Uint8Array(10_240))).toContain("ends before its manifest.json");
    expect(await refusalOf(Buffer.from("<html>".repeat(200)))).toContain("checksum");
  });
});

describe("events of a bundle", () => {
  const base = smallLog(1).events;
  const message = idOf("message", 9);
  const posted = (text: string): GroupEvent => ({
    kind: "message-posted",
    message,
    by: ADA,
    parts: [{ type: "text", text }],
    mentions: [],
  });
  const lineOf = (event: object, more: object = {}) =>
    JSON.stringify({ seq: base.length + 1, at: LOG_BEGIN, event, ...more });
  const withLine = async (line: string) =>
    bundleOfLines([...base.map((event) => JSON.stringify(event)), line]);

  it("[Y5] a forged bundle of good events is taken: what follows fails for what it says", async () => {
    expect((await verify(await withLine(lineOf(posted("Hello."))))).head).toBe(base.length + 1);
  });

  it("[Y5] is each an event of a log, in form and in size", async () => {
    const refusals: [line: string, words: string][] = [
      ["", "not valid JSON"],
      ["{", "not valid JSON"],
      ["null", "no event of a log"],
      [lineOf({ ...posted("x"), kind: "root-granted" }), "no event of a log"],
      [lineOf({ ...posted("x"), message: idOf("run", 1) }), "must look like msg_"],
      [lineOf({ ...posted("x"), extra: 1 }), "no event of a log"],
      [lineOf(posted("x"), { seq: base.length + 2 }), "is in its place"],
      [lineOf(posted("x"), { at: NOW + 25 * 60 * 60_000 }), "of a time that has not come"],
      [lineOf(posted("x"), { at: Number.MAX_SAFE_INTEGER }), "of a time that has not come"],
      [lineOf(posted("x"), { at: -1 }), "no event of a log"],
      [lineOf(posted("x".repeat(200_001))), "larger than any event of a group (text)"],
      [lineOf({ ...posted("x"), unresolved: ["x".repeat(301)] }), "(unresolved)"],
      [
        lineOf({ ...posted("x"), unresolved: Array.from({ length: 4_001 }, () => "x") }),
        "(unresolved)",
      ],
      [
        lineOf({
          ...posted("x"),
          parts: Array.from({ length: 3 }, () => ({ type: "text", text: "x".repeat(150_000) })),
        }),
        "(parts)",
      ],
      [lineOf({ kind: "settings-changed", name: "x".repeat(301), by: ADA }), "(name)"],
      [lineOf({ kind: "message-redacted", message, by: "mbr_../../etc" }), "must look like mbr_"],
    ];
    for (const [line, words] of refusals)
      expect(await refusalOf(await withLine(line)), line.slice(0, 80)).toContain(words);
  });

  it("[Y5] what is deep or endless inside of one ends no process", async () => {
    const call = (args: string) =>
      lineOf({
        kind: "tool-call-made",
        run: idOf("run", 1),
        turn: 1,
        call: idOf("toolCall", 1),
        tool: "x",
        arguments: {},
        digest: "",
        effect: false,
      }).replace('"arguments":{}', `"arguments":{"a":${args}}`);
    expect((await verify(await withLine(call('"[[[["')))).head).toBe(base.length + 1);
    expect(
      await refusalOf(await withLine(call(`${"[".repeat(500_000)}${"]".repeat(500_000)}`))),
    ).toContain("nested too deeply");
    expect(await refusalOf(await withLine(call(JSON.stringify("x".repeat(70_000)))))).toContain(
      "(arguments)",
    );
    expect(await refusalOf(await withLine(lineOf(posted("x")).padEnd(5_000_000)))).toMatch(
      /too long|unzips to more/,
    );
  });

  it("[Y5] does what no group does: a second beginning, a log without one, more than a group can hold", async () => {
    const lines = base.map((event) => JSON.stringify(event));
    const begin = JSON.stringify({ ...base[0]!, seq: base.length + 1 });
    expect(await refusalOf(await bundleOfLines([...lines, begin]))).toContain(
      "in the middle of its log",
    );
    const first = JSON.stringify({ seq: 1, at: LOG_BEGIN, event: posted("x") });
    expect(await refusalOf(await bundleOfLines([first]))).toContain("before the group is made");
    const rules = Array.from({ length: 150 }, (_, index) =>
      JSON.stringify({
        seq: base.length + 1 + index,
        at: LOG_BEGIN,
        event: {
          kind: "briefing-rule-set",
          message: idOf("message", index),
          rule: "pinned",
          label: "l",
          text: "t",
          by: ADA,
        },
      }),
    );
    expect(await refusalOf(await bundleOfLines([...lines, ...rules]))).toContain(
      "pins or excludes more",
    );
  });

  it("[Y5] says of a copy's log that it is the copy's", async () => {
    const copied: GroupEvent = {
      kind: "group-copied",
      how: "fork",
      from: { group: idOf("group", 1), name: "Petrel", seq: base.length },
      group: idOf("group", 2),
      org: idOf("org", 1),
      name: "Petrel, again",
      creator: {
        type: "user",
        member: ADA,
        user: idOf("user", 1),
        name: "Ada",
        handle: "ada",
        role: "admin",
      },
      agents: [],
    };
    const events = [...base, { seq: base.length + 1, at: LOG_BEGIN, event: copied }];
    const bytes = await bundleOf(events, { group: idOf("group", 2), name: "Petrel, again" });
    expect((await verify(bytes)).group).toBe(idOf("group", 2));
    expect(await refusalOf(await bundleOf(events))).toContain("of another group");
    expect(await bytesOf(streamOf(bytes))).toEqual(bytes);
  });
});
