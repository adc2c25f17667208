// `acos cp` against a small server that holds files in memory, honest ones and others.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { SANDBOX_BODY_MAX_BYTES } from "@acos/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { cp } from "../src/cli/cp.ts";
import { fakeTerminal, GROUP, serveSandboxes } from "./sandbox-server.ts";

let server: Awaited<ReturnType<typeof serveSandboxes>>;
let folder: string;
beforeEach(async () => {
  server = await serveSandboxes();
  folder = mkdtempSync(join(tmpdir(), "acos-copy-"));
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const at = (path: string) => join(folder, path);
const far = (path: string) => `${GROUP}:${path}`;
const routeOf = (path: string) => `/files/${encodeURIComponent(path)}`;

function hasFile(path: string, content: string): void {
  server.answers[`GET ${routeOf(path)}`] = (response) => {
    response.writeHead(200, { "acos-entry": "file" });
    response.end(content);
  };
}

type Entry = readonly [
  name: string,
  type: "file" | "directory" | "symlink" | "other",
  mode?: number,
];

function hasFolder(path: string, entries: readonly Entry[], more = false): void {
  const route = path === "" ? "/files/" : routeOf(path);
  server.answers[`GET ${route}`] = (response) => {
    response.writeHead(200, { "acos-entry": "directory", "content-type": "application/json" });
    const list = entries.map(([name, type, mode = 0o644]) => {
      return { name, type, size: 1, mode, modifiedAt: "2026-11-26T16:30:00Z" };
    });
    response.end(JSON.stringify({ path, entries: list, more }));
  };
}

async function copy(from: string, to: string) {
  const { world, shown } = fakeTerminal(server.url);
  const code = await cp([from, to], world);
  return { code, ...shown };
}

describe("out of a sandbox", () => {
  it("[C21] a file goes where it is said, or into the folder that is there", async () => {
    hasFile("src/a b.ts", "one");
    hasFolder("src", [["a b.ts", "file", 0o755]]);
    expect(await copy(far("src/a b.ts"), at("here.ts"))).toEqual({
      code: 0,
      output: "1 file, 3 B\n",
      errors: "",
    });
    expect(readFileSync(at("here.ts"), "utf8")).toBe("one");
    expect(statSync(at("here.ts")).mode & 0o777).toBe(0o755);
    await copy(far("src/a b.ts"), folder);
    expect(readdirSync(folder)).toEqual(["a b.ts", "here.ts"]);
  });

  it("[C21] a folder goes with all it holds and with its modes, and what is left out is said and ends with 1", async () => {
    hasFolder("app", [
      ["run.sh", "file", 0o104755],
      ["src", "directory"],
      ["link", "symlink"],
      ["pipe", "other"],
    ]);
    hasFolder("app/src", [["main.ts", "file"]], true);
    hasFile("app/run.sh", "#!");
    hasFile("app/src/main.ts", "two");
    const { code, errors, output } = await copy(far("app"), at("copy"));
    expect(code).toBe(1);
    expect(errors).toBe(
      "left out: app/src, since it holds more than can be listed\nleft out: app/link, since it is a link\nleft out: app/pipe, since it is no file\n",
    );
    expect(output).toBe("2 files, 5 B\n");
    expect(readFileSync(at("copy/src/main.ts"), "utf8")).toBe("two");
    expect(statSync(at("copy/run.sh")).mode & 0o7777).toBe(0o755);
  });

  it("[C21] the whole workspace goes into a folder that is there, or makes one", async () => {
    hasFolder("", [["a", "file"]]);
    hasFile("a", "x");
    for (const to of [folder, at("new")]) expect((await copy(far(""), to)).code).toBe(0);
    expect([existsSync(at("a")), existsSync(at("new/a"))]).toEqual([true, true]);
  });

  it.each(["..", "../up", "/etc/passwd", "a/b", ".", "", "zero\0"])(
    "[C24] a name %j from the sandbox leads nowhere",
    async (name) => {
      mkdirSync(at("inner"));
      hasFolder("app", [[name, "file"]]);
      for (const path of [`app/${name}`, name]) hasFile(path, "evil");
      await expect(copy(far("app"), at("inner/app"))).rejects.toThrow(
        "would lead out of the folder",
      );
      expect(readdirSync(at("inner/app"))).toEqual([]);
      expect(readdirSync(folder)).toEqual(["inner"]);
    },
  );

  it("[C24] a link at the place of a file is replaced and not followed; one at the place of a folder is refused", async () => {
    mkdirSync(at("outside"));
    writeFileSync(at("outside/kept"), "kept");
    mkdirSync(at("copy"));
    symlinkSync(at("outside/kept"), at("copy/a"));
    hasFolder("copy", [["a", "file"]]);
    hasFile("copy/a", "new");
    await copy(far("copy"), folder);
    expect(readFileSync(at("outside/kept"), "utf8")).toBe("kept");
    expect(lstatSync(at("copy/a")).isFile()).toBe(true);
    hasFolder("copy", [["sub", "directory"]]);
    hasFolder("copy/sub", [["b", "file"]]);
    symlinkSync(at("outside"), at("copy/sub"));
    await expect(copy(far("copy"), folder)).rejects.toThrow("Nothing is written through it.");
    expect(readdirSync(at("outside"))).toEqual(["kept"]);
  });

  it("[C21] a file that breaks off leaves what was there", async () => {
    writeFileSync(at("a"), "old");
    server.answers[`GET ${routeOf("a")}`] = (response) => {
      response.writeHead(200, { "acos-entry": "file", "content-length": "100" });
      response.write("half");
      setImmediate(() => response.destroy());
    };
    await expect(copy(far("a"), at("a"))).rejects.toThrow("was not copied");
    expect(readFileSync(at("a"), "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["a"]);
  });
});

describe("into a sandbox", () => {
  const puts = () => server.asked.filter(({ route }) => route.startsWith("PUT"));
  const takes = (...paths: string[]) => {
    for (const path of paths) server.answers[`PUT ${routeOf(path)}`] = { etag: '"1"' };
  };

  it("[C21] a file goes with its mode, under the name that is said or its own", async () => {
    writeFileSync(at("run.sh"), "#!");
    chmodSync(at("run.sh"), 0o755);
    takes("bin/run", "run.sh", "there/run.sh");
    hasFolder("there", []);
    expect((await copy(at("run.sh"), far("bin/run"))).code).toBe(0);
    await copy(at("run.sh"), far(""));
    await copy(at("run.sh"), far("there"));
    expect(puts().map(({ route, body }) => [route, body])).toEqual([
      [`PUT ${routeOf("bin/run")}?mode=755`, "#!"],
      [`PUT ${routeOf("run.sh")}?mode=755`, "#!"],
      [`PUT ${routeOf("there/run.sh")}?mode=755`, "#!"],
    ]);
  });

  it("[C24] a folder goes with all it holds; links are not followed, and what is left out is said", async () => {
    mkdirSync(at("app/src"), { recursive: true });
    mkdirSync(at("app/void"));
    writeFileSync(at("app/src/a"), "1");
    writeFileSync(at("secret"), "s");
    symlinkSync(at("secret"), at("app/link"));
    takes("app/src/a", "app/link");
    const { code, errors } = await copy(at("app"), far("app"));
    expect(code).toBe(1);
    expect(errors).toContain(`${at("app/link")}, since it is a link`);
    expect(errors).toContain(`${at("app/void")}, since it is empty`);
    expect(puts().map(({ route }) => route)).toEqual([`PUT ${routeOf("app/src/a")}?mode=644`]);
  });

  it("[C21] what cannot go is refused with words", async () => {
    await expect(copy(at("none"), far("x"))).rejects.toThrow("There is no");
    await expect(copy(at("a"), at("b"))).rejects.toThrow("One of the two must be GROUP:PATH");
    await expect(copy(far("a"), far("b"))).rejects.toThrow("One of the two must be GROUP:PATH");
    await expect(copy(far("none"), at("b"))).rejects.toThrow("There is no none in the sandbox.");
    writeFileSync(at("large"), new Uint8Array(SANDBOX_BODY_MAX_BYTES + 1));
    await expect(copy(at("large"), far("x"))).rejects.toThrow("larger than 16 MiB");
    hasFolder("app", []);
    await expect(copy(far("app"), at("no/such/place"))).rejects.toThrow("That did not go");
  });
});
