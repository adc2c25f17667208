// An HTTP tool with its secrets in their places: opened for one call, for the tool's own host, and never for another.
import { fillSecrets, ProblemError, secretsIn, type HttpTool } from "@acos/protocol";

import type { RevealedSecret } from "../secrets/sealed-secrets.ts";

/** Contract: answers undefined where the group's agents have no such secret; rejects when it cannot be opened. */
export type Reveal = (name: string) => Promise<RevealedSecret | undefined>;

/** Why a call cannot be made, in words for the model and whoever reads along. */
export class SecretError extends Error {
  override readonly name = "SecretError";
}

export interface FilledTool {
  readonly tool: HttpTool;
  /** Values that must not come back in an answer. */
  readonly values: readonly string[];
}

/** Fills in every `{{secret:NAME}}` of the tool's headers and query. Throws SecretError when one is not for this call. */
export async function fillTool(tool: HttpTool, reveal: Reveal): Promise<FilledTool> {
  const texts = [...Object.values(tool.headers ?? {}), ...Object.values(tool.query ?? {})];
  const names = new Set(texts.flatMap(secretsIn));
  if (names.size === 0) return { tool, values: [] };
  const values = new Map<string, string>();
  for (const name of names) values.set(name, await valueFor(tool, name, reveal));
  const fill = (entries: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(entries).map(([key, text]) => [
        key,
        fillSecrets(text, (name) => values.get(name) ?? ""),
      ]),
    );
  const filled = {
    ...tool,
    ...(tool.headers && { headers: fill(tool.headers) }),
    ...(tool.query && { query: fill(tool.query) }),
  };
  return { tool: filled, values: [...values.values()] };
}

async function valueFor({ name: tool, baseUrl }: HttpTool, name: string, reveal: Reveal) {
  const secret = await reveal(name).catch((error: unknown) => {
    if (error instanceof ProblemError && error.problem.code === "unavailable")
      throw new SecretError(error.problem.message);
    throw new SecretError(`The secret "${name}" cannot be opened. An admin has to enter it again.`);
  });
  if (!secret)
    throw new SecretError(
      `The secret "${name}" of the tool ${tool} is not there, or not for this group. An admin can keep it under Settings → Secrets.`,
    );
  const { host, hostname } = new URL(baseUrl);
  if (secret.hosts.includes(host) || secret.hosts.includes(hostname)) return secret.value;
  throw new SecretError(`The secret "${name}" may not be sent to ${host}.`);
}
