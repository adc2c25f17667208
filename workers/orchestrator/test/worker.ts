// The Worker under test: the Orchestrator with a counter round D1, a KV that can fail, and fake groups.
import { AsyncLocalStorage } from "node:async_hooks";

import orchestrator from "../src/index.ts";
import type { Bindings } from "../src/env.ts";

export {
  AgentRecords,
  AuditTrail,
  CertificateAuthority,
  GroupDirectory,
  SandboxSecrets,
} from "../src/index.ts";
export { FakeGroup } from "./fake-group.ts";

export interface TestBindings extends Bindings {
  readonly MIGRATIONS: readonly { readonly name: string; readonly queries: readonly string[] }[];
  readonly SSRF_URLS: readonly string[];
  readonly CI: string;
}

/**
 * What tests read and set; the Worker runs in their isolate. Database calls are those that an answer waited for: what is
 * recorded after it is not among them. `auditFails`: the audit tables cannot be written.
 */
export const gauge = { databaseCalls: 0, cacheFails: false, auditFails: false, localEgress: true };

/** The request that work belongs to, and whether it is answered. */
const requests = new AsyncLocalStorage<{ answered: boolean }>();

let gauged = new WeakMap<object, TestBindings>();

let settings: Partial<TestBindings> = {};

/** From here on the Worker is as after a restart: its memory is empty. `set` counts instead of what the tests set for all. */
export function restart(set: Partial<TestBindings> = {}): void {
  gauged = new WeakMap();
  settings = set;
}

function gaugedBindings(bindings: TestBindings): TestBindings {
  const known = gauged.get(bindings);
  if (known) return known;
  const made = {
    ...bindings,
    ...settings,
    DB: countedDatabase(bindings.DB),
    AGENT_CACHE: failingCache(bindings),
    ALLOW_LOCAL_EGRESS: String(gauge.localEgress),
  };
  gauged.set(bindings, made);
  return made;
}

export default {
  fetch: (request, bindings, context) => {
    const own = { answered: false };
    return requests.run(own, async () => {
      const response = await orchestrator.fetch(request, gaugedBindings(bindings), context);
      own.answered = true;
      return response;
    });
  },
} satisfies ExportedHandler<TestBindings>;

function countedDatabase(database: D1Database): D1Database {
  return new Proxy(database, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "prepare" && name !== "batch") return value.bind(target);
      return (...args: unknown[]) => {
        if (!requests.getStore()?.answered) gauge.databaseCalls += 1;
        if (gauge.auditFails && String(args[0]).startsWith('insert into "audit_'))
          throw new Error("the audit tables are down");
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
}

function failingCache({ AGENT_CACHE }: TestBindings): KVNamespace {
  return new Proxy(AGENT_CACHE, {
    get(target, name) {
      if (name === "put" && gauge.cacheFails) return () => Promise.reject(new Error("KV is down"));
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
