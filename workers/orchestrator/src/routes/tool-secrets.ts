// What a tool's configuration asks for is there: a secret that is missing, or kept for other hosts, is found when it is written down.
import { secretsIn, type AgentConfig, type HttpTool, type OrgId } from "@acos/protocol";

import { invalidField } from "../rest/invalid-field.ts";
import type { Database } from "../store/database.ts";
import { listSecretRows, type SecretRow } from "../store/secret-rows.ts";

/**
 * Throws `invalid_request` when a tool names a secret that the org has not, or one that may not be sent to its host. The
 * Agents Worker looks again at every call: secrets come and go without their tools.
 */
export async function requireKnownSecrets(
  db: Database,
  org: OrgId,
  { tools }: Pick<AgentConfig, "tools">,
): Promise<void> {
  const asking = tools.flatMap((tool) =>
    tool.type === "http" && namesIn(tool).length > 0 ? [tool] : [],
  );
  if (asking.length === 0) return;
  const secrets = await listSecretRows(db, org);
  for (const tool of asking) for (const name of namesIn(tool)) requireFit(tool, name, secrets);
}

function namesIn({ headers = {}, query = {} }: HttpTool): readonly string[] {
  return [...Object.values(headers), ...Object.values(query)].flatMap(secretsIn);
}

function requireFit(
  { name: tool, baseUrl }: HttpTool,
  name: string,
  secrets: readonly SecretRow[],
) {
  const secret = secrets.find((known) => known.name === name);
  if (!secret) {
    const known = secrets.map((row) => row.name).join(", ") || "none yet";
    const words = `The tool "${tool}" asks for the secret "${name}", which this organization does not have. There are: ${known}. Keep one with PUT /api/v1/orgs/{org}/secrets/{name}.`;
    throw invalidField("tools", words);
  }
  const { host, hostname } = new URL(baseUrl);
  if (secret.hosts?.includes(host) || secret.hosts?.includes(hostname)) return;
  const words = `The secret "${name}" may be sent to ${secret.hosts?.join(", ")} only, not to ${host} of the tool "${tool}".`;
  throw invalidField("tools", words);
}
