// Files: read, written whole or not at all, in whole or in part, and never over somebody else's change.
import { expect, it } from "vitest";

import { fileListSchema, fileWrittenSchema } from "@acos/protocol";

import { describeTargets } from "./describe-targets.ts";
import { codeOf, expectOk, fileQuery, type SandboxClient } from "./sandbox-client.ts";

async function written(one: SandboxClient, path: string, text: string): Promise<string> {
  const response = await expectOk(await one.write(path, text));
  return fileWrittenSchema.parse(await response.json()).etag;
}

describeTargets("files", ({ sandbox }) => {
  it("[F1] come back byte for byte, with their etag", async () => {
    const one = await sandbox();
    const bytes = Uint8Array.from({ length: 1_024 }, (_, at) => at % 256);
    const response = await expectOk(await one.write("deep/in/a folder/all.bin", bytes));
    const { etag } = fileWrittenSchema.parse(await response.json());
    const read = await one.read("deep/in/a folder/all.bin");
    expect(read.headers.get("etag")).toBe(etag);
    expect(read.headers.get("acos-entry")).toBe("file");
    expect(read.headers.get("content-type")).toBe("application/octet-stream");
    expect(new Uint8Array(await read.arrayBuffer())).toEqual(bytes);
    await written(one, "empty", "");
    expect(await one.textOf("empty")).toBe("");
  });

  it("[F2] are replaced only as they were seen", async () => {
    const one = await sandbox();
    const first = await written(one, "a.txt", "one");
    const second = await written(one, "a.txt", "two");
    expect(second).not.toBe(first);
    expect(await codeOf(one.write("a.txt", "three", { "if-match": first }))).toBe("conflict");
    expect(await one.textOf("a.txt")).toBe("two");
    expect((await one.write("a.txt", "three", { "if-match": second })).status).toBe(200);
    expect(await codeOf(one.write("new.txt", "x", { "if-match": second }))).toBe("conflict");
  });

  it("[F2] are made only where there is none, when that is asked for", async () => {
    const one = await sandbox();
    const fresh = { "if-none-match": "*" };
    expect((await one.write("only.txt", "first", fresh)).status).toBe(200);
    expect(await codeOf(one.write("only.txt", "second", fresh))).toBe("conflict");
    expect(await one.textOf("only.txt")).toBe("first");
  });

  it("[F2] written by ten at once from the same state are written by one", async () => {
    const one = await sandbox();
    const etag = await written(one, "raced.txt", "0");
    const tries = Array.from({ length: 10 }, (_, at) =>
      one.write("raced.txt", `${at + 1}`, { "if-match": etag }),
    );
    const statuses = (await Promise.all(tries)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });

  it("[F3] are read in part", async () => {
    const one = await sandbox();
    await written(one, "ten.txt", "0123456789");
    for (const [range, text] of [
      ["bytes=2-4", "234"],
      ["bytes=7-", "789"],
      ["bytes=8-99", "89"],
    ] as const) {
      const part = await one.read("ten.txt", { range });
      expect(part.status).toBe(206);
      expect(part.headers.get("content-range")).toMatch(/^bytes \d-9|^bytes 2-4\/10$/);
      expect(await part.text()).toBe(text);
    }
  });

  it("[F4] of a folder are listed", async () => {
    const one = await sandbox();
    await written(one, "folder/one.txt", "1");
    await written(one, "folder/below/two.txt", "22");
    const response = await one.read("folder");
    expect(response.headers.get("acos-entry")).toBe("directory");
    const { entries, more } = fileListSchema.parse(await response.json());
    expect(more).toBe(false);
    const found = entries.map(({ name, type, size }) => [name, type, type === "file" ? size : 0]);
    expect(new Set(found)).toEqual(
      new Set([
        ["below", "directory", 0],
        ["one.txt", "file", 1],
      ]),
    );
    const root = fileListSchema.parse(await (await one.read(".")).json());
    expect(root.entries.map(({ name }) => name)).toContain("folder");
  });

  it("[F5] are removed, and what is not there is said", async () => {
    const one = await sandbox();
    await written(one, "gone.txt", "x");
    const removal = { method: "DELETE", search: fileQuery("gone.txt") };
    expect((await one.agent("/files", removal)).ok).toBe(true);
    expect(await codeOf(one.read("gone.txt"))).toBe("not_found");
    expect(await codeOf(one.agent("/files", removal))).toBe("not_found");
  });

  it("[F6] that commands write are those that are read, and the other way round", async () => {
    const one = await sandbox();
    await one.run("echo by command > shared.txt");
    expect(await one.textOf("shared.txt")).toBe("by command\n");
    await written(one, "shared.txt", "by request");
    expect((await one.run("cat shared.txt")).out).toBe("by request");
  });
});

describeTargets(
  "files of a file system",
  ({ sandbox }) => {
    it("[F7] keep the mode that is asked for", async () => {
      const one = await sandbox();
      const search = `${fileQuery("run.sh")}&mode=755`;
      await expectOk(
        await one.agent("/files", { method: "PUT", search, body: "#!/bin/sh\necho ran\n" }),
      );
      expect((await one.run("./run.sh")).out).toBe("ran\n");
    });

    it("[F8] are resolved inside the sandbox: no link leads to the host's", async () => {
      const one = await sandbox();
      await one.run(
        "ln -s /etc/shadow shadow; ln -s ../../../../../.. up; ln -s /proc/1/root root",
      );
      for (const path of [
        "shadow",
        "/etc/shadow",
        "../../../../../../etc/shadow",
        "up/etc/shadow",
        "root/etc/shadow",
      ]) {
        const answer = await one.read(path);
        expect(await answer.text(), path).not.toMatch(/^root:[*!$]/m);
      }
    });

    it("[F9] that are over the limit of a body are refused, and the old one stays", async () => {
      const one = await sandbox();
      await written(one, "big.bin", "small");
      const answer = await one.write("big.bin", new Uint8Array(16 * 1024 * 1024 + 1));
      expect(answer.status).toBe(413);
      expect(await one.textOf("big.bin")).toBe("small");
    });
  },
  { programs: true },
);
