// Tries to get out of a real sandbox, made as all others are, and finds out what it can do. What gets out is a problem.
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync, chownSync, chmodSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";

import { parse, sandboxLimitsSchema, type SandboxCapabilities } from "@acos/protocol";

import { endBox, startBox } from "./box.ts";
import { INNER } from "./bubblewrap-arguments.ts";
import { makeCgroup } from "./cgroups.ts";
import type { Machine } from "./machine.ts";
import { PROBES } from "./self-test-probes.ts";

const DEADLINE_MS = 20_000;
/** Ids that no installation's range holds; one of them for a test, since its end is the end of all that runs under it. */
const PROBE_UIDS = { from: 150_000, to: 200_000 } as const;

export interface HostProblem {
  readonly what: string;
  readonly fix: string;
}

export interface SelfTest {
  /** Null where no sandbox could be started at all. */
  readonly capabilities: SandboxCapabilities | null;
  /** Each of these means that sandboxes must not be run. */
  readonly problems: readonly HostProblem[];
}

/** What a probe found: `held`, or in a few words what it got. */
type Findings = Readonly<Record<string, string>>;

const UPDATE = "Update the kernel and bubblewrap, then run acos doctor again.";
/** Probes whose success is an escape, with what it means for people. */
const ESCAPES: Readonly<Record<string, string>> = {
  kernelSetting: "A sandbox can change settings of the kernel.",
  hostFile: "A sandbox can read files of this machine.",
  network: "A sandbox can reach ports of this machine, or another network.",
  userNamespace: "A sandbox can make a user namespace of its own.",
  privileges: "A sandbox can gain privileges.",
  environment: "A sandbox can read the environment of this host.",
  processes: "A sandbox can see or signal processes of this machine.",
  descriptors: "A sandbox inherits an open file of this host.",
  systemFolders: "A sandbox can write into system folders.",
};

/** Runs the probes. `egress`: whether doors let anything out. Never throws for what it finds. */
export async function selfTest(
  machine: Machine,
  { egress }: { readonly egress: boolean },
): Promise<SelfTest> {
  if (process.platform !== "linux")
    return refused(
      "Sandboxes need Linux.",
      "Run acos in a Linux virtual machine, or without --sandboxes.",
    );
  const found = await runProbes(machine);
  if ("failure" in found) return refused(found.failure ?? "", fixFor(found.failure ?? ""));
  const problems = Object.entries(ESCAPES).flatMap(([probe, what]) =>
    found[probe] === "held"
      ? []
      : [{ what: `${what} (${found[probe] ?? "the probe did not answer"})`, fix: UPDATE }],
  );
  return { capabilities: capabilitiesOf(machine, found, egress), problems };
}

const refused = (what: string, fix: string): SelfTest => ({
  capabilities: null,
  problems: [{ what, fix }],
});

function fixFor(failure: string): string {
  if (/bwrap: (?:not found|command not found)|bwrap.*No such file/i.test(failure))
    return "Install bubblewrap: sudo apt-get install bubblewrap";
  if (/setpriv|prlimit/.test(failure)) return "Install util-linux: sudo apt-get install util-linux";
  if (/user namespace|uid map|Operation not permitted|Permission denied/i.test(failure))
    return "Allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000 kernel.apparmor_restrict_unprivileged_userns=0";
  return "Run acos doctor with a newer bubblewrap (0.8 or later) and a kernel with user namespaces.";
}

async function runProbes(machine: Machine): Promise<Findings> {
  const { place, cgroups, seccomp } = machine;
  const name = `self-test-${randomBytes(6).toString("hex")}`;
  const top = join(place.boxes, name);
  const canary = join(top, "canary");
  const folders = {
    workspace: join(top, "workspace"),
    state: join(top, "state"),
    agentRun: join(top, "agent"),
    egressRun: join(top, "egress"),
  };
  const uid = place.ownUid ? randomInt(PROBE_UIDS.from, PROBE_UIDS.to) : null;
  const limits = parse(sandboxLimitsSchema, { memoryMiB: 512, cpu: 2, pids: 128, diskMiB: 64 }, "");
  for (const folder of Object.values(folders)) {
    mkdirSync(folder, { recursive: true });
    if (uid !== null) chownSync(folder, uid, uid);
  }
  chmodSync(top, 0o711);
  const secret = randomUUID();
  writeFileSync(canary, secret, { mode: 0o644 });
  const cgroup = makeCgroup(cgroups, name, limits);
  const listener = createServer((socket) => socket.destroy());
  const port = await listening(listener);
  const given = JSON.stringify({ canary, port, pid: process.pid, user: place.ownUid });
  try {
    const box = startBox({
      place,
      folders,
      uid,
      cgroup,
      limits,
      seccomp,
      command: [INNER.node, "--no-warnings", "-e", PROBES, given],
    });
    const late = setTimeout(() => box.child.kill("SIGKILL"), DEADLINE_MS);
    await box.ended;
    // The last words may come after the end of the process.
    await new Promise(setImmediate);
    clearTimeout(late);
    const line = /^FOUND (.*)$/m.exec(box.words())?.[1];
    await endBox({ cgroup, uid }, box);
    return line === undefined
      ? { failure: `No sandbox starts: ${box.words().trim().slice(-400) || "no reason was given"}` }
      : (JSON.parse(line) as Findings);
  } finally {
    listener.close();
    rmSync(top, { recursive: true, force: true });
  }
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  const ready = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", () => ready.resolve());
  await ready.promise;
  return (server.address() as AddressInfo).port;
}

function capabilitiesOf(machine: Machine, found: Findings, egress: boolean): SandboxCapabilities {
  const { cgroups, place } = machine;
  const held = (name: "memory" | "pids" | "cpu") =>
    cgroups.folders[name] === undefined ? undefined : cgroups.kind;
  const limits: SandboxCapabilities["limits"] = {
    memory: held("memory") ?? "polling",
    cpu: held("cpu") ?? "none",
    pids: held("pids") ?? (place.ownUid ? "rlimit" : "polling"),
    disk: "polling",
  };
  const seccomp = found["filter"] === "held";
  const terminals =
    place.agentFolder !== null && existsSync(join(place.agentFolder, "node_modules/@lydell"));
  const checkpoints = found["git"] === "there";
  return {
    driver: "bubblewrap",
    isolation: "namespace",
    limits,
    ownUid: place.ownUid,
    seccomp,
    terminals,
    checkpoints,
    egress,
    notes: notesOf({ limits, ownUid: place.ownUid, seccomp, checkpoints }),
  };
}

function notesOf(
  found: Pick<SandboxCapabilities, "limits" | "ownUid" | "seccomp" | "checkpoints">,
): string[] {
  const { limits, ownUid, seccomp, checkpoints } = found;
  const weak = (["memory", "cpu", "pids"] as const).filter(
    (name) => limits[name] !== "cgroup-v2" && limits[name] !== "cgroup-v1",
  );
  return [
    "Sandboxes share this machine's kernel. For people you do not trust use a virtual machine.",
    ...(ownUid
      ? []
      : ["All sandboxes have your own user id. Start acos as root to give each one of its own."]),
    ...(weak.length === 0
      ? []
      : [
          `The kernel does not hold ${weak.join(", ")}. Start acos as root, or delegate a control group to it.`,
        ]),
    ...(seccomp ? [] : [`There is no system call filter for ${process.arch}.`]),
    ...(checkpoints ? [] : ["There is no git for checkpoints: sudo apt-get install git"]),
  ];
}
