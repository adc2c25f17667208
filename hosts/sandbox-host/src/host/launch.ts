// From a record to an agent that answers: control groups, processes, the socket, its first word.
import { existsSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";

import { problem, ProblemError } from "@acos/protocol";

import { endBox, holdSocket, startBox, type Box, type HeldSocket } from "../driver/box.ts";
import { INNER } from "../driver/bubblewrap-arguments.ts";
import { makeCgroup } from "../driver/cgroups.ts";
import type { Machine } from "../driver/machine.ts";
import type { Records, SandboxRecord } from "./records.ts";

/** A start takes 200 ms; on a machine that is busy to the brim it took seconds. */
const READY_DEADLINE_MS = 20_000;
const HEALTH_POLL_MS = 5;
/** Connections to one agent at a time: streams, terminals and previews of everybody who looks. */
const CONNECTIONS_MAX = 256;
const BUNDLES = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/** An agent that answers. */
export interface Launched {
  readonly record: SandboxRecord;
  readonly box: Box;
  readonly socket: HeldSocket;
  /** Keeps connections to the agent, and only to it. */
  readonly connections: Agent;
}

/** Starts a sandbox that does not run. Throws ProblemError `sandbox_failed`; then nothing of it is left. */
export async function launch(
  machine: Machine,
  records: Records,
  former: SandboxRecord,
): Promise<Launched> {
  const { place, cgroups, seccomp } = machine;
  const cgroup = makeCgroup(cgroups, former.key, former.limits);
  const record = { ...former, cgroup };
  records.write(record);
  const folders = records.folders(record.key);
  const { uid, limits } = record;
  // Without the flag a signal opens the agent to be debugged, by whoever runs beside it.
  const command = [INNER.node, "--disable-sigusr1", `${INNER.agent}/${place.agentFile ?? ""}`];
  const box = startBox({ place, folders, uid, cgroup, limits, seccomp, command });
  const deadline = performance.now() + READY_DEADLINE_MS;
  const socket = await holdSocket(box, join(folders.agentRun, "agent.sock"), {
    uid,
    deadlineMs: READY_DEADLINE_MS,
  });
  if (socket !== undefined) {
    const connections = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
    const isUp = () => isHealthy(connections, socket);
    if (await answers(isUp, box, deadline)) return { record, box, socket, connections };
    connections.destroy();
    socket.close();
  }
  await endBox(record, box);
  throw new ProblemError(
    problem("sandbox_failed", `The sandbox did not start. Its last words: ${lastWords(box)}`),
  );
}

/** What is shown of a start that failed: nobody's commands ran yet. */
function lastWords(box: Box): string {
  const words = box.words().trim();
  return /^\w*Error: .*$/m.exec(words)?.[0] ?? (words.slice(-400) || "none");
}

async function answers(isUp: () => Promise<boolean>, box: Box, deadline: number): Promise<boolean> {
  while (!box.isOver() && performance.now() < deadline) {
    if (await isUp()) return true;
    const pause = Promise.withResolvers<void>();
    setTimeout(pause.resolve, HEALTH_POLL_MS);
    await pause.promise;
  }
  return false;
}

function isHealthy(agent: Agent, { path: socketPath }: HeldSocket): Promise<boolean> {
  const outcome = Promise.withResolvers<boolean>();
  const asked = request({ agent, socketPath, path: "/health", timeout: 2_000 }, (response) => {
    response.resume();
    response.once("close", () => outcome.resolve(response.statusCode === 200));
  });
  asked.once("timeout", () => asked.destroy());
  asked.once("error", () => outcome.resolve(false));
  asked.end();
  return outcome.promise;
}

/** Puts the authorities that a sandbox has to believe where its programs look for them. */
export function writeAuthorities(egressRun: string, caPem: string | null): void {
  const put = (name: string, make: (path: string) => void) => {
    const path = join(egressRun, name);
    make(`${path}.new`);
    renameSync(`${path}.new`, path);
  };
  const bundle = BUNDLES.find((path) => existsSync(path));
  put("ca.pem", (path) => writeFileSync(path, caPem ?? "", { mode: 0o644 }));
  put("certificates.pem", (path) => {
    if (caPem === null && bundle !== undefined) symlinkSync(bundle, path);
    else writeFileSync(path, `${bundle ? readFileSync(bundle, "utf8") : ""}\n${caPem ?? ""}`);
  });
}
