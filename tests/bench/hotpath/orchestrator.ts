// The orchestrator with counters round its bindings, and one more path that tells all counts of the star.
import product, {
  AgentRecords as ProductRecords,
  AuditTrail as ProductTrail,
  CertificateAuthority as ProductAuthority,
  GroupDirectory as ProductDirectory,
  KeyCare as ProductKeyCare,
  SandboxSecrets as ProductSecrets,
} from "virtual:product/orchestrator";

import { countedEnvironment, counts } from "./counting-bindings.ts";

const COUNTS_PATH = "/bench-counts";

interface Groups {
  idFromName(name: string): unknown;
  get(id: unknown): { benchCounts(): Promise<object> };
}

export class CertificateAuthority extends ProductAuthority {
  constructor(context: object, env: object) {
    super(context, countedEnvironment(env));
  }
}

export class GroupDirectory extends ProductDirectory {
  constructor(context: object, env: object) {
    super(context, countedEnvironment(env));
  }
}

export class AuditTrail extends ProductTrail {
  constructor(context: object, env: object) {
    super(context, countedEnvironment(env));
  }
}

export class AgentRecords extends ProductRecords {
  constructor(context: object, env: object) {
    super(context, countedEnvironment(env));
  }
}

export class SandboxSecrets extends ProductSecrets {
  constructor(context: object, env: object) {
    super(context, countedEnvironment(env));
  }
}

export class KeyCare extends ProductKeyCare {
  constructor(context: object, env: object) {
    super(context, countedEnvironment(env));
  }
}

// oxlint-disable-next-line import/no-default-export -- the entry of a Worker
export default {
  async fetch(request: Request, env: { readonly GROUPS: Groups }, context: unknown) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== COUNTS_PATH) return product.fetch(request, countedEnvironment(env), context);
    const group = env.GROUPS.get(env.GROUPS.idFromName(searchParams.get("group") ?? ""));
    return Response.json({ orchestrator: counts, ...(await group.benchCounts()) });
  },
};
