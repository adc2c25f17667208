// A git server on loopback: everybody may read, and only who shows the right password may push.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { OUTSIDE_ADDRESS } from "./package-registry.ts";

export interface GitServer {
  readonly url: string;
  readonly host: string;
  /** What an `authorization` header must be for a push. */
  readonly authorization: string;
  /** Runs git in the repository that is served and answers what it prints. */
  git(...args: readonly string[]): string;
  close(): Promise<void>;
}

/** Serves one repository, `project.git`, that begins with these files. */
export async function startGitServer(
  files: Readonly<Record<string, string>>,
  password: string,
): Promise<GitServer> {
  const root = mkdtempSync(join(tmpdir(), "acos-git-"));
  const bare = join(root, "project.git");
  makeRepository(root, bare, files);
  const authorization = `Basic ${Buffer.from(`pusher:${password}`).toString("base64")}`;
  const server = createServer((request, response) =>
    serve(request, response, { root, authorization }),
  );
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(0, OUTSIDE_ADDRESS, listening.resolve);
  await listening.promise;
  const host = `${OUTSIDE_ADDRESS}:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}/project.git`,
    host,
    authorization,
    git: (...args) => git(bare, ...args),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function makeRepository(root: string, bare: string, files: Readonly<Record<string, string>>): void {
  const draft = join(root, "draft");
  mkdirSync(draft);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(draft, name)), { recursive: true });
    writeFileSync(join(draft, name), text);
  }
  git(draft, "init", "--quiet", "--initial-branch=main");
  git(draft, "add", "--all");
  git(
    draft,
    "-c",
    "user.name=Seed",
    "-c",
    "user.email=seed@example.org",
    "commit",
    "--quiet",
    "-m",
    "begin",
  );
  git(root, "clone", "--quiet", "--bare", draft, bare);
  git(bare, "config", "http.receivepack", "true");
  rmSync(draft, { recursive: true, force: true });
}

function git(folder: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("git", ["-C", folder, ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  return stdout;
}

interface Served {
  readonly root: string;
  readonly authorization: string;
}

/** CGI (RFC 3875), as git's own backend speaks it. */
function serve(request: IncomingMessage, response: ServerResponse, served: Served): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://git");
  const isPush =
    pathname.endsWith("/git-receive-pack") || searchParams.get("service") === "git-receive-pack";
  if (isPush && request.headers.authorization !== served.authorization)
    return void response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
  const backend = spawn("git", ["http-backend"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: served.root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: pathname,
      QUERY_STRING: searchParams.toString(),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      ...(isPush && { REMOTE_USER: "pusher" }),
    },
  });
  request.pipe(backend.stdin);
  const parts: Buffer[] = [];
  backend.stdout.on("data", (part: Buffer) => parts.push(part));
  backend.once("close", () => answer(Buffer.concat(parts), response));
}

function answer(output: Buffer, response: ServerResponse): void {
  const end = output.indexOf("\r\n\r\n");
  const head = output.subarray(0, Math.max(0, end)).toString("latin1").split("\r\n");
  const fields = head.map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string]);
  const status = Number.parseInt(fields.find(([name]) => /^status$/i.test(name))?.[1] ?? "200", 10);
  for (const [name, value] of fields)
    if (name && !/^status$/i.test(name)) response.setHeader(name, value);
  response.writeHead(status).end(output.subarray(end + 4));
}
