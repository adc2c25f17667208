// What agents are told of the sandboxes of their group: where they work, what is allowed out, what the workspace asks for.
import { estimateTokens, type Policy, type SandboxPolicy } from "@acos/protocol";

import type { GroupSandbox } from "../sandboxes/sandbox.ts";
import type { GroupState } from "../state.ts";
import { labelled, oneLine } from "./label.ts";

/** The share of the group's budget that all of it together may take. */
const ENVIRONMENT_SHARE = 0.1;
/** How much of a workspace's description is told, from most to least: the first that fits is taken. */
const DESCRIPTION_CHARS = [4_000, 1_500, 500, 0] as const;

const told = new WeakMap<
  GroupState["sandboxes"],
  { readonly policy: Policy; readonly text: string }
>();

/** The lines about sandboxes; empty where the group has none. */
export function environmentOf({
  sandboxes,
  group,
}: Pick<GroupState, "sandboxes" | "group">): string {
  if (!group || sandboxes.size === 0) return "";
  const { policy } = group;
  const before = told.get(sandboxes);
  if (before?.policy === policy) return before.text;
  const budget = policy.briefingTokens * ENVIRONMENT_SHARE;
  let text = "";
  for (const chars of DESCRIPTION_CHARS) {
    text = textOf([...sandboxes.values()], policy.sandboxes, chars);
    if (estimateTokens(text) <= budget) break;
  }
  told.set(sandboxes, { policy, text });
  return text;
}

function textOf(sandboxes: readonly GroupSandbox[], policy: SandboxPolicy, chars: number): string {
  const names = sandboxes.map(({ name }) => `"${quoted(name)}"`);
  return [
    `Tools such as run_command and write_file work in a sandbox of this group, an isolated Linux machine that all its members share: ${names.join(", ")}. The argument "sandbox" names one; without it the first is meant.`,
    "Its files are in /workspace, and paths are meant from there. They outlast its processes; nothing else of it does.",
    outOf(policy),
    ...sandboxes.flatMap((sandbox) => described(sandbox, chars)),
  ].join("\n");
}

function outOf({ egress }: SandboxPolicy): string {
  const hosts = [...egress.hosts, ...(egress.registries ? ["the public package registries"] : [])];
  return hosts.length === 0
    ? "It has no connection to the outside; only people can allow one, in the group's settings."
    : `Of the outside it reaches only: ${hosts.join(", ")}. More is allowed by people alone, in the group's settings.`;
}

function described({ name, description }: GroupSandbox, chars: number): readonly string[] {
  if (description === "" || chars === 0) return [];
  const short = description.length > chars;
  const text = short ? `${description.slice(0, chars).trimEnd()} …` : description;
  const more = short ? ", the beginning; read_file reads the rest" : "";
  return [labelled(`What AGENTS.md in "${quoted(name)}" asks of who works there${more}:`, text)];
}

function quoted(name: string): string {
  return oneLine(name).replaceAll('"', "'");
}
