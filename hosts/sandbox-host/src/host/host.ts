// Everything of the host put together, from a configuration to a server that answers.
import { once } from "node:events";

import type { SandboxCapabilities, SandboxId } from "@acos/protocol";

import { endBox } from "../driver/box.ts";
import { leaveGuardian, prepareMachine } from "../driver/machine.ts";
import { selfTest, type HostProblem } from "../driver/self-test.ts";
import { openEgress } from "../egress/door.ts";
import type { EgressRim } from "../egress/egress-door.ts";
import { connectTcp, resolveName } from "../egress/way-out.ts";
import { Audit } from "./audit.ts";
import { AuthorityKeys, fetchJson } from "./authority-keys.ts";
import type { HostConfig } from "./config.ts";
import { Gate } from "./gate.ts";
import type { Log } from "./log.ts";
import { DayMeter } from "./day-meter.ts";
import { Records } from "./records.ts";
import { revealer } from "./reveal.ts";
import type { Owner } from "./running.ts";
import { Sandboxes } from "./sandboxes.ts";
import { makeServer } from "./server.ts";
import { WarmPool } from "./warm-pool.ts";
import { Watch } from "./watch.ts";

/** Thrown where isolation does not hold. */
export class UnfitMachine extends Error {
  override readonly name = "UnfitMachine";
  readonly problems: readonly HostProblem[];
  constructor(problems: readonly HostProblem[]) {
    super("Sandboxes cannot be run on this machine.");
    this.problems = problems;
  }
}

export interface Host {
  readonly capabilities: SandboxCapabilities;
  readonly port: number;
  close(): Promise<void>;
}

/** Starts the host. Throws UnfitMachine where the self-test finds a way out, and Error where the port is taken. */
export async function serveHost(config: HostConfig, log: Log): Promise<Host> {
  const machine = prepareMachine(config.folder, config.agent);
  leaveGuardian(machine.cgroups);
  const records = new Records(machine.place.boxes, machine.place.ownUid);
  await endLeftovers(records, log);
  const { capabilities, problems } = await selfTest(machine, { egress: true });
  if (capabilities === null || problems.length > 0) throw new UnfitMachine(problems);
  const now = () => Date.now();
  const audit = new Audit(
    `${machine.place.boxes}/audit`,
    () => new Date(),
    (error) => log.error("the audit could not be written", { why: error.message }),
  );
  const day = new DayMeter({
    shares: config.dayShares,
    path: `${machine.place.boxes}/day.json`,
    now,
    failed: (error) => log.error("what groups used could not be written", { why: error.message }),
  });
  const pool: WarmPool = new WarmPool({
    machine,
    records,
    log,
    size: config.pool,
    hasRoom: () => sandboxes.runningCount + pool.running < config.maxRunning,
  });
  const sandboxes: Sandboxes = new Sandboxes({
    machine,
    records,
    audit,
    log,
    pool,
    day,
    openEgress,
    now,
    maxRunning: config.maxRunning,
    rimOf: (owner, sandbox) => rimFor({ config, audit, owner, sandbox }),
  });
  const watch = new Watch({ sandboxes, records, audit, day, now });
  const gate = new Gate(new AuthorityKeys(config.jwks, fetchJson));
  const { secret } = config;
  const server = makeServer({ secret, gate, sandboxes, watch, audit, log, capabilities, now });
  server.listen({ host: "127.0.0.1", port: config.port });
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : config.port;
  log.info("the Sandbox Host serves", { port });
  watch.start();
  pool.fill();
  return {
    capabilities,
    port,
    close: async () => {
      watch.close();
      server.close();
      await Promise.all([sandboxes.close(), pool.close()]);
      server.closeAllConnections();
      await audit.close();
    },
  };
}

/** What a former start left running is ended; its workspaces stay, its warm sandboxes go. */
async function endLeftovers(records: Records, log: Log): Promise<void> {
  await Promise.all(
    records.list().map(async (record) => {
      const isGone = await endBox(record);
      if (!isGone) log.error("a sandbox of a former start does not end", { sandbox: record.key });
      if (Records.isWarm(record) && isGone) records.discard(record);
      else if (isGone) records.write({ ...record, cgroup: [] });
    }),
  );
  records.emptyTrash();
}

interface RimAsk {
  readonly config: HostConfig;
  readonly audit: Audit;
  readonly owner: Owner;
  readonly sandbox: SandboxId;
}

function rimFor({ config, audit, owner, sandbox }: RimAsk): EgressRim {
  return {
    reveal: revealer(config.reveal, owner),
    record: ({ what, host, port, allowed, why, bytesIn, bytesOut }) =>
      audit.write(owner.group, {
        op: `egress ${what}`,
        sandbox,
        host: `${host}:${port}`,
        allowed,
        why,
        bytesIn,
        bytesOut,
      }),
    resolve: resolveName,
    connect: connectTcp,
    now: () => Date.now(),
    allow: config.allow,
  };
}
