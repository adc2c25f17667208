// An agent's configuration while it is being written in the form, and what of it goes on the wire.
import type { BodyOf } from "@acos/client";
import type {
  AgentConfig,
  BuiltinTool,
  HttpMethod,
  SandboxTool,
  USUAL_TOOLS,
} from "@acos/protocol";

import { draftOfTool, toolOf, type HttpToolDraft } from "./http-tool-draft.ts";

/** Those that need nothing but the group; a new agent has them. */
export const BUILTINS = [
  "current_time",
  "calculate",
  "recall",
  "read_message",
] as const satisfies typeof USUAL_TOOLS;
/** Those that work in a sandbox; a new agent has none of them. */
export const SANDBOX_BUILTINS = [
  "run_command",
  "start_server",
  "preview",
  "read_file",
  "list_files",
  "search_files",
  "write_file",
  "edit_file",
  "apply_patch",
  "read_process",
  "write_process",
  "stop_process",
] as const satisfies readonly SandboxTool[];
export const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
] as const satisfies readonly HttpMethod[];

export interface ConfigDraft {
  readonly name: string;
  readonly handle: string;
  /** Whether the handle still follows the name. */
  readonly handleFollows: boolean;
  readonly about: string;
  readonly instructions: string;
  readonly model: string;
  readonly builtins: readonly BuiltinTool[];
  readonly http: readonly HttpToolDraft[];
}

/** A draft of a new agent: built-in tools on, the best model chosen. */
export function newDraft(model: string): ConfigDraft {
  return {
    name: "",
    handle: "",
    handleFollows: true,
    about: "",
    instructions: "",
    model,
    builtins: BUILTINS,
    http: [],
  };
}

export function draftOf(config: AgentConfig): ConfigDraft {
  const { name, handle, about = "", instructions, model, tools } = config;
  return {
    name,
    handle,
    handleFollows: false,
    about,
    instructions,
    model,
    builtins: tools.flatMap((tool) => (tool.type === "builtin" ? [tool.name] : [])),
    http: tools.flatMap((tool) => (tool.type === "http" ? [draftOfTool(tool)] : [])),
  };
}

/** The handle a name suggests; empty where the name has no letter or digit of a-z and 0-9. */
export function handleFrom(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[\u0300-\u036f]/g, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 32)
    .replaceAll(/^-+|-+$/g, "");
}

/** What is sent. The server checks it; its words about a wrong field are shown as they are. */
export function bodyOf(draft: ConfigDraft): BodyOf<"createAgent"> {
  const { name, handle, about, instructions, model, builtins, http } = draft;
  const tools = [
    ...builtins.map((tool) => ({ type: "builtin" as const, name: tool })),
    ...http.map(toolOf),
  ];
  const line = about.trim();
  return { name, handle, instructions, model, tools, ...(line === "" ? {} : { about: line }) };
}
