// A registry of npm packages on loopback, for installs inside a sandbox: it has what the repository itself has installed.
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";

import { REPOSITORY } from "./product.ts";

/** Not the sandbox's own 127.0.0.1: what goes here goes through the proxy. */
export const OUTSIDE_ADDRESS = "127.0.0.2";
const TARBALL_MAX_BYTES = 256 * 1024 * 1024;

export interface PackageRegistry {
  readonly url: string;
  readonly host: string;
  /** Paths that were asked for. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** Listens on a free port; packs a package when it is asked for, in the versions that are installed. */
export async function startPackageRegistry(): Promise<PackageRegistry> {
  const asked: string[] = [];
  const tarballs = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    serve(request, response, { host, tarballs });
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(0, OUTSIDE_ADDRESS, listening.resolve);
  await listening.promise;
  const host = `${OUTSIDE_ADDRESS}:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    asked,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

interface Shelf {
  readonly host: string;
  readonly tarballs: Map<string, Buffer>;
}

function serve(request: IncomingMessage, response: ServerResponse, shelf: Shelf): void {
  const path = decodeURIComponent(new URL(request.url ?? "/", "http://registry").pathname).slice(1);
  const [name = "", file] = path.split("/-/");
  const found = /^(@[\w.-]+\/)?[\w.-]+$/.test(name) ? installed(name) : [];
  if (found.length === 0)
    return void response.writeHead(404, { "content-type": "application/json" }).end("{}");
  if (file !== undefined) {
    const wanted = found.find(({ manifest }) => file === `${manifest.version}.tgz`);
    return void (wanted
      ? response.writeHead(200).end(packed(wanted.folder, shelf.tarballs))
      : response.writeHead(404).end());
  }
  const versions = found.map(({ folder, manifest }) => {
    const tarball = packed(folder, shelf.tarballs);
    const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
    const dist = { tarball: `http://${shelf.host}/${name}/-/${manifest.version}.tgz`, integrity };
    return [manifest.version, { ...manifest, dist }] as const;
  });
  const latest = found[0]?.manifest.version;
  const document = { name, "dist-tags": { latest }, versions: Object.fromEntries(versions) };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(document));
}

interface Installed {
  readonly folder: string;
  readonly manifest: { readonly version: string };
}

function installed(name: string): readonly Installed[] {
  const places = ["node_modules", "apps/*/node_modules", "node_modules/{*,@*/*}/node_modules"];
  const files = globSync(places.map((place) => join(REPOSITORY, place, name, "package.json")));
  return files.map((file) => ({
    folder: dirname(file),
    manifest: JSON.parse(readFileSync(file, "utf8")) as Installed["manifest"],
  }));
}

function packed(folder: string, tarballs: Map<string, Buffer>): Buffer {
  const known = tarballs.get(folder);
  if (known) return known;
  const args = [
    "-C",
    folder,
    "--exclude=./node_modules",
    "--transform=s,^[.],package,",
    "-czf",
    "-",
    ".",
  ];
  const { status, stdout, stderr } = spawnSync("tar", args, { maxBuffer: TARBALL_MAX_BYTES });
  if (status !== 0) throw new Error(`tar cannot pack ${folder}: ${stderr.toString()}`);
  tarballs.set(folder, stdout);
  return stdout;
}
