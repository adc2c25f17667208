// What the agent is told by its environment, parsed once; an empty value counts as unset.
import type { AgentPlace } from "./route.ts";

export interface AgentEnvironment {
  readonly place: AgentPlace;
  readonly listen: { readonly socket: string } | { readonly port: number; readonly bearer: string };
  /** Where connections out of the sandbox go; undefined where there are none. */
  readonly egressSocket: string | undefined;
  /** What processes of the sandbox inherit: nothing that is the agent's own business. */
  readonly inherited: Readonly<Record<string, string>>;
}

const OWN = /^ACOS_(?:AGENT_|EGRESS_SOCKET$|WORKSPACE$|PROCESS$)/;

/** Throws Error, with words for the operator, when it is not told where to listen. */
export function readEnvironment(variables: NodeJS.ProcessEnv): AgentEnvironment {
  const read = (name: string) => variables[name] || undefined;
  const inherited = Object.entries(variables).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !OWN.test(entry[0]),
  );
  return {
    place: {
      workspace: read("ACOS_WORKSPACE") ?? "/workspace",
      state: read("ACOS_AGENT_STATE") ?? "/var/lib/acos",
    },
    listen: listenOn(read),
    egressSocket: read("ACOS_EGRESS_SOCKET"),
    inherited: Object.fromEntries(inherited),
  };
}

function listenOn(read: (name: string) => string | undefined): AgentEnvironment["listen"] {
  const socket = read("ACOS_AGENT_SOCKET");
  if (socket !== undefined) return { socket };
  const port = Number(read("ACOS_AGENT_PORT"));
  const bearer = read("ACOS_AGENT_BEARER");
  if (Number.isInteger(port) && port >= 0 && port < 65_536 && bearer !== undefined)
    return { port, bearer };
  throw new Error(
    "Set ACOS_AGENT_SOCKET to a path, or ACOS_AGENT_PORT to a port and ACOS_AGENT_BEARER to a secret.",
  );
}
