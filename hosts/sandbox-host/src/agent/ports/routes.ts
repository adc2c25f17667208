// /ports: what listens in the sandbox, and the way to it.
import type { PortView } from "@acos/protocol";

import { answerJson } from "../answer.ts";
import type { AgentEnvironment } from "../environment.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import type { Route, UpgradeRoute } from "../route.ts";
import { listeningPorts, socketOwners } from "./listening-ports.ts";
import { ownPortOf } from "./own-port.ts";
import { proxyRequest, proxyUpgrade } from "./proxy.ts";

const PROXY = /\/ports\/(?<port>\d{1,5})\/proxy(?:\/.*)?/;

export function portRoutes(
  environment: AgentEnvironment,
  processes: ProcessTable,
): readonly Route[] {
  const ownPort = ownPortOf(environment);
  return [
    {
      method: "GET",
      path: /\/ports/,
      serve: async ({ response }) => answerJson(response, { items: portViews(processes, ownPort) }),
    },
    { method: "ANY", path: PROXY, serve: async (call) => await proxyRequest(call, ownPort) },
  ];
}

export function portUpgrades(environment: AgentEnvironment): readonly UpgradeRoute[] {
  const ownPort = ownPortOf(environment);
  return [{ path: PROXY, serve: async (call) => await proxyUpgrade(call, ownPort) }];
}

function portViews(processes: ProcessTable, ownPort: number | undefined): PortView[] {
  const ports = listeningPorts(ownPort);
  if (ports.length === 0) return [];
  const owners = socketOwners();
  return ports.flatMap(({ port, address, inodes }) => {
    const pid = inodes.map((inode) => owners.get(inode)).find((owner) => owner !== undefined);
    if (pid === process.pid) return [];
    const owner = pid === undefined ? undefined : processes.ownerOf(pid);
    return [{ port, address, ...(owner !== undefined && { process: owner }) }];
  });
}
