// The command line of one sandbox: which namespaces it gets, what it sees of the file system, and what of the environment.
//
//   curated root: /usr and a few files read-only, our Node and agent, an /etc of our own, the workspace; nothing else
import { existsSync } from "node:fs";
import { join } from "node:path";

import { etcFiles, INNER_HOME, INNER_HOST, INNER_ID, INNER_USER } from "./etc-files.ts";
import type { Place } from "./place.ts";

/** Paths as a sandbox sees them. */
export const INNER = {
  workspace: "/workspace",
  state: "/var/lib/acos",
  agentSocket: "/run/acos/agent.sock",
  egressSocket: "/run/acos-egress/egress.sock",
  authority: "/run/acos-egress/ca.pem",
  authorities: "/run/acos-egress/certificates.pem",
  node: "/opt/acos/bin/node",
  agent: "/opt/acos/agent",
} as const;

/**
 * Process 1: waits for the command and for whatever is orphaned. bubblewrap's own would stand outside the filter, and
 * everybody in the sandbox can write into its memory.
 */
const FIRST_PROCESS = '"$@" & wait "$!"';

const EGRESS_PROXY = "http://127.0.0.1:3128";
const NOT_PROXIED = "localhost,127.0.0.1,::1";
/** Read by compilers and package managers; each is left out where the machine does not have it. */
const SHARED_ETC = ["alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "mime.types"];
const AUTHORITY_FOLDERS = ["/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/ca-certificates"];
/** Links into /usr on a machine with a merged /usr, folders of their own on others. */
const TOP_FOLDERS = ["bin", "sbin", "lib", "lib64"];
const MIB = 1024 * 1024;
/** The part of the memory that files in /tmp may take; they count as memory. */
const TMP_SHARE = 0.5;

export interface BoxFolders {
  readonly workspace: string;
  readonly state: string;
  /** Where the agent makes its socket. */
  readonly agentRun: string;
  /** Where the egress door's socket and authority are; the sandbox only reads there. */
  readonly egressRun: string;
}

export interface BoxShape {
  readonly folders: BoxFolders;
  readonly memoryMiB: number;
  /** Descriptor of the filter; null where this machine has no table. */
  readonly seccompFd: number | null;
  readonly infoFd: number;
  /** The program and its arguments, as the sandbox sees them. */
  readonly command: readonly string[];
}

/** The environment of everything in a sandbox: nothing of ours is in it. */
function innerEnvironment(): Readonly<Record<string, string>> {
  return {
    PATH: "/opt/acos/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
    HOME: INNER_HOME,
    USER: INNER_USER,
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    HTTP_PROXY: EGRESS_PROXY,
    HTTPS_PROXY: EGRESS_PROXY,
    http_proxy: EGRESS_PROXY,
    https_proxy: EGRESS_PROXY,
    NO_PROXY: NOT_PROXIED,
    no_proxy: NOT_PROXIED,
    npm_config_proxy: EGRESS_PROXY,
    npm_config_https_proxy: EGRESS_PROXY,
    PIP_PROXY: EGRESS_PROXY,
    NODE_USE_ENV_PROXY: "1",
    NODE_EXTRA_CA_CERTS: INNER.authority,
    SSL_CERT_FILE: INNER.authorities,
    GIT_SSL_CAINFO: INNER.authorities,
    CURL_CA_BUNDLE: INNER.authorities,
    REQUESTS_CA_BUNDLE: INNER.authorities,
    PIP_CERT: INNER.authorities,
    CARGO_HTTP_CAINFO: INNER.authorities,
    ACOS_AGENT_SOCKET: INNER.agentSocket,
    ACOS_WORKSPACE: INNER.workspace,
    ACOS_AGENT_STATE: INNER.state,
    ACOS_EGRESS_SOCKET: INNER.egressSocket,
  };
}

/** The arguments after `bwrap`. Binds name paths that the sandbox's user can reach. */
export function bubblewrapArguments(place: Place, shape: BoxShape): string[] {
  const { seccompFd, infoFd, command } = shape;
  return [
    "--die-with-parent",
    "--new-session",
    "--disable-userns",
    "--cap-drop",
    "ALL",
    "--unshare-user",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup",
    "--hostname",
    INNER_HOST,
    "--uid",
    String(INNER_ID),
    "--gid",
    String(INNER_ID),
    "--clearenv",
    ...Object.entries(innerEnvironment()).flatMap(([name, value]) => ["--setenv", name, value]),
    "--info-fd",
    String(infoFd),
    ...(seccompFd === null ? [] : ["--seccomp", String(seccompFd)]),
    ...systemRoot(place),
    ...ownRoot(place, shape),
    "--chdir",
    INNER.workspace,
    "--remount-ro",
    "/",
    "--remount-ro",
    "/dev",
    "--as-pid-1",
    "--",
    "/bin/bash",
    "-c",
    FIRST_PROCESS,
    "init",
    ...command,
  ];
}

function systemRoot(place: Place): string[] {
  const top = TOP_FOLDERS.filter((name) => existsSync(`/usr/${name}`)).flatMap((name) => [
    "--symlink",
    `usr/${name}`,
    `/${name}`,
  ]);
  const found = [...SHARED_ETC.map((name) => `/etc/${name}`), ...AUTHORITY_FOLDERS];
  return [
    "--ro-bind",
    "/usr",
    "/usr",
    ...top,
    ...found.filter(existsSync).flatMap((path) => ["--ro-bind", path, path]),
    ...Object.keys(etcFiles()).flatMap((name) => [
      "--ro-bind",
      join(place.etc, name),
      `/etc/${name}`,
    ]),
    "--proc",
    "/proc",
    "--dev",
    "/dev",
  ];
}

function ownRoot(place: Place, { folders, memoryMiB }: BoxShape): string[] {
  const tmpBytes = String(Math.round(memoryMiB * TMP_SHARE) * MIB);
  const tmpfs = (path: string) => ["--size", tmpBytes, "--tmpfs", path];
  return [
    ...tmpfs("/dev/shm"),
    ...tmpfs("/tmp"),
    ...tmpfs("/var/tmp"),
    ...tmpfs(INNER_HOME),
    "--ro-bind",
    place.node,
    INNER.node,
    ...(place.agentFolder === null ? [] : ["--ro-bind", place.agentFolder, INNER.agent]),
    "--bind",
    folders.agentRun,
    "/run/acos",
    "--ro-bind",
    folders.egressRun,
    "/run/acos-egress",
    "--bind",
    folders.state,
    INNER.state,
    "--bind",
    folders.workspace,
    INNER.workspace,
  ];
}
